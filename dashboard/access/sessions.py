"""Sessions of operators: a random token in a cookie, its hash in the database, revocable at once."""

from datetime import timedelta

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager

from dashboard import db
from dashboard.access.current import Member, now
from dashboard.actions.touch_session import touch_session
from dashboard.engine.actors import Actor
from dashboard.engine.sign_in import LIFETIME
from dashboard.engine.tokens import fingerprint
from dashboard.reports.sessions import SessionNow, idle_since, session_of_token

COOKIE = "ledgerline"
SECURE_COOKIE = "__Host-ledgerline"
FORM_COOKIE = "ledgerline_form"
TOUCH_EVERY = timedelta(seconds=60)


class FormCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, here for the token of forms and for messages: bound to this host over https."""

    def get_cookie_name(self, app: Flask) -> str:
        """Return its name; `__Host-` makes browsers hold the binding."""
        del app
        return f"__Host-{FORM_COOKIE}" if request.is_secure else FORM_COOKIE

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether it may travel over https alone."""
        del app
        return request.is_secure


def register(app: Flask) -> None:
    """Let flask-login find the person by our own cookie; its own session key is never used."""
    app.config.update(SESSION_COOKIE_NAME=FORM_COOKIE, SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")
    app.session_interface = FormCookie()
    manager = LoginManager()
    manager.session_protection = None
    manager.request_loader(_member)
    manager.init_app(app, add_context_processor=False)


def begin(response: Response, token: str) -> Response:
    """Give the browser its session; what was kept for the form before is forgotten."""
    session.clear()
    response.set_cookie(
        _cookie(),
        token,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def end(response: Response) -> Response:
    """Take the session from the browser; the action has ended it in the database already."""
    session.clear()
    response.delete_cookie(_cookie(), path="/", secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def _member(asked: Request) -> Member | None:
    token = asked.cookies.get(_cookie())
    if not token:
        return None
    found = _session(token)
    if found is None:
        return None
    if now() - found.last_seen_at >= TOUCH_EVERY:
        touch_session(found.session_id, now=now())
    return Member(_actor(found, asked))


def _session(token: str) -> SessionNow | None:
    with db.snapshot() as connection:
        rows = session_of_token.all(
            connection,
            token_sha256=fingerprint(token),
            now=now(),
            idle_since=idle_since(now()),
            demo=current_app.config["LEDGERLINE"].demo,
        )
    return rows[0] if rows else None


def _actor(found: SessionNow, asked: Request) -> Actor:
    return Actor(
        name=found.name,
        role=found.role,
        operator_id=found.operator_id,
        person_id=found.person_id,
        session_id=found.session_id,
        address=asked.remote_addr,
    )


def _cookie() -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE
