"""What a proposal is judged by, read inside the transaction that needs it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.price_scopes import PriceFacts
from dashboard.engine.pricing import PriceDraft
from dashboard.engine.proposals import SENTENCES
from dashboard.store import proposals
from dashboard.store.proposals import TierFloor, Version


def facts_for(session: Session, model: str | None, now: datetime) -> PriceFacts:
    """Read the tiers with their floors, the providers, those of one model, and the approved prices from now on."""
    connection = session.connection()
    rows = proposals.tiers.all(connection)
    providers = proposals.providers.all(connection, model=model)
    return PriceFacts(
        active_tiers=frozenset(row.name for row in rows if row.is_active),
        inactive_tiers=frozenset(row.name for row in rows if not row.is_active),
        providers=frozenset(provider.name for provider in providers),
        providers_of_model=frozenset(provider.name for provider in providers if provider.has_model),
        floors=_floors(rows),
        held=proposals.held.all(connection, now=now),
    )


def version_of(session: Session, config_id: UUID) -> Version:
    """Return one version; refuse when there is none of this id."""
    found = proposals.version.all(session.connection(), config_id=config_id)
    if not found:
        raise RuleBrokenError(f"{SENTENCES['unknown']} Nothing was changed.")
    return found[0]


def draft_of(version: Version) -> PriceDraft:
    """Return the terms of a version as they were drafted."""
    return PriceDraft(
        scope_type=version.scope_type,
        multiplier=version.multiplier,
        reason=version.reason,
        tier=version.tier,
        provider=version.provider,
        model=version.model,
        effective_from=version.effective_from,
        effective_until=version.effective_until,
        reason_details=version.reason_details,
        urgent=version.is_urgent,
        acknowledges=frozenset(version.acknowledges),
        target_margin_percent=version.target_margin_percent,
        source=version.source,
    )


def _floors(rows: Sequence[TierFloor]) -> dict[str, list[tuple[datetime, Decimal]]]:
    floors = defaultdict(list)
    for row in rows:
        if row.effective_from is not None and row.floor_multiplier is not None:
            floors[row.name].append((row.effective_from, row.floor_multiplier))
    return floors
