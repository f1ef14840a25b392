"""How a rule that said no is answered to a program."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response
from sqlalchemy.exc import DataError, IntegrityError

from dashboard.access import problem
from dashboard.actions.answer_once import InFlightError, OtherBodyError
from dashboard.api import amounts
from dashboard.api.bodies import RefusedBodyError, field_errors
from dashboard.engine.asking import RefusedError, UnknownHoldError
from dashboard.engine.by_hand import KeyLimitError, NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.reversals import NotReversedError

P = ParamSpec("P")

CONFLICT = 409
OUTCOMES = {
    "short": 402,
    "over_cap": 402,
    "suspended": 403,
    "cancelled": 403,
    "erased": 403,
    "over_limit_per_call": 403,
    "over_limit_per_day": 403,
    "unknown": 404,
    "conflict": CONFLICT,
    "released": CONFLICT,
    "settled": CONFLICT,
    "unpriced": 422,
    "other_request": 422,
}
KINDS: dict[type[RuleBrokenError], int] = {
    KeyLimitError: 403,
    NotAllowedError: 403,
    UnknownHoldError: 404,
    InFlightError: CONFLICT,
    OtherBodyError: 422,
}


def answers(view: Callable[P, Response]) -> Callable[P, Response]:
    """Decorate a view of the API (below `@requires`): whatever its act refuses becomes a problem."""

    @wraps(view)
    def answered(*given: P.args, **named: P.kwargs) -> Response:
        try:
            return view(*given, **named)
        except RefusedBodyError as error:
            return problem(error.status, str(error))
        except RuleBrokenError as error:
            return refused(error)
        except (DataError, IntegrityError):
            return problem(422, "The books cannot hold an amount like this. Nothing was changed.")

    return answered


def refused(error: RuleBrokenError) -> Response:
    """Answer what a rule refused, with what it found."""
    if isinstance(error, InvalidInputError):
        detail = "The request cannot be taken as it is; nothing was changed."
        return problem(422, detail, errors=field_errors(error.errors))
    if isinstance(error, RefusedError):
        found = {"spendable": error.asked.spendable, "cap_left": error.asked.cap_left}
        shown = {name: amounts.credits(value) for name, value in found.items() if value is not None}
        return problem(OUTCOMES.get(error.outcome, CONFLICT), str(error), code=error.outcome, found=shown)
    if isinstance(error, NotReversedError):
        return problem(404 if error.outcome == "unknown" else CONFLICT, str(error), code=error.outcome)
    return problem(KINDS.get(type(error), CONFLICT), str(error))
