"""Estimate what an experiment will use, by the rating that charges; with an id the estimate is kept, once."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.find_customer import found
from dashboard.engine.actors import Actor
from dashboard.engine.asking import Asked, RefusedError
from dashboard.engine.experiments import ExperimentWanted
from dashboard.store.audit import record
from dashboard.store.customers import Customer
from dashboard.store.experiments import Experiment
from dashboard.store.experiments import estimate as estimating


@dataclass(frozen=True, slots=True)
class Estimated:
    """Credits of one request and of all, at the prices of this moment; `replayed`: it was kept before."""

    user_id: UUID
    credits_each: Decimal
    credits: Decimal
    replayed: bool = False


def estimate_experiment(actor: Actor, wanted: ExperimentWanted, *, now: datetime) -> Estimated:
    """Estimate; RefusedError for an erased customer, a model without a price, or another experiment of the same id."""
    with db.transaction() as session:
        user_id, provider_id = found(session, wanted.customer, wanted.estimate.provider)
        if session.get_one(Customer, user_id).status == "deleted":
            raise RefusedError(Asked("erased"))
        event = _event(wanted, provider_id)
        each = estimating.one(
            session.connection(), user_id=user_id, event=json.dumps(event), key_mode=wanted.api_key_mode, now=now
        ).credits
        if each is None:
            raise RefusedError(Asked("unpriced"))
        credits = each * wanted.requests
        if wanted.experiment_id is None:
            return Estimated(user_id, each, credits)
        known = session.get(Experiment, (user_id, wanted.experiment_id))
        if known is not None:
            return _again(known, wanted, event)
        _keep(session, wanted, user_id, credits, event, now)
        after = {"customer": str(user_id), "estimated_credits": f"{credits:f}"}
        record(session, actor, "estimate_experiment", "experiment", wanted.experiment_id, after=after, now=now)
    return Estimated(user_id, each, credits)


def _keep(
    session: Session, wanted: ExperimentWanted, user_id: UUID, credits: Decimal, event: dict[str, object], now: datetime
) -> None:
    facts = {name: value for name, value in event.items() if name in _KEPT}
    row = Experiment(
        user_id=user_id,
        id=wanted.experiment_id,
        api_key_mode=wanted.api_key_mode,
        requests=wanted.requests,
        estimated_credits=credits,
        estimated_at=now,
        **facts,
    )
    session.add(row)
    session.flush()


_KEPT = ("provider_id", "model_id", "input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")


def _again(known: Experiment, wanted: ExperimentWanted, event: dict[str, object]) -> Estimated:
    """The first estimate stays; another experiment under its id is refused."""
    same = all(str(getattr(known, name)) == str(event[name]) for name in _KEPT)
    if not same or (known.api_key_mode, known.requests) != (wanted.api_key_mode, wanted.requests):
        raise RefusedError(Asked("conflict"))
    return Estimated(known.user_id, known.estimated_credits / known.requests, known.estimated_credits, replayed=True)


def _event(wanted: ExperimentWanted, provider_id: UUID | None) -> dict[str, object]:
    tokens = wanted.estimate.tokens
    return {
        "position": 0,
        "provider_id": str(provider_id),
        "model_id": wanted.estimate.model,
        "input_tokens": tokens.uncached,
        "cached_input_tokens": tokens.cached,
        "cache_write_tokens": tokens.written,
        "output_tokens": tokens.output,
        "cost_estimated": False,
    }
