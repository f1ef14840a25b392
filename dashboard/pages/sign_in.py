"""Signing in and out, and taking up an invitation."""

from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Permission, current_actor, local_path, now, public, requires, sessions, visitor
from dashboard.actions.accept_invitation import InvitationOverError, accept_invitation
from dashboard.actions.add_demo_operators import PASSWORD
from dashboard.actions.sign_in import Browser, SignInRefusedError, sign_in
from dashboard.actions.sign_out import sign_out
from dashboard.actions.throttling import TooManyTriesError
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.tokens import fingerprint
from dashboard.reports.invitations import Invitation, invitation_of_token
from dashboard.reports.operators import DemoAccount, demo_accounts
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
@public
def show() -> AnyResponse:
    """Ask who is there; somebody who is signed in goes on."""
    if visitor() is not None:
        return redirect(local_path(request.args.get("next")), 303)
    return _asked(email=request.args.get("email", ""))


@bp.post("/sign-in")
@public
def create() -> Response:
    """Begin a session and go on to where somebody wanted to go."""
    email = request.form.get("email", "")
    try:
        token = sign_in(email, request.form.get("password", ""), _browser(), demo=_demo(), now=now())
    except TooManyTriesError as error:
        return _asked(email=email, problem=str(error), status=429)
    except SignInRefusedError as error:
        return _asked(email=email, problem=str(error), status=422)
    return sessions.begin(redirect_to(local_path(request.form.get("next"))), token)


@bp.post("/sign-out")
@requires(Permission.OWN_ACCOUNT)
def delete() -> Response:
    """End the session of this browser."""
    sign_out(current_actor(), now=now())
    return sessions.end(redirect_to(url_for("sign_in.show")))


@bp.get("/invitations/<token>")
@public
def show_invitation(token: str) -> Response:
    """Ask for a password; looking at the link does not use it up."""
    return _invited(token)


@bp.post("/invitations/<token>")
@public
def accept(token: str) -> Response:
    """Set the password and begin a session."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _invited(token, {"again": "The two are not the same; type both again."}, 422)
    try:
        session_token = accept_invitation(token, password, _browser(), now=now())
    except InvitationOverError:
        return _invited(token)
    except InvalidInputError as error:
        return _invited(token, error.errors, 422)
    return sessions.begin(redirect_to("/"), session_token)


def _asked(*, email: str, problem: str | None = None, status: int = 200) -> Response:
    response = render(
        "sign_in/new.html",
        email=email,
        problem=problem,
        next_path=local_path(request.values.get("next")),
        demo_accounts=_demo_accounts(),
        demo_password=PASSWORD,
    )
    response.status_code = status
    return response


def _invited(token: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    invitation = _invitation(token)
    response = render("sign_in/invitation.html", invitation=invitation, errors=errors or {}, now=now())
    response.status_code = status if invitation else 410
    return response


def _invitation(token: str) -> Invitation | None:
    with snapshot() as connection:
        rows = invitation_of_token.all(connection, token_sha256=fingerprint(token), now=now())
    return rows[0] if rows else None


def _demo_accounts() -> list[DemoAccount]:
    if not _demo():
        return []
    with snapshot() as connection:
        return demo_accounts.all(connection)


def _browser() -> Browser:
    actor = visitor()
    return Browser(
        request.remote_addr,
        request.headers.get("User-Agent"),
        actor.session_id if actor is not None else None,
    )


def _demo() -> bool:
    return bool(current_app.config["LEDGERLINE"].demo)
