"""The simulator's addresses."""

from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for
from sqlalchemy import Connection
from werkzeug.urls import iri_to_uri

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.keep_scenario import keep_scenario
from dashboard.actions.remove_scenario import remove_scenario
from dashboard.db import same_snapshot, snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.pages.pricing.simulator.asked import ONCE, Asked, added, asked
from dashboard.pages.pricing.simulator.results import (
    Shown,
    customer_columns,
    customer_rows,
    file_columns,
    file_rows,
    most_affected,
    shown,
)
from dashboard.reports.choices import customer_names
from dashboard.reports.pricing.scenarios import compare, kept, kept_scenario, requests_in
from dashboard.ui.exports import exported
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("simulator", __name__, url_prefix="/pricing/simulator")

# So many are replayed at once; more only when asked for, for that takes seconds.
AT_ONCE = 300_000


@bp.get("")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """Show up to five scenarios side by side on the same real traffic."""
    return _page()


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """Download the comparison."""
    found = _exported()
    return exported("simulator", "csv" if file_type == "csv" else "xlsx", file_columns(found.names), file_rows(found))


@bp.get("/customers/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export_customers(file_type: str) -> Response:
    """Download the customers the scenarios concern most."""
    found = _exported()
    name = "simulator-customers"
    return exported(name, "csv" if file_type == "csv" else "xlsx", customer_columns(found.names), customer_rows(found))


@bp.get("/<uuid:scenario_id>")
@requires(Permission.PRICING_READ)
def show(scenario_id: UUID) -> Response:
    """Open a kept scenario at its own address."""
    with snapshot() as connection:
        found = kept_scenario(connection, scenario_id)
    if found is None:
        abort(404)
    return redirect_to(iri_to_uri(f"{url_for('simulator.index')}?{found.address}&kept={found.id}"))


@bp.post("/scenarios")
@requires(Permission.PRICING_CHANGE)
def create() -> Response:
    """Keep what is compared under a name."""
    address = request.query_string.decode()
    try:
        kept_id = keep_scenario(current_actor(), request.form.get("name", ""), address, now=now())
    except InvalidInputError as error:
        return _page(error.errors, 422)
    flash("Kept. It stands in the list below and has an address of its own.", "good")
    return redirect_to(url_for("simulator.show", scenario_id=kept_id))


@bp.post("/<uuid:scenario_id>/removal")
@requires(Permission.PRICING_CHANGE)
def remove(scenario_id: UUID) -> Response:
    """Take a kept scenario off the list."""
    try:
        remove_scenario(current_actor(), scenario_id, now=now())
    except RuleBrokenError:
        abort(404)
    flash("Removed from the list. Its full address works on.", "good")
    return redirect_to(url_for("simulator.index"))


def _page(errors: dict[str, str] | None = None, status: int = 200) -> Response:
    at = now()
    with snapshot() as connection:
        question = asked(connection, at.date())
        onwards = added(question)
        if onwards is not None:
            return redirect_to(onwards)
        requests = requests_in(connection, question.choice.period, question.narrowed.filters)
        waits = requests > AT_ONCE and not question.wants_run
        found = None if waits or not requests or not question.changes_anything else _compared(connection, question)
        listed = kept(connection)
    response = render(
        "pricing/simulator/index.html",
        "pricing/simulator/_page.html",
        asked=question,
        found=found,
        requests=requests,
        waits=waits,
        kept=listed,
        kept_here=request.args.get("kept", ""),
        once=list(ONCE),
        errors=errors or {},
        typed_name=request.form.get("name", ""),
        now=at,
    )
    response.status_code = status
    return response


def _exported() -> Shown:
    with snapshot() as connection:
        return _compared(connection, asked(connection, now().date()))


def _compared(connection: Connection, question: Asked) -> Shown:
    scenarios = [one.scenario for one in question.scenarios]
    period, filters, assumptions = question.choice.period, question.narrowed.filters, question.assumptions
    with same_snapshot(connection) as beside:
        results = compare(connection, period, filters, scenarios, assumptions, at=now(), beside=beside)
    return shown(question, results, customer_names(connection, tuple(most_affected(results))))
