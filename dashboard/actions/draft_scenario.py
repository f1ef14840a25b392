"""Turn the rules of a scenario into drafts of proposals: all of them, or none."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.draft_price import write
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.pricing import PriceDraft
from dashboard.engine.proposals import terms_of
from dashboard.store.audit import record


def draft_scenario(actor: Actor, drafts: Sequence[PriceDraft], *, now: datetime) -> list[UUID]:
    """Keep one draft per rule and return their ids; InvalidInputError when one of them cannot be taken."""
    if not drafts:
        raise RuleBrokenError("This scenario changes no price, so there is nothing to draft. Nothing was changed.")
    made = []
    with db.transaction() as session:
        for draft in drafts:
            config_id = write(session, actor, draft, now)
            record(session, actor, "draft_price", "pricing_config", config_id, after=terms_of(draft), now=now)
            made.append(config_id)
    return made
