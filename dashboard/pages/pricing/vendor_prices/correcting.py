"""Usage priced late, or by a price that changed since: what corrections would do, and posting them."""

from collections.abc import Mapping
from decimal import Decimal

from flask import Blueprint, Response, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.correct_usage import ALWAYS, FOR_EVER, CorrectionWanted, correct_usage, try_corrections
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.reports.pricing.vendor_prices import DueRow, corrections_due, vendor_price_history
from dashboard.ui.format import credits, plural, usd
from dashboard.ui.htmx import redirect_to, refusal, render

bp = Blueprint("price_corrections", __name__, url_prefix="/pricing/vendor-prices/corrections")

AMOUNTS = ("requests", "waiting", "customers", "vendor_cost_usd", "credit_value_usd", "credits_due")


@bp.get("/<provider>/<path:model>")
@requires(Permission.PRICING_CHANGE)
def ask(provider: str, model: str) -> Response:
    """Show what corrections would come to, without and with charging, before anything is posted."""
    return _ask(provider, model, {})


@bp.post("/<provider>/<path:model>")
@requires(Permission.PRICING_CHANGE)
def post(provider: str, model: str) -> Response:
    """Post them; again finds nothing."""
    form = request.form
    if form.get("credits") not in {"uncovered", "charge"}:
        return _ask(provider, model, {"credits": "Choose what happens to the credits."}, 422)
    wanted = CorrectionWanted(provider, model, form.get("reason", "").strip(), form["credits"] == "charge")
    try:
        posted = correct_usage(current_actor(), wanted, now())
    except InvalidInputError as error:
        return _ask(provider, model, error.errors, 422)
    if posted.requests:
        flash(
            f"{plural(posted.requests, 'request')} corrected: vendor cost {usd(posted.vendor_cost_usd, signed=True)}, "
            f"{credits(posted.credits_deducted, unit=True)} deducted, {credits(posted.credits_uncovered, unit=True)} uncovered.",
            "good",
        )
    else:
        flash("There was nothing left to correct. Nothing was changed.", "info")
    return redirect_to(url_for("vendor_prices.show", provider=provider, model=model))


def _ask(provider: str, model: str, errors: Mapping[str, str], status: int = 200) -> Response:
    with snapshot() as connection:
        due = corrections_due.all(connection, provider=provider, model=model, start=ALWAYS, end=FOR_EVER)
        prices = vendor_price_history.all(connection, provider=provider, model=model)
    if not prices:
        return refusal(404, f"There is no price of {model[:80]} yet. Set one first, then its usage can be corrected.")
    charged = (
        try_corrections(current_actor(), CorrectionWanted(provider, model, "preview", charge=True)) if due else None
    )
    response = render(
        "pricing/vendor_prices/corrections.html",
        provider=provider,
        model=model,
        due=due,
        total=_total(due),
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
