"""What a person brings: a list, a price by hand, a comparison now, the end of a price."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response, flash, request, url_for
from sqlalchemy import Connection

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.compare_price_library import LibraryUnreadableError, compare_price_library
from dashboard.actions.end_vendor_price import end_vendor_price
from dashboard.actions.propose_prices import Proposed, Source, propose_prices
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import FieldError, day_or_instant, text
from dashboard.engine.price_files import FORMS, read_price_file
from dashboard.engine.price_lists import PriceList, read_price_row
from dashboard.reports.pricing.price_lines import vendor_price_lines
from dashboard.reports.pricing.vendor_prices import PriceRow, vendor_price_history
from dashboard.ui.format import exact, plural
from dashboard.ui.htmx import redirect_to, refusal, render

bp = Blueprint("price_entry", __name__, url_prefix="/pricing/vendor-prices")

LONGEST_NAME = 100
HAND = "By hand"
FIELDS = (
    "provider",
    "model",
    "input_price_per_1k",
    "output_price_per_1k",
    "cache_hit_price_per_1k",
    "cache_input_price_per_1k",
    "context_threshold_tokens",
    "input_price_per_1k_high_context",
    "output_price_per_1k_high_context",
    "cache_read_price_per_1k_high_context",
    "cache_write_price_per_1k_high_context",
    "is_free",
    "effective_from",
)


@bp.post("/comparisons")
@requires(Permission.PRICING_CHANGE)
def compare() -> Response:
    """Compare the bundled library now."""
    try:
        found = compare_price_library(current_actor(), now())
    except LibraryUnreadableError as error:
        flash(f"{error}. No price was changed.", "bad")
        return redirect_to(url_for("vendor_prices.index"))
    return _filed(found)


@bp.get("/new")
@requires(Permission.PRICING_CHANGE)
def new() -> Response:
    """Ask for a list, or for a price by hand."""
    asked = dict(request.args)
    provider, model = asked.get("provider", ""), asked.get("model", "")
    with snapshot() as connection:
        prices = vendor_price_history.all(connection, provider=provider, model=model) if provider and model else []
    holding = next((price for price in prices if price.holds_at(now())), None)
    # What is not typed over stays: a price by hand is the whole price, not a change of two of its numbers.
    return _form({**({} if holding is None else _typed(holding)), **asked}, {})


@bp.post("/lists")
@requires(Permission.PRICING_CHANGE)
def upload() -> Response:
    """Compare a list somebody uploads."""
    form = request.form.get("form", "")
    file = request.files.get("file")
    if file is None or not file.filename:
        return _form(dict(request.form), {"file": "Choose a file. Nothing was changed."}, 422)
    try:
        said = read_price_file(file.read(), form, now())
        name = "".join(letter for letter in file.filename if letter.isprintable())[:LONGEST_NAME]
        source = Source(form, "LiteLLM" if form == "litellm" else name, name)
        found = propose_prices(current_actor(), source, said, now())
    except InvalidInputError as error:
        return _form(dict(request.form), error.errors, 422)
    if said.refused:
        shown = "; ".join(f"{line.line}: {line.reason}" for line in said.refused[:3])
        flash(f"{plural(len(said.refused), 'line')} could not be read, among them {shown}", "warn")
    return _filed(found)


@bp.post("/prices")
@requires(Permission.PRICING_CHANGE)
def propose() -> Response:
    """File a price somebody typed, and show what it does before it is accepted."""
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        line = read_price_row("typed", typed, now())
    except InvalidInputError as error:
        return _form(typed, error.errors, 422)
    source = Source("hand", f"{HAND}: {line.provider}/{line.model}", HAND)
    found = propose_prices(current_actor(), source, PriceList((line,), (), {}), now())
    with snapshot() as connection:
        filed = _line_of(connection, line.provider, line.model)
    if filed is None:
        why = (
            "This is the price already; nothing was changed."
            if found.unchanged
            else "No provider is called so. Nothing was changed."
        )
        return _form(typed, {"provider": why}, 422)
    return redirect_to(url_for("price_differences.show", line_id=filed))


@bp.post("/prices/<uuid:price_id>/end")
@requires(Permission.PRICING_CHANGE)
def end(price_id: UUID) -> Response:
    """Let a price end: later usage of the model has none."""
    provider, model = request.form.get("provider", ""), request.form.get("model", "")
    back = url_for("vendor_prices.show", provider=provider or "–", model=model or "–")
    at = now()
    try:
        ends_at = _instant(request.form.get("ends_at", ""))
        reason = text(request.form.get("reason", ""), 300)
        end_vendor_price(current_actor(), price_id, ends_at, reason, at)
    except FieldError as error:
        flash(f"The end or its reason {error}. Nothing was changed.", "bad")
        return redirect_to(back)
    except InvalidInputError as error:
        return refusal(422, error.errors["ends_at"])
    except RuleBrokenError as error:
        flash(str(error), "bad")
        return redirect_to(back)
    flash("The price ends; usage after it waits without a price until there is one.", "good")
    return redirect_to(back)


def _filed(found: Proposed) -> Response:
    if found.stopped:
        flash(f"{found.stopped} No price was changed.", "bad")
        return redirect_to(url_for("price_differences.index", show="blocked"))
    flash(
        f"{plural(found.waiting, 'difference')} to decide, {found.unchanged:,} unchanged, {found.blocked:,} blocked. "
        "No price was changed.",
        "good",
    )
    return redirect_to(
        url_for("price_differences.index", show="blocked" if found.blocked and not found.waiting else None)
    )


def _form(typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> Response:
    provider, model = typed.get("provider", ""), typed.get("model", "")
    with snapshot() as connection:
        prices = vendor_price_history.all(connection, provider=provider, model=model) if provider and model else []
    response = render(
        "pricing/vendor_prices/new.html",
        typed=typed,
        errors=errors,
        forms=list(FORMS.items()),
        prices=prices,
        now=now(),
    )
    response.status_code = status
    return response


def _typed(price: PriceRow) -> dict[str, str]:
    """The price as somebody would type it."""
    written = {
        "input_price_per_1k": price.input_usd,
        "output_price_per_1k": price.output_usd,
        "cache_hit_price_per_1k": price.cached_usd,
        "cache_input_price_per_1k": price.written_usd,
        "context_threshold_tokens": price.threshold_tokens,
        "input_price_per_1k_high_context": price.high_input_usd,
        "output_price_per_1k_high_context": price.high_output_usd,
        "cache_read_price_per_1k_high_context": price.high_cached_usd,
        "cache_write_price_per_1k_high_context": price.high_written_usd,
        "is_free": "true" if price.is_free else None,
    }
    return {
        name: exact(value) if isinstance(value, Decimal) else str(value)
        for name, value in written.items()
        if value is not None
    }


def _line_of(connection: Connection, provider: str, model: str) -> UUID | None:
    """Return the line a price by hand became, if there is anything to decide."""
    rows = vendor_price_lines.all(
        connection, line_id=None, states=["open", "blocked", "refused"], provider=provider, model=model
    )
    found = [row for row in rows if row.origin.startswith(HAND)]
    return max(found, key=lambda row: row.seen_at).id if found else None


def _instant(written: str) -> datetime | None:
    return day_or_instant(written.strip()) if written.strip() else None
