"""The one policy of a route: a permission, a permission or a key's scope, or public."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask

from dashboard.engine.permissions import Permission, Scope

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UnguardedRouteError(RuntimeError):
    """A route says nothing, or too much, about who may use it; the app does not start."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may use a route: sessions with `permission`, keys with `scope`; with neither, anybody."""

    permission: Permission | None = None
    scope: Scope | None = None
    # The view proves the key in its own statement, so the guard may remember it for a few seconds.
    proves_key: bool = False
    # Anybody may send it: the view believes the signature of the body alone, and no cookie.
    is_signed: bool = False

    @property
    def is_public(self) -> bool:
        """True for the few routes that ask nothing: sign-in, an invitation, static files."""
        return self.permission is None and self.scope is None


PUBLIC = Policy()
SIGNED = Policy(is_signed=True)


def requires(
    permission: Permission | None = None, *, scope: str | None = None, proves_key: bool = False
) -> Callable[[View], View]:
    """Decorate a view (below `@bp.get`): sessions need the permission, API keys the scope.

    With a scope alone it is a machine's route. A route that writes takes one or the other, never both.
    A view that proves the key itself, in the statement that writes, spares the guard a look at the database.
    """
    if permission is None and scope is None:
        raise UnguardedRouteError("@requires names a permission, a scope or both.")
    return _with(Policy(permission, None if scope is None else Scope(scope), proves_key))


def public(view: View) -> View:
    """Decorate a view anybody may use, signed in or not."""
    return _with(PUBLIC)(view)


def signed(view: View) -> View:
    """Decorate a view that another program calls and that proves it by signing the body; it needs no form's token."""
    return _with(SIGNED)(view)


def policy_of(view: Callable[..., Any]) -> Policy | None:
    """Return the policy a view was decorated with."""
    found = getattr(view, "access_policy", None)
    return found if isinstance(found, Policy) else None


def refuse_unguarded(app: Flask) -> None:
    """Raise UnguardedRouteError if a route of this app has no policy, or one that mixes cookies and keys in a write."""
    for rule in app.url_map.iter_rules():
        policy = policy_of(app.view_functions[rule.endpoint])
        if policy is None:
            raise UnguardedRouteError(
                f"{rule.rule} ({rule.endpoint}) has no permission: decorate it with @requires(…) or @public."
            )
        if policy.permission and policy.scope and not (rule.methods or set()) <= SAFE_METHODS:
            raise UnguardedRouteError(
                f"{rule.rule} ({rule.endpoint}) writes for sessions and for keys; give each its own route."
            )


def _with(policy: Policy) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        if policy_of(view) is not None:
            raise UnguardedRouteError(f"{view.__name__} has two policies; a route has exactly one.")
        view.access_policy = policy  # type: ignore[attr-defined]  # a function's own note, read by the guard
        return view

    return decorate
