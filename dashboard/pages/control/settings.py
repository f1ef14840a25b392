"""Control → Settings: what can be set, what it is, who changed it."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, current_app, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.change_setting import change_setting
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.mail_settings import MAIL_SETTINGS, SwitchRule, TextRule
from dashboard.engine.settings import SETTINGS, SettingRule
from dashboard.reports.notices import approver_mails
from dashboard.reports.settings import ChangedSetting, settings_changed
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("settings", __name__, url_prefix="/control/settings")

MAILS_SHOWN = 10
OF_MAIL = (
    "mail_to_approvers",
    "reminded_before_hours",
    "smtp_host",
    "smtp_port",
    "smtp_starttls",
    "smtp_user",
    "smtp_from",
    "public_address",
)
RULES: dict[str, SettingRule | TextRule | SwitchRule] = {**SETTINGS, **MAIL_SETTINGS}


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting as it is shown: `kind` is number, words or switch."""

    rule: SettingRule | TextRule | SwitchRule
    kind: str
    value: object
    change: ChangedSetting | None


@bp.get("")
@requires(Permission.SETTINGS_READ)
def index() -> Response:
    """Show every setting with its meaning, value and last change."""
    return _page({})


@bp.post("/<key>")
@requires(Permission.SETTINGS_CHANGE)
def update(key: str) -> Response:
    """Change one setting."""
    if key not in RULES:
        abort(404)
    try:
        changed = change_setting(current_actor(), key, request.form.get("value", ""), now=now())
    except InvalidInputError as error:
        return _page(error.errors, 422)
    if changed:
        flash(f"“{RULES[key].title}” is changed.", "good")
    else:
        flash(f"“{RULES[key].title}” has this value already. Nothing was changed.", "info")
    return redirect_to(url_for("settings.index"))


def _page(errors: dict[str, str], status: int = 200) -> Response:
    with snapshot() as connection:
        changed = {row.key: row for row in settings_changed.all(connection)}
        mails = approver_mails.all(connection, most=MAILS_SHOWN)
    response = render(
        "control/settings/index.html",
        entries=[_entry(rule, changed) for key, rule in SETTINGS.items() if key not in OF_MAIL],
        of_mail=[_entry(RULES[key], changed) for key in OF_MAIL],
        mails=mails,
        has_password=current_app.config["LEDGERLINE"].smtp_password is not None,
        errors=errors,
        typed=request.form.get("value", ""),
        now=now(),
    )
    response.status_code = status
    return response


def _entry(rule: SettingRule | TextRule | SwitchRule, changed: dict[str, ChangedSetting]) -> Entry:
    kind = {SettingRule: "number", TextRule: "words", SwitchRule: "switch"}[type(rule)]
    change = changed.get(rule.key)
    return Entry(rule, kind, rule.default if change is None else change.value, change)
