"""Control → Settings: what can be set, what it is, who changed it."""

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.change_setting import change_setting
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.settings import SETTINGS
from dashboard.reports.settings import settings_changed
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("settings", __name__, url_prefix="/control/settings")


@bp.get("")
@requires(Permission.SETTINGS_READ)
def index() -> Response:
    """Show every setting with its meaning, value and last change."""
    return _page({})


@bp.post("/<key>")
@requires(Permission.SETTINGS_CHANGE)
def update(key: str) -> Response:
    """Change one setting."""
    if key not in SETTINGS:
        abort(404)
    try:
        changed = change_setting(current_actor(), key, request.form.get("value", ""), now=now())
    except InvalidInputError as error:
        return _page(error.errors, 422)
    if changed:
        flash(f"“{SETTINGS[key].title}” is changed.", "good")
    else:
        flash(f"“{SETTINGS[key].title}” has this value already. Nothing was changed.", "info")
    return redirect_to(url_for("settings.index"))


def _page(errors: dict[str, str], status: int = 200) -> Response:
    with snapshot() as connection:
        changed = {row.key: row for row in settings_changed.all(connection)}
    response = render(
        "control/settings/index.html",
        rules=SETTINGS.values(),
        changed=changed,
        errors=errors,
        typed=request.form.get("value", ""),
        now=now(),
    )
    response.status_code = status
    return response
