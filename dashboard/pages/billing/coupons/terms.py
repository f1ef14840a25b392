"""Terms of coupons: filled in with a check of what they say, and proposed to a second person."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.propose_coupon_terms import propose_coupon_terms
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.pages.billing.coupons.form import Form, empty_form, form_of, read_form
from dashboard.pages.billing.coupons.words import DISCOUNTS, TYPES, words
from dashboard.reports.billing.coupons import campaigns_listed, coupon, coupon_versions
from dashboard.reports.pricing.tiers import tiers_now
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("coupon_terms", __name__, url_prefix="/billing/coupons")

CYCLES = (("monthly", "Monthly"), ("annual", "Annual"), ("lifetime", "Once, for life"))


@bp.get("/new")
@requires(Permission.COUPONS_CHANGE)
def new() -> Response:
    """Fill in a coupon, or many codes of the same terms."""
    with snapshot() as connection:
        tiers = [row.tier for row in tiers_now(connection, now()) if row.is_active]
    return _page(empty_form(tiers, now()))


@bp.post("/preview")
@requires(Permission.COUPONS_CHANGE)
def preview() -> Response:
    """Say what the terms as typed promise, and what is wrong with them; nothing is kept."""
    return _page(read_form(request.form, now()))


@bp.post("")
@requires(Permission.COUPONS_CHANGE)
def create() -> Response:
    """Propose them; nobody can redeem anything before another admin or an owner approves."""
    return _proposed(read_form(request.form, now(), makes_codes=True), None)


@bp.get("/<uuid:coupon_id>/edit")
@requires(Permission.COUPONS_CHANGE)
def edit(coupon_id: UUID) -> Response:
    """Fill in other terms, beginning with those there are."""
    with snapshot() as connection:
        coupon(connection, coupon_id, now()) or abort(404)
        terms = coupon_versions.all(connection, object_id=coupon_id)[0].terms
    return _page(form_of(terms), coupon_id)


@bp.post("/<uuid:coupon_id>/preview")
@requires(Permission.COUPONS_CHANGE)
def preview_edit(coupon_id: UUID) -> Response:
    """Say what the other terms as typed promise; nothing is kept."""
    return _page(read_form(request.form, now(), coupon_id), coupon_id)


@bp.post("/<uuid:coupon_id>/terms")
@requires(Permission.COUPONS_CHANGE)
def change(coupon_id: UUID) -> Response:
    """Propose other terms; what holds stays until they are approved."""
    return _proposed(read_form(request.form, now(), coupon_id), coupon_id)


def _proposed(form: Form, coupon_id: UUID | None) -> Response:
    if form.order is None or form.errors:
        return _page(form, coupon_id, status=422)
    try:
        waiting = propose_coupon_terms(current_actor(), form.order, now=now())
    except InvalidInputError as error:
        return _page(Form(form.typed, error.errors, form.order, form.codes), coupon_id, status=422)
    except RuleBrokenError as error:
        return _page(form, coupon_id, str(error), 409)
    flash("Proposed. Another admin or an owner decides; nobody can redeem it before.", "good")
    return redirect_to(url_for("approvals.show", request_id=waiting.request_id))


def _page(form: Form, coupon_id: UUID | None = None, problem: str | None = None, status: int = 200) -> Response:
    at = now()
    with snapshot() as connection:
        row = coupon(connection, coupon_id, at) or abort(404) if coupon_id else None
        response = render(
            "billing/coupons/new.html",
            "billing/coupons/_check.html",
            form=form,
            row=row,
            action=url_for("coupon_terms.change", coupon_id=coupon_id) if coupon_id else url_for("coupon_terms.create"),
            looks=url_for("coupon_terms.preview_edit", coupon_id=coupon_id)
            if coupon_id
            else url_for("coupon_terms.preview"),
            tiers=[one for one in tiers_now(connection, at) if one.is_active],
            campaigns=[
                (one.id, one.campaign_name) for one in campaigns_listed.all(connection, campaign_id=None, at=at)
            ],
            cycles=CYCLES,
            problem=problem,
            now=at,
            **{**words(), "types": _offered(TYPES), "discounts": _offered(DISCOUNTS)},
        )
    response.status_code = status
    return response


def _offered(choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What can be given today: nothing extends a period yet."""
    return [(name, title) for name, title in choices if name not in {"months_free", "duration_bonus"}]
