"""A shop with rules of every kind, some of which begin and end in the middle of an hour."""

from datetime import UTC, datetime
from decimal import Decimal

from flask import Flask
from sqlalchemy import Connection, text

from tests.shop import Facts, open_shop

SONNET_FROM = datetime(2026, 10, 5, 13, 17, 23, tzinfo=UTC)
SONNET_AGAIN = datetime(2026, 10, 20, tzinfo=UTC)
GEMINI_FROM = datetime(2026, 10, 10, 9, 30, tzinfo=UTC)
GOOGLE_FROM = datetime(2026, 9, 20, tzinfo=UTC)
GPT_UNTIL = datetime(2026, 9, 15, 11, 5, tzinfo=UTC)
PRO_NEXT = datetime(2026, 12, 1, tzinfo=UTC)

SCOPE = """
    insert into pricing_scope (scope_type, subscription_tier, provider_id, model_id)
    values (:kind, :tier, (select id from providers where name = :provider), :model)
    on conflict do nothing
"""
RULE = """
    insert into pricing_configs (
        scope_id, margin_multiplier, effective_from, effective_until, reason, approval_status, approved_via, approved_at
    )
    select id, :multiplier, :starts, :ends, 'manual_adjustment', 'approved', 'seed', :starts
    from pricing_scope
    where scope_type = :kind
        and subscription_tier is not distinct from cast(:tier as text)
        and provider_id is not distinct from (select id from providers where name = :provider)
        and model_id is not distinct from cast(:model as text)
"""


def hold(
    owner: Connection,
    multiplier: str,
    starts: datetime,
    ends: datetime | None = None,
    *,
    tier: str | None = None,
    provider: str | None = None,
    model: str | None = None,
) -> None:
    """Let a rule hold, as one that came with the product would."""
    kind = "combination" if tier and (provider or model) else "tier" if tier else "model" if model else "provider"
    where = {"kind": kind, "tier": tier, "provider": provider, "model": model}
    owner.execute(text(SCOPE), where)
    owner.execute(text(RULE), {**where, "multiplier": Decimal(multiplier), "starts": starts, "ends": ends})


def open_shop_with_rules(app: Flask, owner: Connection) -> Facts:
    """Set the rules, then let two months of requests be charged by them; a part of them waits to be folded."""
    hold(owner, "1.3", SONNET_FROM, SONNET_AGAIN, provider="anthropic", model="claude-sonnet-4-5")
    hold(owner, "1.45", SONNET_AGAIN, provider="anthropic", model="claude-sonnet-4-5")
    hold(owner, "1.8", GEMINI_FROM, tier="pro", provider="google", model="gemini-2.5-pro")
    hold(owner, "1.25", GOOGLE_FROM, provider="google")
    hold(owner, "1.7", datetime(2026, 8, 1, tzinfo=UTC), GPT_UNTIL, model="gpt-4o")
    owner.execute(
        text(
            "update pricing_configs set effective_until = :next"
            " where scope_id = (select id from pricing_scope where scope_type = 'tier' and subscription_tier = 'pro')"
        ),
        {"next": PRO_NEXT},
    )
    hold(owner, "1.6", PRO_NEXT, tier="pro")
    # Customers of this tier are on the default: nobody gave it a rule.
    owner.execute(
        text(
            "delete from pricing_configs where scope_id ="
            " (select id from pricing_scope where scope_type = 'tier' and subscription_tier = 'enterprise_pro')"
        )
    )
    return open_shop(app, folded=False)
