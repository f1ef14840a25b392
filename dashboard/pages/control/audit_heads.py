"""Control → Audit log → Chain and head: whether every link holds, and the end of it to be kept elsewhere."""

from flask import Blueprint, Response, jsonify, request

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.reports.audit import AuditState, Head, state_of, verify
from dashboard.ui.htmx import render

bp = Blueprint("audit_heads", __name__, url_prefix="/control/audit-log")

LONGEST_HEAD = 2000
GROUP = 8
NO_HEAD = "This is no exported head: paste the file, or the seal with its 64 characters as the page prints them."


@bp.get("/chain")
@requires(Permission.AUDIT_READ)
def chain() -> Response:
    """Check every link now, and against a head that was kept elsewhere if one is given."""
    at, typed = now(), request.args.get("head", "").strip()
    kept = _read(typed)
    with snapshot() as connection:
        found = verify(connection, exported=kept, now=at)
        state = state_of(connection)
    response = render(
        "control/audit_log/chain.html",
        found=found,
        state=state,
        kept=kept,
        groups=_groups(kept.sha256) if kept else [],
        typed=typed[:LONGEST_HEAD],
        error=NO_HEAD if typed and kept is None else None,
        since=(state.head_seq or 0) - kept.seq if kept else 0,
        now=at,
    )
    response.status_code = 422 if typed and kept is None else 200
    return response


@bp.get("/head")
@requires(Permission.AUDIT_READ)
def show() -> Response:
    """Show the end of the chain on a page made to be printed and kept."""
    at = now()
    with snapshot() as connection:
        state = state_of(connection)
    return render("control/audit_log/head.html", state=state, groups=_groups(_head(state).sha256), now=at)


@bp.get("/head.json")
@requires(Permission.AUDIT_READ)
def download() -> Response:
    """Send the end of the chain as a file, as `flask audit head` writes it; reading it leaves no line of its own."""
    at = now()
    with snapshot() as connection:
        head = _head(state_of(connection))
    response = jsonify(seq=head.seq, sha256=head.sha256, exported_at=at.isoformat(timespec="seconds"))
    name = f"audit-head-{head.seq}-{at:%Y-%m-%d}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _head(state: AuditState) -> Head:
    return Head(state.head_seq or 0, (state.head_sha256 or bytes(32)).hex())


def _read(typed: str) -> Head | None:
    if not typed or len(typed) > LONGEST_HEAD:
        return None
    try:
        return Head.read(typed)
    except ValueError:
        return None


def _groups(sha256: str) -> list[str]:
    """The hash in groups people can compare: eight of eight."""
    return [sha256[at : at + GROUP] for at in range(0, len(sha256), GROUP)]
