"""The guard before every view: who is it, may they, did the form come from us."""

from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from dashboard.access import keys, rates
from dashboard.access.current import now, visitor
from dashboard.access.policies import SAFE_METHODS, Policy, policy_of, public
from dashboard.access.problems import problem
from dashboard.engine.permissions import may
from dashboard.ui import htmx

SIGN_IN = "/sign-in"
CSRF = CSRFProtect()
OTHER_SITES = frozenset({"cross-site", "same-site"})
STALE_FORM = "This form was not sent by a page of this session, or it is too old. Load the page again and repeat it."

UNWRITABLE = "The address or the form holds the character NUL, which is no text. Take it out and send it again."


def register(app: Flask) -> None:
    """Guard every route of the app; files in static/ are for anybody."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    CSRF.init_app(app)
    public(app.view_functions["static"])
    app.before_request(_guard)
    rates.register(app)
    app.register_error_handler(CSRFError, lambda _: _stale_form())


def local_path(given: str | None) -> str:
    """Return a path on this site to go on to after sign-in; anything else becomes the overview."""
    if not given or not given.startswith("/") or given.startswith("//") or "\\" in given or not given.isprintable():
        return "/"
    return "/" if given.partition("?")[0].rstrip("/") == SIGN_IN else given


def _guard() -> Response | None:
    if request.url_rule is None:
        return None
    policy = policy_of(current_app.view_functions[request.url_rule.endpoint])
    if policy is None:
        return htmx.refusal(403)
    if policy.is_signed:
        return None
    if policy.is_public:
        return _refuse_unwritable(policy) or _refuse_foreign_form()
    if policy.scope is not None and (request.authorization or policy.permission is None):
        return _refuse_key(policy) or _refuse_unwritable(policy)
    return _refuse_visitor(policy) or _refuse_unwritable(policy) or _refuse_foreign_form()


def _refuse_key(policy: Policy) -> Response | None:
    key = keys.authenticate(request.headers.get("Authorization"), from_memory=policy.proves_key)
    if key is None:
        return keys.unknown_key()
    rate = rates.count(key.api_key_id, key.requests_per_minute, now())
    if rate.is_over:
        detail = f"This key asked more than {rate.limit:,} times in this minute; ask again in {rate.seconds_left} s."
        return problem(429, f"{detail} Nothing was changed.")
    if policy.scope not in key.scopes:
        return problem(403, f"This key lacks the scope {policy.scope}. Nothing was changed.", scope=policy.scope)
    g.api_key_actor = key.actor
    return None


def _refuse_visitor(policy: Policy) -> Response | None:
    actor = visitor()
    if actor is None:
        return _signed_out(policy)
    if policy.permission is None or not may(actor.role, policy.permission):
        sentence = f"This is not for the role {actor.role}."
        return problem(403, f"{sentence} Nothing was changed.") if _machine(policy) else _refusal(403, sentence)
    return None


def _signed_out(policy: Policy) -> Response:
    if _machine(policy):
        detail = "Nobody is signed in. Sign in, or send `Authorization: Bearer <key>`."
        return problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
    address = _sign_in_address()
    if htmx.wants_region():
        return htmx.varied(Response(status=401, headers={"HX-Redirect": address}))
    return htmx.varied(Response(status=303, headers={"Location": address}))


def _sign_in_address() -> str:
    """Where to sign in, coming back to the page that was shown, never to a form's target."""
    if request.method in SAFE_METHODS and not htmx.wants_region():
        wanted = request.full_path.rstrip("?")
    else:
        shown = request.headers.get("HX-Current-URL") if htmx.wants_region() else request.referrer
        # Only what stands behind the host, which a header could not be trusted for.
        wanted = f"/{(shown or '').partition('://')[2].partition('/')[2]}"
    path = local_path(wanted)
    return SIGN_IN if path == "/" else f"{SIGN_IN}?{urlencode({'next': path})}"


def _refuse_unwritable(policy: Policy) -> Response | None:
    """Refuse the one character that no text in the database can hold, before a query trips over it."""
    if not request.query_string and request.is_json:
        # Nothing to look at; what stands in the JSON is read by whoever takes it.
        return None
    given = (*request.args.items(multi=True), *request.form.items(multi=True))
    if not any("\0" in part for item in given for part in item):
        return None
    return problem(400, f"{UNWRITABLE} Nothing was changed.") if _machine(policy) else _refusal(400, UNWRITABLE)


def _refuse_foreign_form() -> Response | None:
    if request.method in SAFE_METHODS:
        return None
    if request.headers.get("Sec-Fetch-Site") in OTHER_SITES:
        return _stale_form()
    CSRF.protect()
    return None


def _stale_form() -> Response:
    return _refusal(400, STALE_FORM)


def _refusal(status: int, sentence: str) -> Response:
    """Refuse on a page, which says by itself that nothing was changed, or in a message, which does not."""
    return htmx.refusal(status, f"{sentence} Nothing was changed." if htmx.wants_region() else sentence)


def _machine(policy: Policy) -> bool:
    return policy.scope is not None or request.accept_mimetypes.best == "application/json"
