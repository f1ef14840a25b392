"""Hold credits for a request that is about to be made."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from dashboard import db
from dashboard.actions.find_customer import found
from dashboard.engine.actors import Actor
from dashboard.engine.asking import Answer, Estimate, HoldWanted, RefusedError
from dashboard.store.holds import place_hold as placing
from dashboard.store.settings import value_of

ANSWERED = frozenset({"held", "replayed"})


def place_hold(actor: Actor, wanted: HoldWanted, *, simulated_at: datetime | None = None) -> Answer:
    """Hold what is asked for, once per request; RefusedError says why not, with nothing written.

    The time is the database's, under the customer's lock; `simulated_at` is the clock of a simulation.
    """
    with db.transaction() as session:
        user_id, provider_id = found(session, wanted.customer, wanted.estimate.provider if wanted.estimate else None)
        lives = wanted.lives or timedelta(minutes=value_of(session, "hold_lives_minutes"))
        asked = placing.one(
            session.connection(),
            user_id=user_id,
            request_id=wanted.request_id,
            body_sha256=wanted.body_sha256(),
            credits=wanted.credits,
            estimate=None if wanted.estimate is None else json.dumps(_event(wanted.estimate, provider_id)),
            lives=lives,
            api_key_id=actor.api_key_id,
            now=simulated_at,
        )
        if asked.outcome not in ANSWERED:
            raise RefusedError(asked)
    return Answer(user_id, asked, wanted.request_id)


def _event(estimate: Estimate, provider_id: UUID | None) -> dict[str, object]:
    return {
        "position": 0,
        "provider_id": str(provider_id),
        "model_id": estimate.model,
        "input_tokens": estimate.tokens.uncached,
        "cached_input_tokens": estimate.tokens.cached,
        "cache_write_tokens": estimate.tokens.written,
        "output_tokens": estimate.tokens.output,
        "cost_estimated": False,
    }
