"""Vendor prices as they are kept, and as the rules see them: read and added within an act's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from dashboard.engine.actors import Actor
from dashboard.engine.price_changes import Differences, KnownPrice, NewPrice, differences
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates
from dashboard.store.catalogue import Model, Provider, VendorPrice
from dashboard.store.price_sync import PriceSyncLine

LOCK = "ledgerline vendor prices"


def lock_prices(session: Session) -> None:
    """Let one act at a time compare with the prices and add to them, so that none is compared with yesterday's."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(LOCK, 0))))


def provider_ids(session: Session) -> Mapping[str, UUID]:
    """Return every provider by its name."""
    return dict(session.execute(select(Provider.name, Provider.id)).all())


def known_prices(session: Session) -> list[KnownPrice]:
    """Return every price there ever was."""
    rows = session.execute(select(VendorPrice, Provider.name).join(Provider, Provider.id == VendorPrice.provider_id))
    return [_as_known(row, provider) for row, provider in rows]


def add_prices(
    session: Session, listed: Sequence[ListedPrice], *, source: str, actor: Actor, now: datetime
) -> Differences:
    """Apply lines of known providers and return what they changed; what is unchanged is verified by them."""
    providers = provider_ids(session)
    found = differences(listed, known_prices(session), now)
    for new in found.added:
        _add(session, new, providers[new.listed.provider], source=source, actor=actor, now=now)
    same = [price.id for price in found.unchanged]
    session.execute(update(VendorPrice).where(VendorPrice.id.in_(same)).values(last_verified=now))
    return found


def rate_columns(line: ListedPrice) -> dict[str, object]:
    """Return the price columns of a line, as both tables name them."""
    high = line.high_rates
    return {
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
    }


def rates_of(row: VendorPrice | PriceSyncLine) -> Rates:
    """Return the ordinary rates of a row."""
    return Rates(
        uncached=row.input_price_per_1k,
        output=row.output_price_per_1k,
        cached=row.cache_hit_price_per_1k,
        written=row.cache_input_price_per_1k,
    )


def high_rates_of(row: VendorPrice | PriceSyncLine) -> Rates | None:
    """Return the rates above the context size of a row, if there are any."""
    uncached, output = row.input_price_per_1k_high_context, row.output_price_per_1k_high_context
    if row.context_threshold_tokens is None or uncached is None or output is None:
        return None
    return Rates(
        uncached=uncached,
        output=output,
        cached=row.cache_read_price_per_1k_high_context,
        written=row.cache_write_price_per_1k_high_context,
    )


def _as_known(row: VendorPrice, provider: str) -> KnownPrice:
    return KnownPrice(
        id=row.id,
        provider=provider,
        model=row.model_name,
        rates=rates_of(row),
        threshold_tokens=row.context_threshold_tokens,
        high_rates=high_rates_of(row),
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
    return {
        "id": new.id,
        "provider_id": provider_id,
        "model_name": line.model,
        **rate_columns(line),
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
