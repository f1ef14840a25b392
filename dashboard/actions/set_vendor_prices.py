"""Set what vendors charge: a new dated row per change, the old one closed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dashboard.actions.vendor_price_rows import add_prices, lock_prices, provider_ids
from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.fields import shown
from dashboard.engine.price_changes import Differences
from dashboard.engine.price_lists import ListedPrice, RefusedLine
from dashboard.store.audit import record


def set_vendor_prices(listed: Sequence[ListedPrice], *, source: str, actor: Actor, now: datetime) -> Differences:
    """Apply a price list in one transaction and return what it changed; lines that cannot be taken change nothing."""
    with transaction() as session:
        lock_prices(session)
        providers = provider_ids(session)
        ours = [line for line in listed if line.provider in providers]
        found = add_prices(session, ours, source=source, actor=actor, now=now)
        if found.added:
            after = {"source": source, "prices": len(found.added), "refused": len(found.refused)}
            record(session, actor, "set_vendor_prices", "vendor_price", after=after, now=now)
    strangers = tuple(
        RefusedLine(line.line, "unknown_provider", f"no provider is called {shown(line.provider)}")
        for line in listed
        if line.provider not in providers
    )
    return replace(found, refused=found.refused + strangers)
