"""Control → Audit log → one line: everything there is to know of one act, at an address of its own."""

from flask import Blueprint, Response, abort, current_app, url_for

from dashboard.access import Permission, may_open, now, requires
from dashboard.db import snapshot
from dashboard.engine.fields import as_uuid
from dashboard.pages.control.audit_changes import every_field
from dashboard.reports.audit_lines import WholeLine, line_of
from dashboard.ui.htmx import render
from dashboard.ui.words import why, words

bp = Blueprint("audit_line", __name__, url_prefix="/control/audit-log")

LARGEST_ID = 2**63 - 1
# Kind of object: the page that shows it, and the name its id has there.
PAGES = {
    "approval_request": ("approvals.show", "request_id"),
    "pricing_config": ("proposals.show", "config_id"),
}


@bp.get("/<int:audit_id>")
@requires(Permission.AUDIT_READ)
def show(audit_id: int) -> Response:
    """Show a line: who, in which session, from where, what of which thing, before and after, why, and its link."""
    with snapshot() as connection:
        line = line_of(connection, audit_id) if audit_id <= LARGEST_ID else None
    if line is None:
        abort(404)
    return render(
        "control/audit_log/show.html",
        line=line,
        fields=every_field(line.before, line.after),
        object_page=_page(line),
        why=why,
        words=words,
        now=now(),
    )


def _page(line: WholeLine) -> str | None:
    """The page of what was acted on, where there is one and this person may open it."""
    endpoint, name = PAGES.get(line.object_kind, (None, ""))
    object_id = as_uuid(line.object_id or "")
    if endpoint is None or object_id is None or endpoint not in current_app.view_functions or not may_open(endpoint):
        return None
    return url_for(endpoint, **{name: object_id})  # type: ignore[arg-type]  # the value of its own route
