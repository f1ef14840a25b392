"""One's own account: password, sessions, what this browser keeps."""

from flask import Blueprint, Response, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires, sessions
from dashboard.actions.change_password import change_password
from dashboard.actions.end_sessions import end_sessions
from dashboard.actions.throttling import TooManyTriesError
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.permissions import PURPOSES
from dashboard.engine.sign_in import IDLE, LIFETIME
from dashboard.reports.operators import operators
from dashboard.reports.sessions import idle_since, sessions_of_operator
from dashboard.ui.browsers import browser_name
from dashboard.ui.format import plural
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("account", __name__)


@bp.get("/preferences")
@requires(Permission.OWN_ACCOUNT)
def show() -> Response:
    """Show who I am here and where I am signed in."""
    return _page({})


@bp.post("/preferences/password")
@requires(Permission.OWN_ACCOUNT)
def change() -> Response:
    """Change my password; every other browser is signed out."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _page({"again": "The two are not the same; type both again."}, 422)
    try:
        token = change_password(
            current_actor(),
            request.form.get("current", ""),
            new,
            user_agent=request.headers.get("User-Agent"),
            now=now(),
        )
    except TooManyTriesError as error:
        return _page({"current": str(error)}, 429)
    except InvalidInputError as error:
        return _page(error.errors, 422)
    response = sessions.begin(redirect_to(url_for("account.show")), token)
    flash("Your password is changed. Every other browser has been signed out.", "good")
    return response


@bp.post("/preferences/end-of-sessions")
@requires(Permission.OWN_ACCOUNT)
def end_others() -> Response:
    """Sign me out everywhere but here."""
    actor = current_actor()
    if actor.operator_id is not None:
        ended = end_sessions(actor, actor.operator_id, but=actor.session_id, now=now())
        flash(f"{plural(ended, 'other session')} ended.", "good")
    return redirect_to(url_for("account.show"))


def _page(errors: dict[str, str], status: int = 200) -> Response:
    actor, at = current_actor(), now()
    with snapshot() as connection:
        rows = operators.all(connection, now=at, idle_since=idle_since(at))
        open_ones = sessions_of_operator.all(
            connection, operator_id=actor.operator_id, now=at, idle_since=idle_since(at)
        )
    response = render(
        "account/show.html",
        me=next(row for row in rows if row.operator_id == actor.operator_id),
        purpose=PURPOSES[actor.role],
        open_sessions=open_ones,
        lifetime_hours=LIFETIME.seconds // 3600,
        idle_hours=IDLE.seconds // 3600,
        errors=errors,
        browser_name=browser_name,
        now=at,
    )
    response.status_code = status
    return response
