"""Control → Operators: who may sign in, as what, and where they are signed in."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.change_role import change_role
from dashboard.actions.disable_operator import disable_operator
from dashboard.actions.enable_operator import enable_operator
from dashboard.actions.end_sessions import end_sessions
from dashboard.actions.invite_again import invite_again
from dashboard.actions.invite_operator import invite_operator
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.permissions import PURPOSES
from dashboard.reports.operators import OperatorRow, operators
from dashboard.reports.sessions import idle_since, sessions_of_operator
from dashboard.ui.browsers import browser_name
from dashboard.ui.format import plural
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("operators", __name__, url_prefix="/control/operators")

ROLE_CHOICES = [(role, f"{role.capitalize()}: {purpose}") for role, purpose in PURPOSES.items()]


@bp.get("")
@requires(Permission.OPERATORS_READ)
def index() -> Response:
    """List everybody who may sign in."""
    return _list({})


@bp.post("")
@requires(Permission.OPERATORS_CHANGE)
def create() -> Response:
    """Invite somebody and show their link, once."""
    asked = {name: request.form.get(name, "") for name in ("email", "name", "role", "person_email")}
    try:
        token = invite_operator(current_actor(), **asked, now=now())
    except InvalidInputError as error:
        return _list(error.errors, 422)
    except RuleBrokenError as error:
        return _list({}, 422, str(error))
    return _link(asked["name"], token)


@bp.get("/<uuid:operator_id>")
@requires(Permission.OPERATORS_READ)
def show(operator_id: UUID) -> Response:
    """Show one operator, their sessions, and what can be done about them."""
    return _one(operator_id)


@bp.post("/<uuid:operator_id>/role")
@requires(Permission.OPERATORS_CHANGE)
def update_role(operator_id: UUID) -> Response:
    """Give another role, from the next request on."""
    role = request.form.get("role", "")
    return _done(
        operator_id,
        lambda: change_role(current_actor(), operator_id, role, now=now()),
        f"The role is {role} from the next request on.",
    )


@bp.post("/<uuid:operator_id>/invitation")
@requires(Permission.OPERATORS_CHANGE)
def create_invitation(operator_id: UUID) -> Response:
    """Make a new link and show it, once."""
    name = _row(operator_id).name
    try:
        token = invite_again(current_actor(), operator_id, now=now())
    except RuleBrokenError as error:
        return _one(operator_id, str(error), 422)
    return _link(name, token)


@bp.post("/<uuid:operator_id>/end-of-sessions")
@requires(Permission.OPERATORS_CHANGE)
def end_their_sessions(operator_id: UUID) -> Response:
    """Sign them out everywhere, at once."""
    _row(operator_id)
    ended = end_sessions(current_actor(), operator_id, now=now())
    flash(f"{plural(ended, 'session')} ended.", "good")
    return redirect_to(url_for("operators.show", operator_id=operator_id))


@bp.post("/<uuid:operator_id>/disabling")
@requires(Permission.OPERATORS_CHANGE)
def disable(operator_id: UUID) -> Response:
    """Shut them out, at once."""
    reason = request.form.get("reason", "").strip()[:500] or None
    return _done(
        operator_id,
        lambda: disable_operator(current_actor(), operator_id, reason=reason, now=now()),
        "This account is disabled and signed out everywhere.",
    )


@bp.post("/<uuid:operator_id>/enabling")
@requires(Permission.OPERATORS_CHANGE)
def enable(operator_id: UUID) -> Response:
    """Let them in again."""
    return _done(
        operator_id,
        lambda: enable_operator(current_actor(), operator_id, now=now()),
        "This account can be used again.",
    )


def _done(operator_id: UUID, act: Callable[[], bool], sentence: str) -> Response:
    _row(operator_id)
    try:
        changed = act()
    except RuleBrokenError as error:
        return _one(operator_id, str(error), 422)
    flash(sentence if changed else "It was so already. Nothing was changed.", "good" if changed else "info")
    return redirect_to(url_for("operators.show", operator_id=operator_id))


def _list(errors: dict[str, str], status: int = 200, problem: str | None = None) -> Response:
    response = render(
        "control/operators/index.html",
        rows=_rows(),
        purposes=PURPOSES,
        role_choices=ROLE_CHOICES,
        errors=errors,
        problem=problem,
        typed=request.form,
        now=now(),
    )
    response.status_code = status
    return response


def _one(operator_id: UUID, problem: str | None = None, status: int = 200) -> Response:
    row, at = _row(operator_id), now()
    with snapshot() as connection:
        open_ones = sessions_of_operator.all(connection, operator_id=operator_id, now=at, idle_since=idle_since(at))
    response = render(
        "control/operators/show.html",
        row=row,
        same_person=[
            other for other in _rows() if other.person_id == row.person_id and other.operator_id != operator_id
        ],
        open_sessions=open_ones,
        purposes=PURPOSES,
        role_choices=ROLE_CHOICES,
        browser_name=browser_name,
        problem=problem,
        now=at,
    )
    response.status_code = status
    return response


def _link(name: str, token: str) -> Response:
    link = url_for("sign_in.show_invitation", token=token, _external=True)
    response = render("control/operators/invited.html", name=name, link=link)
    response.status_code = 201
    return response


def _rows() -> list[OperatorRow]:
    with snapshot() as connection:
        return operators.all(connection, now=now(), idle_since=idle_since(now()))


def _row(operator_id: UUID) -> OperatorRow:
    found = next((row for row in _rows() if row.operator_id == operator_id), None)
    return found or abort(404)
