"""Set what vendors charge: a new dated row per change, the old one closed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.fields import shown
from dashboard.engine.price_changes import Differences, KnownPrice, NewPrice, differences
from dashboard.engine.price_lists import ListedPrice, RefusedLine
from dashboard.engine.rating import Rates
from dashboard.store.audit import record
from dashboard.store.catalogue import Model, Provider, VendorPrice


def set_vendor_prices(listed: Sequence[ListedPrice], *, source: str, actor: Actor, now: datetime) -> Differences:
    """Apply a price list in one transaction and return what it changed; lines that cannot be taken change nothing."""
    with transaction() as session:
        providers = dict(session.execute(select(Provider.name, Provider.id)).all())
        ours = [line for line in listed if line.provider in providers]
        found = differences(ours, _known(session), now)
        for new in found.added:
            _add(session, new, providers[new.listed.provider], source=source, actor=actor, now=now)
        if found.added:
            after = {"source": source, "prices": len(found.added), "refused": len(found.refused)}
            record(session, actor, "set_vendor_prices", "vendor_price", after=after, now=now)
        same = [price.id for price in found.unchanged]
        session.execute(update(VendorPrice).where(VendorPrice.id.in_(same)).values(last_verified=now))
    strangers = tuple(
        RefusedLine(line.line, "unknown_provider", f"no provider is called {shown(line.provider)}")
        for line in listed
        if line.provider not in providers
    )
    return replace(found, refused=found.refused + strangers)


def _known(session: Session) -> list[KnownPrice]:
    rows = session.execute(select(VendorPrice, Provider.name).join(Provider, Provider.id == VendorPrice.provider_id))
    return [_as_known(row, provider) for row, provider in rows]


def _as_known(row: VendorPrice, provider: str) -> KnownPrice:
    high_input, high_output = row.input_price_per_1k_high_context, row.output_price_per_1k_high_context
    return KnownPrice(
        id=row.id,
        provider=provider,
        model=row.model_name,
        rates=Rates(
            uncached=row.input_price_per_1k,
            output=row.output_price_per_1k,
            cached=row.cache_hit_price_per_1k,
            written=row.cache_input_price_per_1k,
        ),
        threshold_tokens=row.context_threshold_tokens,
        high_rates=None
        if row.context_threshold_tokens is None or high_input is None or high_output is None
        else Rates(
            uncached=high_input,
            output=high_output,
            cached=row.cache_read_price_per_1k_high_context,
            written=row.cache_write_price_per_1k_high_context,
        ),
        is_free=row.is_free,
        effective_from=row.effective_from,
        effective_until=row.effective_until,
    )


def _add(session: Session, new: NewPrice, provider_id: UUID, *, source: str, actor: Actor, now: datetime) -> None:
    name = new.listed.model
    session.execute(upsert(Model).values(provider_id=provider_id, id=name, name=name).on_conflict_do_nothing())
    if new.closes:
        ending = update(VendorPrice).where(VendorPrice.id == new.closes)
        session.execute(ending.values(effective_until=new.effective_from))
    session.execute(insert(VendorPrice).values(_row(new, provider_id, source=source, actor=actor, now=now)))


def _row(new: NewPrice, provider_id: UUID, *, source: str, actor: Actor, now: datetime) -> dict[str, object]:
    line = new.listed
    high = line.high_rates
    return {
        "id": new.id,
        "provider_id": provider_id,
        "model_name": line.model,
        "input_price_per_1k": line.rates.uncached,
        "output_price_per_1k": line.rates.output,
        "cache_hit_price_per_1k": line.rates.cached,
        "cache_input_price_per_1k": line.rates.written,
        "context_threshold_tokens": line.threshold_tokens,
        "input_price_per_1k_high_context": high and high.uncached,
        "output_price_per_1k_high_context": high and high.output,
        "cache_read_price_per_1k_high_context": high and high.cached,
        "cache_write_price_per_1k_high_context": high and high.written,
        "is_free": line.is_free,
        "effective_from": new.effective_from,
        "effective_until": new.effective_until,
        "previous_price_input": new.previous and new.previous.rates.uncached,
        "previous_price_output": new.previous and new.previous.rates.output,
        "price_change_percent_input": new.change_percent_input,
        "price_change_percent_output": new.change_percent_output,
        "detected_at": now,
        "source": source,
        "last_verified": now,
        "created_by": actor.operator_id,
    }
