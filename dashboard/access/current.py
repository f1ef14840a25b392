"""Who asks now: the actor of this request and what the page may show them."""

from datetime import UTC, datetime

from flask import current_app, g
from flask_login import UserMixin, current_user
from sqlalchemy.exc import OperationalError

from dashboard.access.policies import policy_of
from dashboard.engine.actors import Actor
from dashboard.engine.permissions import Permission, may
from dashboard.ui import Viewer


class Member(UserMixin):  # type: ignore[misc]  # flask-login has no type hints
    """What flask-login keeps as `current_user`: our actor."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        """Return the operator's id."""
        return str(self.actor.operator_id)


def current_actor() -> Actor:
    """Who acts in this request; only views behind `@requires` may ask, there is always one."""
    actor = visitor()
    if actor is None:
        raise RuntimeError("Nobody is signed in; only a view behind @requires has an actor.")
    return actor


def visitor() -> Actor | None:
    """Who looks at this page, None when signed out."""
    key: Actor | None = g.get("api_key_actor")
    if key is not None:
        return key
    return current_user.actor if current_user.is_authenticated else None


def shown_visitor() -> Actor | None:
    """Who looks at this page, None also when the database cannot be asked: the page that says so needs no name."""
    try:
        return visitor()
    except OperationalError:
        return None


def viewer() -> Viewer | None:
    """Who looks, as the shell around the pages names them."""
    actor = visitor()
    return Viewer(actor.name, actor.role) if actor else None


def own_may(permission: Permission | str) -> bool:
    """Whether who looks may do this: `may("control:operators:change")` in a template."""
    actor = visitor()
    return actor is not None and actor.api_key_id is None and may(actor.role, Permission(permission))


def may_open(endpoint: str) -> bool:
    """Whether who looks may open this page: what the navigation shows, never what a route allows."""
    policy = policy_of(current_app.view_functions[endpoint])
    if policy is None:
        return False
    return policy.is_public or (policy.permission is not None and own_may(policy.permission))


def now() -> datetime:
    """Return the clock of the edge, in UTC; tests set another in `app.config["CLOCK"]`."""
    clock = current_app.config.get("CLOCK")
    return clock() if clock else datetime.now(UTC)
