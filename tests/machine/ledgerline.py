"""The database as the machine sees it: every act as the app's role, a clock that is set, and all there is as text."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import make_url
from sqlalchemy.dialects import postgresql

from dashboard.reports.checks import every_law
from tests.machine.prices import Event, Scope, VendorPrice

# Unqualified names are found here before pg_catalog: the functions under test ask this clock.
CLOCK = """
    create schema if not exists machine;
    create or replace function machine.clock_timestamp() returns timestamptz
    language sql volatile as $$ select current_setting('machine.now')::timestamptz $$;
    create or replace function machine.now() returns timestamptz
    language sql stable as $$ select current_setting('machine.now')::timestamptz $$;
    grant usage on schema machine to ledgerline_app;
"""
SESSION = """
    set role ledgerline_app;
    set search_path = machine, pg_catalog, public;
    set timezone = 'UTC';
    set plan_cache_mode = force_generic_plan;
    set machine.now = '2025-06-01 12:00+00';
"""
# A deduction by the application stands in its audit log.
DEDUCT = """
    with answer as (select * from deduct_credits(%s, %s, %s, %s)),
    line as (
        insert into audit_log (recorded_at, actor_name, actor_role, verb, object_kind, object_id)
        select pg_catalog.now(), 'machine', 'owner', 'deduct_credits', 'credit_entry', format('%%s-%%s', user_id, seq)
        from answer
        cross join (values (cast(%s as text))) as asked (user_id)
        where outcome = 'deducted'
    )
    select outcome from answer
"""
STATE = """
    select concat_ws(' ', 'balance', user_id, trim_scale(amount), last_seq)
    from user_credit_balance
    where last_seq > 0
    union all
    select concat_ws(
        ' ', 'source', user_id, id, category, trim_scale(granted), trim_scale(remaining), trim_scale(paid_usd),
        effective_at, coalesce(expires_at::text, '-'), expiry_posted_at is not null
    )
    from user_credit_source
    union all
    select concat_ws(
        ' ', 'entry', entry.user_id, entry.seq, trim_scale(entry.amount), trim_scale(entry.balance_after), entry.reason,
        coalesce(entry.request_id::text, '-'), coalesce(entry.reverses_seq, 0), entry.created_at,
        (
            select string_agg(
                concat_ws(' ', draw.source_id, trim_scale(draw.amount), trim_scale(draw.realised_revenue_usd)),
                ' ' order by draw.position
            )
            from credit_source_draw as draw
            where draw.user_id = entry.user_id and draw.seq = entry.seq
        )
    )
    from credit_deduction_ledger as entry
    union all
    select concat_ws(
        ' ', 'usage', user_id, request_id, user_tier_at_request, cost_status, coalesce(price_id::text, '-'),
        coalesce(trim_scale(vendor_cost)::text, '-'), multiplier_scope, trim_scale(margin_multiplier),
        coalesce(trim_scale(credit_value_usd)::text, '-'), trim_scale(unit_usd), trim_scale(increment),
        trim_scale(credits_due), trim_scale(credits_deducted), trim_scale(credits_uncovered),
        trim_scale(rounding_gain_usd), trim_scale(realised_revenue_usd), coalesce(deduction_seq, 0), created_at
    )
    from token_usage_ledger
    union all
    select concat_ws(
        ' ', 'hold', user_id, request_id, trim_scale(credits), expires_at,
        case when settled_at is not null then 'settled' when released_at is not null then 'released' else '-' end,
        trim_scale(spendable_credits(user_id, now()))
    )
    from credit_hold
    union all
    select concat_ws(
        ' ', 'day', user_id, day, provider_id, model_id, tier, status, sum(requests),
        trim_scale(sum(vendor_cost_usd)), trim_scale(sum(credits_due)), trim_scale(sum(credits_deducted)),
        trim_scale(sum(credits_uncovered)), trim_scale(sum(credits_reversed)), trim_scale(sum(credits_corrected))
    )
    from usage_customer_daily
    group by user_id, day, provider_id, model_id, tier, status
