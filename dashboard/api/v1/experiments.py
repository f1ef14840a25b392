"""Experiments: an estimate before, on whose key, and what was used after."""

from flask import Blueprint, Response, jsonify, request

from dashboard.access import current_actor, now, requires
from dashboard.actions.estimate_experiment import estimate_experiment
from dashboard.actions.find_customer import open_customer
from dashboard.api import amounts, bodies
from dashboard.api.refusals import answers
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.experiments import MOST_LISTED, read_experiment
from dashboard.engine.usage import utc_text
from dashboard.reports.experiments import ExperimentNow, experiments_of

bp = Blueprint("api_v1_experiments", __name__)


@bp.post("/api/v1/experiments/estimate")
@requires(scope="usage:write")
@answers
def estimate() -> Response:
    """Say what requests would be charged now; with `experiment_id` the estimate is kept: 201, 200 for the same again."""
    wanted = read_experiment(bodies.json_object(bodies.sent()))
    done = estimate_experiment(current_actor(), wanted, now=now())
    answer = jsonify(
        {
            "is_estimate": True,
            "customer": str(done.user_id),
            "experiment_id": None if wanted.experiment_id is None else str(wanted.experiment_id),
            "api_key_mode": wanted.api_key_mode,
            "requests": wanted.requests,
            "credits_per_request": amounts.credits(done.credits_each),
            "estimated_credits": amounts.credits(done.credits),
            "replayed": done.replayed,
        }
    )
    answer.status_code = 200 if wanted.experiment_id is None or done.replayed else 201
    return answer


@bp.get("/api/v1/experiments")
@requires(scope="credits:read")
@answers
def index() -> Response:
    """List a customer's newest experiments: what was estimated, and what the requests that name them used."""
    named = request.args.get("customer", "").strip().lower()
    faults = dict.fromkeys(request.args.keys() - {"customer"}, "is not a parameter of this call")
    if not named or "\0" in named:
        faults["customer"] = "is missing: give an id or an e-mail address"
    if faults:
        raise InvalidInputError(faults)
    user_id = open_customer(named)
    with snapshot() as connection:
        rows = experiments_of.all(connection, user_id=user_id, id=None, most=MOST_LISTED)
    return jsonify({"customer": str(user_id), "experiments": [_shown(row) for row in rows]})


def _shown(row: ExperimentNow) -> dict[str, object]:
    return {
        "experiment_id": str(row.id),
        "api_key_mode": row.api_key_mode,
        "provider": row.provider,
        "model": row.model,
        "requests_expected": row.requests_expected,
        "estimated_credits": amounts.credits(row.estimated_credits),
        "estimated_at": utc_text(row.estimated_at),
        "requests": row.requests,
        "credits_used": amounts.credits(row.credits_used),
        "vendor_cost_usd": amounts.usd(row.vendor_cost_usd),
    }
