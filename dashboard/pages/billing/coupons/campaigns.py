"""Campaigns: the list, one with its budget, and terms proposed to a second person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.propose_coupon_terms import propose_coupon_terms
from dashboard.actions.stop_coupon import stop_coupon
from dashboard.db import snapshot
from dashboard.engine.coupon_faults import faults_of_campaign
from dashboard.engine.coupons import CampaignOrder, CampaignTerms
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.pages.billing.coupons.form import NO_DAY, NO_NUMBER, NUMBER
from dashboard.pages.billing.coupons.words import words
from dashboard.reports.billing.coupons import (
    Wanted,
    campaign,
    campaigns_listed,
    coupon_versions,
    coupons,
    figures,
)
from dashboard.reports.pricing.tiers import tiers_now
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("campaigns", __name__, url_prefix="/billing/coupons/campaigns")

EVER, ROWS = 36_500, 200


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the fields and what is wrong with it."""

    typed: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    order: CampaignOrder | None = None


@bp.get("")
@requires(Permission.BILLING_READ)
def index() -> Response:
    """List campaigns, those that end last first."""
    at = now()
    with snapshot() as connection:
        rows = campaigns_listed.all(connection, campaign_id=None, at=at)
    return render("billing/campaigns/index.html", rows=rows, now=at, **words())


@bp.get("/new")
@requires(Permission.COUPONS_CHANGE)
def new() -> Response:
    """Fill in a campaign."""
    return _form(Form({"start": f"{now():%Y-%m-%d}", "campaign_type": "promotional"}))


@bp.post("")
@requires(Permission.COUPONS_CHANGE)
def create() -> Response:
    """Propose it to another admin or an owner."""
    return _proposed(_read(None), None)


@bp.get("/<uuid:campaign_id>")
@requires(Permission.BILLING_READ)
def show(campaign_id: UUID) -> Response:
    """Show one campaign: its budget, its coupons, what they gave away."""
    return _one(campaign_id)


@bp.get("/<uuid:campaign_id>/edit")
@requires(Permission.COUPONS_CHANGE)
def edit(campaign_id: UUID) -> Response:
    """Fill in other terms, beginning with those there are."""
    with snapshot() as connection:
        row = campaign(connection, campaign_id, now()) or abort(404)
    typed = {
        "campaign_name": row.campaign_name,
        "campaign_type": row.campaign_type,
        "start": f"{row.start_date:%Y-%m-%d}",
        "last_day": f"{row.end_date - timedelta(days=1):%Y-%m-%d}",
        "budget_limit_usd": f"{row.budget_limit_usd:f}",
        "target_tier": row.target_tier or "",
        "is_active": "yes",
        "based_on": str(row.version),
    }
    return _form(Form(typed), campaign_id)


@bp.post("/<uuid:campaign_id>/terms")
@requires(Permission.COUPONS_CHANGE)
def change(campaign_id: UUID) -> Response:
    """Propose other terms; what holds stays until they are approved."""
    return _proposed(_read(campaign_id), campaign_id)


@bp.post("/<uuid:campaign_id>/pause")
@requires(Permission.COUPONS_CHANGE)
def pause(campaign_id: UUID) -> Response:
    """Stop it and all its coupons at once."""
    try:
        stop_coupon(current_actor(), campaign_id=campaign_id, why=request.form.get("why", ""), now=now())
    except RuleBrokenError as error:
        return _one(campaign_id, str(error))
    flash("Paused: none of its coupons can be redeemed any more.", "good")
    return redirect_to(url_for("campaigns.show", campaign_id=campaign_id))


def _one(campaign_id: UUID, problem: str | None = None) -> Response:
    at = now()
    with snapshot() as connection:
        row = campaign(connection, campaign_id, at) or abort(404)
        response = render(
            "billing/campaigns/show.html",
            row=row,
            rows=coupons(connection, Wanted(campaign_id=campaign_id), at, most=ROWS),
            versions=coupon_versions.all(connection, object_id=campaign_id),
            figures=figures(connection, at, EVER, campaign_id=campaign_id),
            problem=problem,
            now=at,
            **words(),
        )
    response.status_code = 409 if problem else 200
    return response


def _proposed(form: Form, campaign_id: UUID | None) -> Response:
    if form.order is None or form.errors:
        return _form(form, campaign_id, status=422)
    try:
        waiting = propose_coupon_terms(current_actor(), form.order, now=now())
    except InvalidInputError as error:
        return _form(Form(form.typed, error.errors, form.order), campaign_id, status=422)
    except RuleBrokenError as error:
        return _form(form, campaign_id, str(error), 409)
    flash("Proposed. Another admin or an owner decides; nothing runs before.", "good")
    return redirect_to(url_for("approvals.show", request_id=waiting.request_id))


def _form(form: Form, campaign_id: UUID | None = None, problem: str | None = None, status: int = 200) -> Response:
    with snapshot() as connection:
        tiers = [(row.tier, row.display_name) for row in tiers_now(connection, now()) if row.is_active]
    action = url_for("campaigns.change", campaign_id=campaign_id) if campaign_id else url_for("campaigns.create")
    response = render(
        "billing/campaigns/new.html",
        form=form,
        action=action,
        title="Change the campaign" if campaign_id else "New campaign",
        tiers=tiers,
        problem=problem,
        **words(),
    )
    response.status_code = status
    return response


def _read(campaign_id: UUID | None) -> Form:
    typed = {name: value.strip() for name, value in request.form.items()}
    errors: dict[str, str] = {}
    start, last_day = (_day(typed, name, errors) for name in ("start", "last_day"))
    budget = typed.get("budget_limit_usd", "").removeprefix("$")
    if not NUMBER.fullmatch(budget):
        errors["budget_limit_usd"] = NO_NUMBER
        budget = "0"
    terms = CampaignTerms(
        campaign_name=typed.get("campaign_name", ""),
        campaign_type=typed.get("campaign_type", ""),
        start_date=start or now(),
        end_date=(last_day or now()) + timedelta(days=1),
        budget_limit_usd=Decimal(budget),
        target_tier=typed.get("target_tier") or None,
        is_active=typed.get("is_active", "yes") == "yes",
    )
    based_on = typed.get("based_on", "")
    order = CampaignOrder(
        terms,
        typed.get("why", ""),
        campaign_id=campaign_id,
        based_on=int(based_on) if based_on.isascii() and based_on.isdigit() else None,
    )
    return Form(typed, {**faults_of_campaign(order, now()), **errors}, order)


def _day(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> datetime | None:
    try:
        return datetime.strptime(typed.get(name, ""), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        errors[name] = NO_DAY
        return None
