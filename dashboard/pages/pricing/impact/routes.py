"""Replays: ask for one, watch it, read it, cancel it, take its tables away."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.cancel_impact import cancel_impact
from dashboard.actions.request_impact import NoSuchPriceError, last_days, request_impact
from dashboard.actions.run_impact import run_impact
from dashboard.db import same_snapshot, snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.impact import Assumptions, Ordered
from dashboard.engine.price_changes import ALWAYS
from dashboard.pages.pricing.impact.files import TABLES, columns_of, rows_of, total_of
from dashboard.pages.pricing.impact.showing import took, view_of
from dashboard.reports.choices import customer_names
from dashboard.reports.pricing.impact import ImpactRun, evidence, impact_run
from dashboard.ui.exports import exported
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("impacts", __name__, url_prefix="/pricing/impacts")

# Replayed while the person waits; more is left to a worker.
AT_ONCE_REQUESTS = 200_000
FIELDS = {"volume_percent": "Change of use, %", "leaving_percent": "Customers who leave, %"}


@bp.post("")
@requires(Permission.PRICING_CHANGE)
def create() -> Response:
    """Ask for a replay of a proposal; a small one is run at once."""
    config_id = request.form.get("config_id", type=UUID) or abort(404)
    at = now()
    try:
        window = _window(at)
        run_id = request_impact(current_actor(), config_id, window, _assumptions(), at)
    except NoSuchPriceError:
        abort(404)
    except InvalidInputError as error:
        flash(" ".join(error.errors.values()), "bad")
        return redirect_to(url_for("proposals.show", config_id=config_id))
    with snapshot() as connection:
        run = impact_run(connection, run_id)
    if run and run.requests <= AT_ONCE_REQUESTS:
        run_impact(run_id, _replay, now=at)
    return redirect_to(url_for("impacts.show", run_id=run_id))


@bp.get("/<uuid:run_id>")
@requires(Permission.PRICING_READ)
def show(run_id: UUID) -> Response:
    """Show where a replay stands, and what it found."""
    with snapshot() as connection:
        run = impact_run(connection, run_id) or abort(404)
        view = view_of(connection, run, request.args.get("scenario", 1, type=int))
    return render(
        "pricing/impact/show.html", "pricing/impact/_impact.html", impact_view=view, took=took(run), now=now()
    )


@bp.post("/<uuid:run_id>/cancellation")
@requires(Permission.PRICING_CHANGE)
def cancel(run_id: UUID) -> Response:
    """Stop a replay that waits or runs."""
    if cancel_impact(current_actor(), run_id, now()):
        flash("The replay is cancelled. Nothing else was changed.", "good")
    else:
        flash("The replay had ended already. Nothing was changed.", "info")
    return redirect_to(url_for("impacts.show", run_id=run_id))


@bp.get("/<uuid:run_id>/<any(tiers, models, days, customers):table>/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(run_id: UUID, table: str, file_type: str) -> Response:
    """Send one table of a replay."""
    with snapshot() as connection:
        run = impact_run(connection, run_id) or abort(404)
        impacts = run.impacts
        scenario = request.args.get("scenario", 1, type=int)
        if not 0 < scenario < len(impacts):
            abort(404)
        impact = impacts[scenario]
        ids = tuple(one.user_id for one in impact.customers) if table == TABLES[-1] else ()
        names = customer_names(connection, ids)
    rows, total = list(rows_of(table, impact, names)), total_of(table, impact)
    return exported(
        f"impact-{table}-{_day(run)}", "csv" if file_type == "csv" else "xlsx", columns_of(table), rows, total
    )


def _day(run: ImpactRun) -> str:
    return f"{run.requested_at:%Y-%m-%d}"


def _replay(ordered: Ordered, tell: Callable[[int], None]) -> dict[str, Any]:
    with snapshot() as connection, same_snapshot(connection) as beside:
        return evidence(connection, ordered, tell, beside=beside)


def _window(at: datetime) -> tuple[datetime, datetime]:
    """Read the days from and to, both in the window; the last 30 whole days if none are given."""
    first, last = request.form.get("from", "").strip(), request.form.get("to", "").strip()
    if not first and not last:
        return last_days(at)
    try:
        start, end = (datetime.combine(datetime.fromisoformat(text), time(), UTC) for text in (first, last))
        end += timedelta(days=1)
    except (ValueError, OverflowError) as error:
        message = "Give both days as YYYY-MM-DD, or neither for the last 30 days. Nothing was changed."
        raise InvalidInputError({"window": message}) from error
    if start < ALWAYS:
        raise InvalidInputError({"window": f"No price is older than {ALWAYS:%Y-%m-%d}. Nothing was changed."})
    return start, end


def _assumptions() -> Assumptions:
    return Assumptions(**{name: _percent(name, title) for name, title in FIELDS.items()})


def _percent(name: str, title: str) -> Decimal:
    text = request.form.get(name, "").strip() or "0"
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise InvalidInputError({name: f"{title}: give a number. Nothing was changed."})
    return value
