"""Billing → Subscriptions: the list, one of them with what happened to it, and what a change would come to."""

from uuid import UUID

from flask import Blueprint, Response, abort, request

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.cancel_subscription import REASONS
from dashboard.actions.change_plan import Reckoned
from dashboard.actions.reckon_plan_change import reckon_plan_change
from dashboard.db import snapshot
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.permissions import may
from dashboard.pages.billing.subscriptions.listing import COLUMNS, CYCLES, EVERY, ROWS, STATUSES, asked, cells
from dashboard.reports.billing.subscriptions import (
    subscription,
    subscription_history,
    subscription_kpis,
    subscriptions,
    tiers_on_sale,
)
from dashboard.ui.exports import exported
from dashboard.ui.htmx import render
from dashboard.ui.links import url_with

bp = Blueprint("subscriptions", __name__, url_prefix="/billing/subscriptions")
HAPPENINGS = {
    "period": "Period",
    "tier": "Tier",
    "proration": "Proration",
    "allowance": "Allowance",
    "invoice": "Invoice",
    "dunning": "Unpaid",
}


@bp.get("")
@requires(Permission.BILLING_READ)
def index() -> Response:
    """List subscriptions, the newest first."""
    with snapshot() as connection:
        tiers = tiers_on_sale.all(connection, now=now())
        question = asked(tiers)
        found = subscriptions.all(connection, **question.parameters(ROWS + 1))
        kpis = subscription_kpis.one(connection)
    rows = found[:ROWS]
    last = rows[-1] if len(found) > ROWS else None
    return render(
        "billing/subscriptions/index.html",
        "billing/subscriptions/_list.html",
        question=question,
        rows=rows,
        kpis=kpis,
        older=last and url_with(cursor=f"{last.started_at.isoformat()}~{last.subscription_id}"),
        is_first=question.before is None,
        statuses=list(STATUSES.items()),
        cycles=list(CYCLES.items()),
        tiers=[(one.name, one.title) for one in tiers],
        now=now(),
    )


@bp.get("/export/<any(csv, xlsx):file_type>")
@requires(Permission.BILLING_READ)
def export(file_type: str) -> Response:
    """Send every subscription the filters leave."""
    with snapshot() as connection:
        question = asked(tiers_on_sale.all(connection, now=now()))
        rows = subscriptions.all(connection, **{**question.parameters(EVERY), "before_start": None, "before_id": None})
    name = f"subscriptions-{now():%Y-%m-%d}"
    return exported(name, "csv" if file_type == "csv" else "xlsx", COLUMNS, cells(rows))


@bp.get("/<uuid:customer_id>/<uuid:subscription_id>")
@requires(Permission.BILLING_READ)
def show(customer_id: UUID, subscription_id: UUID) -> Response:
    """Show one subscription; with `?tier=` what a change to it would come to, before anybody presses the button."""
    return shown(customer_id, subscription_id)


def shown(customer_id: UUID, subscription_id: UUID, *, problem: str | None = None, status: int = 200) -> Response:
    """The page of one subscription, with what stood in the way of an act."""
    with snapshot() as connection:
        named = {"user_id": customer_id, "subscription_id": subscription_id}
        found = subscription.all(connection, **named) or abort(404)
        happened = subscription_history.all(connection, **named)
        tiers = tiers_on_sale.all(connection, now=now())
    plan = found[0]
    titles = {one.name: one.title for one in tiers}
    wanted = request.args.get("tier", "")
    may_change = may(current_actor().role, Permission.BILLING_CHANGE)
    reckoned, refusal = None, None
    if may_change and wanted in titles and problem is None:
        reckoned, refusal = _reckoned(customer_id, subscription_id, wanted)
    response = render(
        "billing/subscriptions/show.html",
        plan=plan,
        happened=happened,
        happenings=HAPPENINGS,
        titles=titles | {plan.tier: plan.tier_title},
        tiers=[(one.name, one.title) for one in tiers if one.name != plan.tier or plan.pending_title],
        wanted=wanted,
        reckoned=reckoned,
        refusal=refusal,
        problem=problem,
        may_change=may_change,
        reasons=list(REASONS.items()),
        why=REASONS,
        statuses=STATUSES,
        now=now(),
    )
    response.status_code = status
    return response


def _reckoned(customer_id: UUID, subscription_id: UUID, tier: str) -> tuple[Reckoned | None, str | None]:
    try:
        return reckon_plan_change(customer_id, subscription_id, tier, now=now()), None
    except RuleBrokenError as error:
        return None, str(error)
