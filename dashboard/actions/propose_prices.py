"""File what a source says beside what is known: nothing is applied, a person decides each line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dashboard.actions.vendor_price_rows import known_prices, lock_prices, provider_ids, rate_columns
from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.price_lists import ListedPrice, PriceList
from dashboard.engine.price_proposals import Compared, compare, said
from dashboard.store.audit import record
from dashboard.store.catalogue import VendorPrice
from dashboard.store.price_sync import PriceSync, PriceSyncLine

STRANGERS = "of providers nobody keeps here"
# One statement takes 65,535 parameters, and a line is more than twenty of them.
LINES_AT_ONCE = 1_000
SAME_WORDS = ("origin", "provider_id", "model_name", "said_sha256", "compared_with")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list comes from: its kind, the name that stays the same, and what exactly this one is."""

    kind: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came of it: the comparison's id, how many lines now wait, say the same or are blocked, and why it stopped."""

    sync_id: UUID
    waiting: int
    unchanged: int
    blocked: int
    stopped: str | None = None


def propose_prices(actor: Actor, source: Source, said_by: PriceList, now: datetime) -> Proposed:
    """Compare a list with what is known and keep every line; what a former list said and this does not is superseded."""
    with transaction() as session:
        lock_prices(session)
        providers = provider_ids(session)
        ours = [line for line in said_by.prices if line.provider in providers]
        compared = compare(ours, known_prices(session), now, by_hand=source.kind == "hand")
        skipped = {**said_by.skipped, STRANGERS: len(said_by.prices) - len(ours), "refused": len(said_by.refused)}
        is_news = _is_news(session, source)
        same = [one for one in compared.lines if one.state == "same"]
        sync = _sync(actor, source, "stopped" if compared.stopped else "compared", compared.stopped, now)
        sync.lines, sync.unchanged = len(compared.lines), len(same)
        sync.skipped = {reason: count for reason, count in skipped.items() if count}
        session.add(sync)
        session.flush()
        _file(session, [_row(sync, one, providers, now) for one in compared.lines])
        _supersede(session, sync)
        if is_news:
            verified = [one.known.id for one in same if one.known]
            session.execute(update(VendorPrice).where(VendorPrice.id.in_(verified)).values(last_verified=now))
        waiting = _standing(session, sync.id)
        record(
            session, actor, "compare_prices", "price_sync", sync.id, after={"source": source.name, **waiting}, now=now
        )
    return Proposed(
        sync.id, waiting.get("open", 0), waiting.get("same", 0), waiting.get("blocked", 0), compared.stopped
    )


def note_failed_source(actor: Actor, source: Source, reason: str, now: datetime) -> UUID:
    """Keep that a source could not be read, so that it is shown as failed and never as without differences."""
    with transaction() as session:
        sync = _sync(actor, source, "failed", reason, now)
        session.add(sync)
        record(
            session,
            actor,
            "compare_prices",
            "price_sync",
            sync.id,
            after={"source": source.name, "failed": reason},
            now=now,
        )
    return sync.id


def _is_news(session: Session, source: Source) -> bool:
    """Whether this verifies anything: the same edition of a bundled library says nothing new the second time."""
    if source.kind != "library":
        return True
    before = select(PriceSync.id).where(PriceSync.source == source.name, PriceSync.state == "compared").limit(1)
    return session.scalars(before).first() is None


def _sync(actor: Actor, source: Source, state: str, reason: str | None, now: datetime) -> PriceSync:
    return PriceSync(
        id=uuid4(),
        kind=source.kind,
        origin=source.origin,
        source=source.name,
        state=state,
        reason=reason,
        operator_id=actor.operator_id,
        compared_at=now,
    )


def _file(session: Session, rows: list[dict[str, object]]) -> None:
    """Write the lines; where this source said the same of the same price before, only that it still says so."""
    for start in range(0, len(rows), LINES_AT_ONCE):
        _file_some(session, rows[start : start + LINES_AT_ONCE])


def _file_some(session: Session, rows: list[dict[str, object]]) -> None:
    adding = insert(PriceSyncLine).values(rows)
    is_decided = PriceSyncLine.state.in_(("accepted", "refused"))
    again: dict[str, object] = {name: getattr(adding.excluded, name) for name in ("sync_id", "line", "seen_at")}
    for name in ("state", "blocked_reason", "change_class"):
        again[name] = case((is_decided, getattr(PriceSyncLine, name)), else_=getattr(adding.excluded, name))
    session.execute(adding.on_conflict_do_update(index_elements=SAME_WORDS, set_=again))


def _row(sync: PriceSync, one: Compared, providers: Mapping[str, UUID], now: datetime) -> dict[str, object]:
    line: ListedPrice = one.line
    return {
        "id": uuid4(),
        "sync_id": sync.id,
        "origin": sync.origin,
        "line": line.line,
        "provider_id": providers[line.provider],
        "model_name": line.model,
        "effective_from": line.effective_from,
        **rate_columns(line),
        "unit_tokens": line.unit_tokens,
        "said_sha256": said(line),
        "compared_with": one.known.id if one.known else None,
        "change_percent_input": one.change_percent_input,
        "change_percent_output": one.change_percent_output,
        "change_class": one.change_class,
        "blocked_reason": one.blocked_reason,
        "state": one.state,
        "first_seen_at": now,
        "seen_at": now,
    }


def _supersede(session: Session, sync: PriceSync) -> None:
    """Close what this source said before and does not say any more."""
    session.execute(
        update(PriceSyncLine)
        .where(
            PriceSyncLine.origin == sync.origin,
            PriceSyncLine.sync_id != sync.id,
            PriceSyncLine.state.in_(("open", "same", "blocked")),
        )
        .values(state="superseded", blocked_reason=None)
    )


def _standing(session: Session, sync_id: UUID) -> dict[str, int]:
    counted = select(PriceSyncLine.state, func.count()).where(PriceSyncLine.sync_id == sync_id)
    return dict(session.execute(counted.group_by(PriceSyncLine.state)).all())