"""


class Ledgerline:
    """One connection in one transaction that is never committed."""

    def __init__(self, owner_url: str) -> None:
        self._url = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
        with self._owner() as owner:
            owner.execute(CLOCK.encode())
        self._connection = psycopg.connect(self._url, prepare_threshold=0)
        self._connection.execute(SESSION.encode(), prepare=False)
        self._connection.commit()
        laws = every_law().compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
        self.checked = 0
        self._laws = str(laws).replace("%%", "%").encode()

    def undo(self) -> None:
        """Forget everything since the last time."""
        self._connection.rollback()

    def clear(self) -> None:
        """Remove what rolled-back transactions left behind, which every scan would read again."""
        self._connection.rollback()
        with self._owner() as owner:
            owner.execute("truncate users, usage_delta, usage_daily_summary, usage_hourly_summary cascade")
            owner.execute(
                "truncate usage_customer_daily_summary, customer_activity_daily, usage_cost_histogram,"
                " usage_dearest_request, token_usage_daily_summary, credit_usage_daily_summary"
            )

    def close(self) -> None:
        self._connection.close()

    def broken(self) -> dict[str, int]:
        """Run every law; returns those that are broken."""
        self.checked += 1
        return {law: count for law, count in self._connection.execute(self._laws, prepare=True) if count}

    def state(self) -> set[str]:
        """Everything the model knows too, a line each."""
        return {line.replace("+00", "") for (line,) in self._all(STATE)}

    def set_clock(self, now: datetime) -> None:
        self._all("select set_config('machine.now', %s, false)", str(now))

    def add_customer(self, user: str) -> None:
        self._do(
            "insert into users (id, email, name, registered_at) values (%s, %s, 'N', '2020-01-01 00:00+00')",
            user, user,
        )  # fmt: skip

    def add_model(self, provider: str, model: str) -> None:
        self._do("insert into models (provider_id, id, name) values (%s, %s, 'M')", provider, model)

    def change_policy(self, start: datetime, unit: Decimal, increment: Decimal) -> None:
        self._do_as_owner(
            "insert into credit_policy (effective_from, unit_usd, increment) values (%s, %s, %s)",
            start,
            unit,
            increment,
        )

    def change_tier(self, user: str, start: datetime, tier: str) -> None:
        self._do(
            "insert into subscription_tier_change (user_id, effective_at, tier, reason) values (%s, %s, %s, 'test')",
            user, start, tier,
        )  # fmt: skip

    def change_price(self, provider: str, model: str, start: datetime, price: VendorPrice | None) -> None:
        self._do_as_owner(
            "update model_provider_pricing set effective_until = %s"
            " where provider_id = %s and model_name = %s and effective_until is null",
            start, provider, model,
        )  # fmt: skip
        if price:
            high = price.high or (None,) * 4
            self._do_as_owner(
                "insert into model_provider_pricing (id, provider_id, model_name, input_price_per_1k,"
                " cache_hit_price_per_1k, cache_input_price_per_1k, output_price_per_1k, context_threshold_tokens,"
                " input_price_per_1k_high_context, cache_read_price_per_1k_high_context,"
                " cache_write_price_per_1k_high_context, output_price_per_1k_high_context, is_free, effective_from,"
                " detected_at, source, last_verified)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, %s, %s, 'test', %s)",
                price.id, provider, model, *price.rates, price.threshold, *high, start, start, start,
            )  # fmt: skip

    def change_multiplier(self, kind: str, scope: Scope, start: datetime, multiplier: Decimal | None) -> None:
        self._do_as_owner(
            "insert into pricing_scope (scope_type, subscription_tier, provider_id, model_id)"
            " values (%s, %s, %s, %s) on conflict do nothing",
            kind, *scope,
        )  # fmt: skip
        of_scope = (
            " from pricing_scope where (scope_type, subscription_tier, provider_id, model_id)"
            " is not distinct from (%s, %s::text, %s::uuid, %s::text)"
        )
        self._do_as_owner(
            f"update pricing_configs set effective_until = %s where effective_until is null"
            f" and scope_id = (select id {of_scope})",
            start, kind, *scope,
        )  # fmt: skip
        if multiplier is not None:
            self._do_as_owner(
                "with config as ("
                "insert into pricing_configs (scope_id, margin_multiplier, effective_from, reason, approval_status,"
                " approved_at, acknowledges)"
                f" select id, %s, %s, 'manual_adjustment', 'approved', %s, '{{below_cost}}' {of_scope} returning id)"
                ", line as (insert into audit_log (recorded_at, actor_name, actor_role, verb, object_kind, object_id)"
                " select pg_catalog.now(), 'machine', 'owner', 'approve_price', 'pricing_config', id::text from config)"
                " insert into pricing_config_participant (config_id, person_id, role)"
                " select id, md5(role)::uuid, role from config cross join unnest(array['author', 'approver']) as role",
                multiplier, start, start, kind, *scope,
            )  # fmt: skip

    def grant(self, grants: Sequence[dict[str, object]]) -> int:
        return int(self._all("select post_grants(%s::jsonb)", json.dumps(grants, default=str))[0][0])

    def charge(self, batch: Sequence[Event]) -> list[str]:
        events = json.dumps([_event(position, event) for position, event in enumerate(batch)])
        rows = self._all("select position, outcome from charge_usage(%s::jsonb) order by position", events)
        assert [row[0] for row in rows] == list(range(len(batch)))
        return [row[1] for row in rows]

    def charge_one(self, event: Event) -> str:
        return self._outcome("charge_one(%s::jsonb)", json.dumps(_event(0, event)))

    def set_cap(self, user: str, cap: Decimal) -> None:
        self._do("update users set monthly_cap_credits = %s where id = %s", cap, user)

    def hold(self, user: str, request: str, amount: Decimal, lives: timedelta) -> str:
        body = sha256(str(amount).encode()).digest()
        return self._outcome("place_hold(%s, %s, %s, %s, null, %s)", user, request, body, amount, lives)

    def settle(self, event: Event) -> str:
        found = self._hold(event.user, event.request_id)
        return self._outcome("settle_hold(%s, %s, %s::jsonb)", event.user, found, json.dumps(_event(0, event)))

    def release(self, user: str, request: str) -> str:
        return self._outcome("release_hold(%s, %s)", user, self._hold(user, request))

    def deduct(self, user: str, request: str, amount: Decimal) -> str:
        body = sha256(str(amount).encode()).digest()
        return str(self._all(DEDUCT, user, request, body, amount, user)[0][0])

    def reverse(self, user: str, seq: int, amount: Decimal | None, grace: timedelta) -> tuple[str, list[str]]:
        """Return the outcome and the ids of new sources, in their order."""
        sql = "select outcome, restored from reverse_entry(%s, %s, %s, 'goodwill', null, null, null, %s)"
        outcome, restored = self._all(sql, user, seq, amount, grace)[0]
        return outcome, [back["source_id"] for back in restored or [] if back["replaces_source_id"]]

    def expire(self, now: datetime, grace: timedelta) -> int:
        return int(self._all("select post_expiries(%s, %s)", now, grace)[0][0])

    def fold(self, limit: int) -> int:
        return int(self._all("select fold_usage(%s)", limit)[0][0])

    def rebuild(self) -> None:
        self._all("select rebuild_usage()")

    def _hold(self, user: str, request: str) -> str:
        return str(self._all("select id from credit_hold where user_id = %s and request_id = %s", user, request)[0][0])

    def _outcome(self, function: str, *values: Any) -> str:
        return str(self._all(f"select outcome from {function}", *values)[0][0])

    def _owner(self) -> psycopg.Connection[TupleRow]:
        return psycopg.connect(self._url, autocommit=True)

    def _all(self, sql: str, *values: Any) -> list[TupleRow]:
        return self._connection.execute(sql.encode(), values or None).fetchall()

    def _do_as_owner(self, sql: str, *values: Any) -> None:
        """For what the app's role may only do through an approval."""
        self._do("set local role none")
        self._do(sql, *values)
        self._do("set local role ledgerline_app")

    def _do(self, sql: str, *values: Any) -> None:
        self._connection.execute(sql.encode(), values)


def _event(position: int, event: Event) -> dict[str, object]:
    return {
        "position": position,
        "user_id": event.user,
        "request_id": event.request_id,
        "provider_id": event.provider,
        "model_id": event.model,
        "service": "chat",
        "request_type": "completion",
        "status": event.status,
        "key_mode": event.key_mode,
        **dict(
            zip(
                ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens"),
                event.tokens,
                strict=True,
            )
        ),
        "reported_cost_usd": None if event.reported is None else str(event.reported),
        "cost_estimated": event.estimated,
        "body_sha256": sha256(repr(event).encode()).hexdigest(),
        "request_started_at": event.started.isoformat(),
        "request_completed_at": event.completed and event.completed.isoformat(),
    }
