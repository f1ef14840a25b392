"""Post grants of credits; one that is known already changes nothing."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from dashboard.db import transaction
from dashboard.engine.grants import CreditGrant
from dashboard.store.charging import post_grants as posting

BATCH = 2_000


def post_grants(grants: Iterable[CreditGrant], *, posted_at: datetime | None = None) -> int:
    """Post grants in batches and return how many were new; `posted_at` is the clock of a simulation, None is now."""
    waiting = list(grants)
    posted = 0
    for first in range(0, len(waiting), BATCH):
        rows = json.dumps([asdict(grant) for grant in waiting[first : first + BATCH]], default=str)
        with transaction() as session:
            posted += posting.one(session.connection(), grants=rows, posted_at=posted_at).posted
    return posted
