"""Coupons: the list, one of them, and stopping it."""

from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.stop_coupon import stop_coupon
from dashboard.db import snapshot
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.fields import as_uuid
from dashboard.pages.billing.coupons.words import STATUSES, TYPES, gives, words
from dashboard.reports.billing.coupons import (
    CouponLine,
    Wanted,
    campaigns_listed,
    coupon,
    coupon_attempts,
    coupon_versions,
    coupons,
    figures,
    redemptions,
)
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("coupons", __name__, url_prefix="/billing/coupons")

ROWS, MOST_ROWS, DAYS = 100, 200_000, 30
COLUMNS = (
    Column("Code"),
    Column("Type"),
    Column("Gives"),
    Column("Used", "count"),
    Column("At most", "count"),
    Column("Given away, USD", "usd"),
    Column("Campaign"),
    Column("Valid from, UTC", "instant"),
    Column("Valid until, UTC", "instant"),
    Column("State"),
)
REDEMPTION_COLUMNS = (
    Column("When, UTC", "instant"),
    Column("Code"),
    Column("Use", "count"),
    Column("Customer"),
    Column("What"),
    Column("Credits", "credits"),
    Column("Price, USD", "usd"),
    Column("Discount, USD", "usd"),
    Column("Paid after, USD", "usd"),
    Column("By"),
)


@bp.get("")
@requires(Permission.BILLING_READ)
def index() -> Response:
    """List coupons by state, type, campaign and the start of their code."""
    at, wanted, page = now(), _wanted(), _page()
    with snapshot() as connection:
        rows = coupons(connection, wanted, at, most=ROWS + 1, after=page * ROWS)
        campaigns = campaigns_listed.all(connection, campaign_id=None, at=at)
        found = figures(connection, at, DAYS)
    return render(
        "billing/coupons/index.html",
        "billing/coupons/_list.html",
        rows=rows[:ROWS],
        number=page,
        has_more=len(rows) > ROWS,
        wanted=wanted,
        campaigns=campaigns,
        figures=found,
        days=DAYS,
        now=at,
        **words(),
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.BILLING_READ)
def export(file_type: str) -> Response:
    """Send the coupons listed, newest first."""
    with snapshot() as connection:
        rows = coupons(connection, _wanted(), now(), most=MOST_ROWS)
    return exported("coupons", "csv" if file_type == "csv" else "xlsx", COLUMNS, map(_line, rows))


@bp.get("/<uuid:coupon_id>")
@requires(Permission.BILLING_READ)
def show(coupon_id: UUID) -> Response:
    """Show one coupon: its terms and their versions, redemptions, attempts by what came of them."""
    return _one(coupon_id)


@bp.get("/<uuid:coupon_id>/redemptions/<any(csv, xlsx):file_type>")
@requires(Permission.BILLING_READ)
def export_redemptions(coupon_id: UUID, file_type: str) -> Response:
    """Send the redemptions of one coupon."""
    with snapshot() as connection:
        rows = redemptions(connection, coupon_id=coupon_id, most=MOST_ROWS)
    lines = (
        (
            row.redemption_date,
            row.code,
            row.number,
            row.customer,
            "Taken back" if row.reverses_id else "Redeemed",
            row.credits,
            row.original_amount_usd,
            row.discount_applied_usd,
            row.final_amount_usd,
            row.by_whom or "A program",
        )
        for row in rows
    )
    return exported("redemptions", "csv" if file_type == "csv" else "xlsx", REDEMPTION_COLUMNS, lines)


@bp.post("/<uuid:coupon_id>/pause")
@requires(Permission.COUPONS_CHANGE)
def pause(coupon_id: UUID) -> Response:
    """Stop it at once; starting it again takes a second person."""
    return _stopped(coupon_id, deletes=False, done="Paused: nobody can redeem it any more.")


@bp.post("/<uuid:coupon_id>/deletion")
@requires(Permission.COUPONS_CHANGE)
def delete(coupon_id: UUID) -> Response:
    """Take it out of the lists; what was redeemed stays, and the code is never given again."""
    return _stopped(coupon_id, deletes=True, done="Deleted. What was redeemed stays.")


def _stopped(coupon_id: UUID, *, deletes: bool, done: str) -> Response:
    why = request.form.get("why", "")
    try:
        stop_coupon(current_actor(), coupon_id=coupon_id, deletes=deletes, why=why, now=now())
    except RuleBrokenError as error:
        return _one(coupon_id, str(error))
    flash(done, "good")
    return redirect_to(url_for("coupons.show", coupon_id=coupon_id))


def _one(coupon_id: UUID, problem: str | None = None) -> Response:
    at = now()
    with snapshot() as connection:
        row = coupon(connection, coupon_id, at) or abort(404)
        response = render(
            "billing/coupons/show.html",
            row=row,
            versions=coupon_versions.all(connection, object_id=coupon_id),
            redemptions=redemptions(connection, coupon_id=coupon_id),
            attempts=coupon_attempts.all(connection, coupon_id=coupon_id),
            figures=figures(connection, at, DAYS * 1000, coupon_id=coupon_id),
            problem=problem,
            now=at,
            **words(),
        )
    response.status_code = 409 if problem else 200
    return response


def _wanted() -> Wanted:
    given = request.args
    return Wanted(
        status=given.get("status") if given.get("status") in dict(STATUSES) else None,
        coupon_type=given.get("type") if given.get("type") in dict(TYPES) else None,
        campaign_id=as_uuid(given.get("campaign", "")),
        search=given.get("q", "").strip()[:50] or None,
    )


def _page() -> int:
    page = request.args.get("page", "0")
    return int(page) if page.isascii() and page.isdigit() and len(page) <= 6 else 0  # noqa: PLR2004 - a page, not a number


def _line(row: CouponLine) -> tuple[object, ...]:
    return (
        row.code,
        dict(TYPES)[row.coupon_type],
        gives(row.discount_type, row.discount_value),
        row.total_uses,
        row.max_uses,
        row.total_discount_applied_usd,
        row.campaign_name,
        row.valid_from,
        row.valid_until,
        dict(STATUSES)[row.status],
    )
