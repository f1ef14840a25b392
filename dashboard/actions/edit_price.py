"""Change a proposal: a new version that names the one before it, which is withdrawn."""

from datetime import datetime
from uuid import UUID

from dashboard import db
from dashboard.actions.draft_price import write
from dashboard.actions.judging_prices import draft_of, version_of
from dashboard.engine.actors import Actor
from dashboard.engine.pricing import PriceDraft
from dashboard.engine.proposals import refuse_edit, refuse_writer, terms_of
from dashboard.store.audit import record


def edit_price(actor: Actor, config_id: UUID, draft: PriceDraft, now: datetime) -> UUID:
    """Write a new version and return its id; whoever wrote or edited any version of it cannot approve it."""
    with db.transaction() as session:
        refuse_writer(actor)
        edited = version_of(session, config_id)
        refuse_edit(edited.state)
        new_id = write(session, actor, draft, now, edits=config_id)
        before = terms_of(draft_of(edited)) | {"id": str(config_id)}
        record(session, actor, "edit_price", "pricing_config", new_id, before=before, after=terms_of(draft), now=now)
    return new_id
