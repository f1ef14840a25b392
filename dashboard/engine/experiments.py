"""Experiments: what one is expected to use, read and checked (document 004)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from dashboard.engine import fields
from dashboard.engine.asking import ESTIMATE_FIELDS, Estimate, customer, estimate_in, given_for
from dashboard.engine.usage import KEY_MODES

EXPERIMENT_FIELDS = frozenset({"customer", "experiment_id", "api_key_mode", "requests"}) | ESTIMATE_FIELDS
MOST_REQUESTS = 1_000_000
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class ExperimentWanted:
    """Requests of one kind, on whose key; with an id the estimate is kept, once."""

    customer: str
    experiment_id: UUID | None
    api_key_mode: str
    estimate: Estimate
    requests: int


def read_experiment(raw: Mapping[str, object]) -> ExperimentWanted:
    """Read what an experiment is expected to be; raise InvalidInputError naming every field that cannot be taken."""
    given = given_for(raw, EXPERIMENT_FIELDS)
    named = raw.get("experiment_id") is not None
    wanted = ExperimentWanted(
        customer=given.read(raw, "customer", customer, ""),
        experiment_id=given.read(raw, "experiment_id", fields.identifier, None) if named else None,
        api_key_mode=given.read(raw, "api_key_mode", lambda value: fields.choice(value, KEY_MODES), "system"),
        estimate=estimate_in(given, raw),
        requests=given.read(raw, "requests", lambda value: fields.whole_number(value, MOST_REQUESTS, least=1), 1),
    )
    given.refuse_if_any()
    return wanted
