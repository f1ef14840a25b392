"""Usage priced late, or by a price that changed since: what corrections would do, and posting them."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.correct_usage import ALWAYS, FOR_EVER, MOST_AT_ONCE, CorrectionWanted, try_corrections
from dashboard.actions.request_corrections import request_corrections
from dashboard.actions.run_corrections import BusyError, run_corrections
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.reports.pricing.corrections import run_of, runs_of
from dashboard.reports.pricing.vendor_prices import DueRow, corrections_due, vendor_price_history
from dashboard.ui.htmx import redirect_to, refusal, render

bp = Blueprint("price_corrections", __name__, url_prefix="/pricing/vendor-prices")

AMOUNTS = ("requests", "waiting", "customers", "vendor_cost_usd", "credit_value_usd", "credits_due")


@bp.get("/corrections/<provider>/<path:model>")
@requires(Permission.PRICING_CHANGE)
def ask(provider: str, model: str) -> Response:
    """Show what corrections would come to, without and with charging, before anything is posted."""
    return _ask(provider, model, {})


@bp.post("/corrections/<provider>/<path:model>")
@requires(Permission.PRICING_CHANGE)
def post(provider: str, model: str) -> Response:
    """Post them; again finds nothing."""
    form = request.form
    if form.get("credits") not in {"uncovered", "charge"}:
        return _ask(provider, model, {"credits": "Choose what happens to the credits."}, 422)
    wanted = CorrectionWanted(provider, model, form.get("reason", "").strip(), form["credits"] == "charge")
    at = now()
    try:
        run_id = request_corrections(current_actor(), wanted, at)
    except InvalidInputError as error:
        return _ask(provider, model, error.errors, 422)
    except RuleBrokenError as error:
        return refusal(404, str(error))
    if run_id is None:
        flash("There was nothing left to correct. Nothing was changed.", "info")
        return redirect_to(url_for("vendor_prices.show", provider=provider, model=model))
    with snapshot() as connection:
        run = run_of(connection, run_id)
    if run and run.is_open and run.requests <= MOST_AT_ONCE:
        # As many as one batch are posted while the person waits; where a worker was quicker, it goes on.
        with suppress(BusyError):
            run_corrections(run_id, now=at)
    return redirect_to(url_for("price_corrections.run", run_id=run_id))


@bp.get("/correction-runs/<uuid:run_id>")
@requires(Permission.PRICING_READ)
def run(run_id: UUID) -> Response:
    """Show how far a run is, or what it posted; it goes on without anybody watching."""
    with snapshot() as connection:
        found = run_of(connection, run_id) or abort(404)
        left = (
            corrections_due.all(connection, provider=found.provider, model=found.model, start=ALWAYS, end=FOR_EVER)
            if not found.is_open
            else []
        )
    return render(
        "pricing/vendor_prices/run.html",
        "pricing/vendor_prices/_run.html",
        run=found,
        left=sum(row.requests for row in left),
        now=now(),
    )


def _ask(provider: str, model: str, errors: Mapping[str, str], status: int = 200) -> Response:
    with snapshot() as connection:
        due = corrections_due.all(connection, provider=provider, model=model, start=ALWAYS, end=FOR_EVER)
        prices = vendor_price_history.all(connection, provider=provider, model=model)
        runs = runs_of(connection, provider, model)
    if not prices:
        return refusal(404, f"There is no price of {model[:80]} yet. Set one first, then its usage can be corrected.")
    total = _total(due)
    # More than a batch is not tried out while somebody waits.
    charged = (
        try_corrections(current_actor(), CorrectionWanted(provider, model, "preview", charge=True))
        if 0 < total.requests <= MOST_AT_ONCE
        else None
    )
    response = render(
        "pricing/vendor_prices/corrections.html",
        provider=provider,
        model=model,
        due=due,
        total=total,
        runs=runs,
        running=next((one for one in runs if one.is_open), None),
        first_from=min(price.effective_from for price in prices),
        charged=charged,
        errors=errors,
        typed=request.form,
        now=now(),
    )
    response.status_code = status
    return response


def _total(due: list[DueRow]) -> DueRow:
    """Add the tiers up; a customer who changed tiers is counted in each."""
    sums = {name: sum((getattr(row, name) for row in due), Decimal(0)) for name in AMOUNTS}
    whole = {name: int(sums[name]) for name in ("requests", "waiting", "customers")}
    return DueRow(
        "all",
        "All",
        whole["requests"],
        whole["waiting"],
        whole["customers"],
        sum(row.not_chargeable for row in due),
        sums["vendor_cost_usd"],
        sums["credit_value_usd"],
        sums["credits_due"],
    )
