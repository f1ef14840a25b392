"""Liability and Customers: p95 of the server's time, on the demo and with ten times the credit ledger and the requests."""

import time
from typing import TYPE_CHECKING

from benchmarks import pages
from benchmarks.results import Result
from benchmarks.scratch import Scratch

if TYPE_CHECKING:
    import psycopg

PAGES = {
    "Liability": "/finance/liability",
    "Movements behind a line": "/finance/liability/movements?line=used",
    "Customers": "/finance/customers",
}
# Customers reads every customer's days, as Margins by customer does: what it costs hangs on how many there are.
BARS_MS = {"Liability": 100, "Movements behind a line": 100}
ROUNDS, WARM = 60, 10
BAR_RATIO = 1.2
TIMES = 10
KEYS = """
do $$
declare found record;
begin
    for found in
        select conrelid::regclass as of_table, conname
        from pg_constraint
        where contype = 'f' and confrelid in ('credit_deduction_ledger'::regclass, 'credit_source_draw'::regclass)
    loop
        execute 'alter table ' || found.of_table || ' drop constraint ' || quote_ident(found.conname);
    end loop;
end $$
"""
# Each charge becomes ten of a tenth, at the same time and from the same grants: the same story in ten times the rows.
PARTS = f"""
create temporary table part as
select
    entry.user_id, entry.seq as old_seq, k, case when entry.reason = 'usage' then {TIMES} else 1 end as parts,
    row_number() over (partition by entry.user_id order by entry.seq, k) as seq
from credit_deduction_ledger as entry
cross join lateral generate_series(1, case when entry.reason = 'usage' then {TIMES} else 1 end) as k
"""
ENTRIES = """
create temporary table many_entries as
select
    entry.user_id, part.seq, (entry.amount / parts)::numeric(18, 6) as amount,
    (entry.balance_before + entry.amount * (k - 1) / parts)::numeric(18, 6) as balance_before,
    (entry.balance_before + entry.amount * k / parts)::numeric(18, 6) as balance_after,
    entry.reason, case when k = 1 then entry.request_id when entry.request_id is not null then gen_random_uuid() end as request_id,
    entry.created_at,
    lag(entry.created_at) over (partition by entry.user_id order by part.seq) as prev_created_at
from part
join credit_deduction_ledger as entry on entry.user_id = part.user_id and entry.seq = part.old_seq
"""
DRAWS = """
create temporary table many_draws as
select
    draw.user_id, part.seq, draw.source_id, (draw.amount / parts)::numeric(18, 6) as amount,
    (draw.remaining_after - draw.amount + draw.amount * k / parts)::numeric(18, 6) as remaining_after,
    case when parts = 1 then draw.realised_revenue_usd
        else realised_through(source.paid_usd, source.granted, source.granted - draw.remaining_after + draw.amount - draw.amount * k / parts)
            - realised_through(source.paid_usd, source.granted, source.granted - draw.remaining_after + draw.amount - draw.amount * (k - 1) / parts)
    end as realised_revenue_usd,
    draw.position
from part
join credit_source_draw as draw on draw.user_id = part.user_id and draw.seq = part.old_seq
join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id
"""
REPLACE = (
    "delete from credit_source_draw",
    "delete from credit_deduction_ledger",
    """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, request_id, created_at, prev_created_at
    )
    select user_id, seq, amount, balance_before, balance_after, reason, request_id, created_at, prev_created_at
    from many_entries
    """,
    """
    insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
    select user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position from many_draws
    """,
    """
    update user_credit_balance as balance
    set last_seq = (select max(seq) from credit_deduction_ledger as entry where entry.user_id = balance.user_id)
    where last_seq > 0
    """,
)
TIES = "all 7 closing figures are those of the books"


def measure(scratch: Scratch) -> list[Result]:
    scratch.flask("demo")
    before = _times(scratch)
    with scratch.owner() as connection:
        entries = _multiply(connection)
        connection.execute(pages.MULTIPLY, [pages.COPIES])
        connection.execute("select rebuild_usage()")
        started = time.perf_counter()
        connection.execute("select rebuild_movements()")
        folded = entries / (time.perf_counter() - started)
        connection.execute("vacuum analyze")
    after = _times(scratch)
    results = []
    for page in PAGES:
        ratio = after[page] / before[page]
        results += [
            _demo(page, before[page]),
            Result(f"{page}, {entries:,} entries, p95", f"{after[page]:.1f} ms", "", None),
            Result(f"{page}, ten times ÷ demo", f"{ratio:.2f}", f"≤ {BAR_RATIO}", ratio <= BAR_RATIO),
        ]
    return [*results, Result("movements folded, entries a second", f"{folded:,.0f}", "", None)]


def _demo(page: str, taken_ms: float) -> Result:
    bar = BARS_MS.get(page)
    if bar is None:
        return Result(f"{page}, demo, p95", f"{taken_ms:.1f} ms", "", None)
    return Result(f"{page}, demo, p95", f"{taken_ms:.1f} ms", f"≤ {bar} ms", taken_ms <= bar)


def _times(scratch: Scratch) -> dict[str, float]:
    client = scratch.signed_in()
    if TIES not in client.get(PAGES["Liability"]).get_data(as_text=True):
        raise RuntimeError("The closing does not tie")
    found = {}
    for name, path in PAGES.items():
        taken = []
        for _ in range(WARM + ROUNDS):
            started = time.perf_counter()
            answer = client.get(path)
            taken.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")
        found[name] = sorted(taken[WARM:])[int(ROUNDS * 0.95) - 1]
    return found


def _multiply(connection: "psycopg.Connection[tuple[object, ...]]") -> int:
    with connection.transaction():
        for statement in (KEYS, PARTS, ENTRIES, DRAWS, *REPLACE):
            connection.execute(statement.encode())
        counted = connection.execute("select count(*) from credit_deduction_ledger").fetchone()
    return int(str(counted[0])) if counted else 0
