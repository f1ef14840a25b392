"""Keep what the simulator was asked, under a name."""

from datetime import datetime
from uuid import UUID, uuid4

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError
from dashboard.store.audit import record
from dashboard.store.plans import Scenario

LONGEST_NAME = 100
LONGEST_ADDRESS = 8000


def keep_scenario(actor: Actor, name: str, address: str, *, now: datetime) -> UUID:
    """Keep an address of the simulator and return its id; InvalidInputError when its name cannot be taken."""
    name = name.strip()
    if not (name and len(name) <= LONGEST_NAME and name.isprintable()):
        raise InvalidInputError({"name": f"Give a name of 1 to {LONGEST_NAME} characters."})
    if not 0 < len(address) <= LONGEST_ADDRESS:
        raise InvalidInputError({"name": "There is too much in it to be kept; take rules or filters out."})
    if actor.operator_id is None:
        raise NotAllowedError("Only who is signed in keeps a scenario. Nothing was changed.")
    kept = Scenario(id=uuid4(), name=name, address=address, created_by=actor.operator_id, created_at=now)
    with db.transaction() as session:
        session.add(kept)
        record(session, actor, "keep_scenario", "scenario", kept.id, after={"name": name}, now=now)
        return kept.id
