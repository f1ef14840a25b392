"""Writing a world into PostgreSQL as its owner, posting its requests, and reading what stands there."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from tests.engine.worlds import BEFORE_ALL_RULES, CENTURY, MODELS, PROVIDERS, DatedPrice, DatedRule, Event, World

PRICE = text("""
    insert into model_provider_pricing (
        id, provider_id, model_name, input_price_per_1k, output_price_per_1k, cache_hit_price_per_1k,
        cache_input_price_per_1k, context_threshold_tokens, input_price_per_1k_high_context,
        output_price_per_1k_high_context, cache_read_price_per_1k_high_context,
        cache_write_price_per_1k_high_context, is_free, effective_from, effective_until, detected_at, source,
        last_verified
    ) values (
        :id, :provider, :model, :uncached, :output, :cached, :written, :threshold, :high_uncached, :high_output,
        :high_cached, :high_written, true, :start, :end, :start, 'test', :start
    )
""")
SCOPE = text("""
    insert into pricing_scope (scope_type, subscription_tier, provider_id, model_id)
    values (:scope, :tier, :provider, :model) on conflict do nothing
""")
RULE = text("""
    insert into pricing_configs (
        id, scope_id, margin_multiplier, effective_from, effective_until, reason, approval_status, approved_via,
        approved_at
    )
    select :id, id, :multiplier, :start, :end, 'initial_setup', 'approved', 'seed', :start
    from pricing_scope
    where (scope_type, subscription_tier, provider_id, model_id)
        is not distinct from (:scope, cast(:tier as text), cast(:provider as uuid), cast(:model as text))
""")
BOOKS = ("credit_deduction_ledger", "credit_source_draw", "token_usage_ledger", "user_credit_balance", "usage_delta")


def build(connection: Connection, world: World) -> None:
    """Write everything there is before the first request."""
    _many(
        connection,
        "insert into users (id, email, name, registered_at) values (cast(cast(:id as text) as uuid), cast(:id as text) || '@example.test', 'N', :at)",
        [{"id": str(user), "at": CENTURY} for user in world.users],
    )
    _many(
        connection,
        "insert into models (provider_id, id, name) values (:provider, :model, 'M')",
        [{"provider": provider, "model": model} for provider in PROVIDERS for model in MODELS],
    )
    _many(
        connection,
        "insert into credit_policy (effective_from, unit_usd, increment) values (:at, :unit, :step)",
        [{"at": at, "unit": policy.unit_usd, "step": policy.increment} for at, policy in world.policies.items()],
    )
    _many(
        connection,
        "insert into subscription_tier_change (user_id, effective_at, tier, reason) values (:user, :at, :tier, 'test')",
        [
            {"user": user, "at": at, "tier": tier}
            for user, plans in zip(world.users, world.plans, strict=True)
            for at, tier in plans.items()
        ],
    )
    for dated in world.prices:
        connection.execute(PRICE, _price(dated))
    for rule in world.rules:
        connection.execute(SCOPE, _rule(rule))
        connection.execute(RULE, _rule(rule))
    connection.execute(
        text("select post_grants(cast(:grants as jsonb), :at)"),
        {"grants": json.dumps(_grants(world)), "at": BEFORE_ALL_RULES},
    )


def post(connection: Connection, world: World, batch: Sequence[Event]) -> list[str]:
    """Charge a batch; say what became of each event, in the order given."""
    events = [_event(position, world, event) for position, event in enumerate(batch)]
    rows = connection.execute(
        text("select position, outcome from charge_usage(cast(:events as jsonb), :simulated) order by position"),
        {"events": json.dumps(events), "simulated": world.simulated},
    ).all()
    assert [row.position for row in rows] == list(range(len(batch)))
    return [row.outcome for row in rows]


def post_one(connection: Connection, world: World, event: Event) -> str:
    """Charge one request by itself; say what became of it."""
    # Its place in a batch is no part of a single request.
    given = {name: value for name, value in _event(0, world, event).items() if name != "position"}
    receipt = connection.execute(
        text("select outcome, credits_uncovered from charge_one(cast(:event as jsonb), :simulated)"),
        {"event": json.dumps(given), "simulated": world.simulated},
    ).one()
    return str(receipt.outcome)


def post_together(connection: Connection, world: World, batch: Sequence[Event]) -> list[str]:
    """Charge requests that wait at the same moment, in the order given; say what became of each."""
    events = [{**_event(0, world, event), "customer": str(world.users[event.user])} for event in batch]
    found = connection.execute(
        text("""
            select (receipt).outcome
            from charge_together(cast(:events as jsonb), cast(:keys as uuid[]), cast(:moments as timestamptz[]))
            order by place
        """),
        {"events": json.dumps(events), "keys": [None] * len(events), "moments": [None] * len(events)},
    ).scalars()
    return list(found)


def everything(connection: Connection) -> dict[str, list[str]]:
    """Every row of the books, as text: equal when nothing was changed."""
    return {
        table: sorted(connection.execute(text(f"select row_to_json(b)::text from {table} as b")).scalars())
        for table in BOOKS
    }


def rows(connection: Connection, sql: str) -> Sequence[Row[Any]]:
    return connection.execute(text(sql)).all()


def _many(connection: Connection, sql: str, values: list[dict[str, object]]) -> None:
    if values:
        connection.execute(text(sql), values)


def _price(dated: DatedPrice) -> dict[str, object]:
    rates, high = dated.price.rates, dated.price.high_rates
    return {
        "id": dated.price.id,
        "provider": dated.provider_id,
        "model": dated.model_id,
        "uncached": rates.uncached,
        "output": rates.output,
        "cached": rates.cached,
        "written": rates.written,
        "threshold": dated.price.threshold_tokens,
        "high_uncached": high and high.uncached,
        "high_output": high and high.output,
        "high_cached": high and high.cached,
        "high_written": high and high.written,
        "start": dated.start,
        "end": dated.end,
    }


def _rule(dated: DatedRule) -> dict[str, object]:
    rule = dated.rule
    return {
        "id": rule.id,
        "scope": rule.scope,
        "tier": rule.tier,
        "provider": rule.provider_id,
        "model": rule.model_id,
        "multiplier": rule.multiplier,
        "start": dated.start,
        "end": dated.end,
    }


def _grants(world: World) -> list[dict[str, object]]:
    return [
        {
            "user_id": str(user),
            "id": str(grant.id),
            "source": "opening",
            "category": "paid",
            "granted": str(grant.granted),
            "paid_usd": str(grant.paid_usd),
            "effective_at": grant.effective_at.isoformat(),
            "expires_at": _text(grant.expires_at),
            "priority": grant.priority,
            "origin": "test",
            "reason": "opening",
        }
        for user, grants in zip(world.users, world.grants, strict=True)
        for grant in grants
    ]


def _event(position: int, world: World, event: Event) -> dict[str, object]:
    usage = event.usage
    return {
        "position": position,
        "user_id": str(world.users[event.user]),
        "request_id": str(event.request_id),
        "provider_id": str(event.provider_id),
        "model_id": event.model_id,
        "service": "chat",
        "request_type": "completion",
        "status": usage.status,
        "key_mode": usage.key_mode,
        "input_tokens": usage.tokens.uncached,
        "cached_input_tokens": usage.tokens.cached,
        "cache_write_tokens": usage.tokens.written,
        "output_tokens": usage.tokens.output,
        "reported_cost_usd": None if usage.reported_cost_usd is None else str(usage.reported_cost_usd),
        "cost_estimated": usage.cost_estimated,
        "body_sha256": event.body(),
        "request_started_at": event.started_at.isoformat(),
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
