"""Every act on a subscription: each a form of its page, each saying what it will do before the button."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.cancel_subscription import cancel_subscription, reactivate_subscription
from dashboard.actions.change_interval import change_interval
from dashboard.actions.change_plan import change_plan
from dashboard.actions.subscribe import Order, subscribe
from dashboard.actions.subscription_rows import in_words
from dashboard.actions.suspend_subscription import resume_subscription, suspend_subscription
from dashboard.db import snapshot
from dashboard.engine.errors import RuleBrokenError
from dashboard.pages.billing.subscriptions.listing import CYCLES
from dashboard.pages.billing.subscriptions.routes import shown
from dashboard.reports.billing.subscriptions import TierOnSale, tiers_on_sale
from dashboard.reports.support.by_hand import purse_of
from dashboard.ui.format import credits as written
from dashboard.ui.format import usd
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("subscription_acts", __name__, url_prefix="/billing/subscriptions")
CONFLICT = 409


@bp.get("/new/<uuid:customer_id>")
@requires(Permission.BILLING_CHANGE)
def new(customer_id: UUID) -> Response:
    """Choose a plan; what it costs and grants stands there before it begins."""
    return _form(customer_id)


@bp.post("/new/<uuid:customer_id>")
@requires(Permission.BILLING_CHANGE)
def create(customer_id: UUID) -> Response:
    """Begin a subscription."""
    order = Order(
        customer_id,
        request.form.get("tier", ""),
        request.form.get("cycle", "monthly"),
        with_trial=request.form.get("trial") == "yes",
    )
    try:
        done = subscribe(current_actor(), order, now=now())
    except RuleBrokenError as error:
        return _form(customer_id, problem=str(error))
    flash(f"The subscription began: {usd(done.price_usd)}, {written(done.monthly_credits, unit=True)} a month.", "good")
    return redirect_to(url_for("subscriptions.show", customer_id=customer_id, subscription_id=done.subscription_id))


@bp.post("/<uuid:customer_id>/<uuid:subscription_id>/plan")
@requires(Permission.BILLING_CHANGE)
def plan(customer_id: UUID, subscription_id: UUID) -> Response:
    """Change the plan as it was shown."""

    def act() -> str:
        found = change_plan(
            current_actor(),
            customer_id,
            subscription_id,
            request.form.get("tier", ""),
            now=now(),
            net_seen_usd=_seen(),
        )
        if not found.at_once:
            return f"From {found.effective_at:%-d %B %Y} on the plan is {in_words(found.new.tier)}."
        if found.proration is None:
            return f"The plan is {in_words(found.new.tier)}; the trial goes on."
        return f"The plan is {in_words(found.new.tier)}; {usd(found.proration.net_usd)} was invoiced for the rest of the period."

    return _done(customer_id, subscription_id, act)


@bp.post("/<uuid:customer_id>/<uuid:subscription_id>/interval")
@requires(Permission.BILLING_CHANGE)
def interval(customer_id: UUID, subscription_id: UUID) -> Response:
    """Bill by the month or the year from the next period on."""
    cycle = request.form.get("cycle", "")

    def act() -> str:
        begins = change_interval(current_actor(), customer_id, subscription_id, cycle, now=now())
        return f"From {begins:%-d %B %Y} on it is billed {cycle}."

    return _done(customer_id, subscription_id, act)


@bp.post("/<uuid:customer_id>/<uuid:subscription_id>/cancellation")
@requires(Permission.BILLING_CHANGE)
def cancel(customer_id: UUID, subscription_id: UUID) -> Response:
    """End it with its period, or at once."""

    def act() -> str:
        ends = cancel_subscription(
            current_actor(),
            customer_id,
            subscription_id,
            at_once=request.form.get("when") == "now",
            reason=request.form.get("reason", ""),
            now=now(),
        )
        return f"The subscription ends on {ends:%-d %B %Y}. Credits granted stay until they expire."

    return _done(customer_id, subscription_id, act)


@bp.post("/<uuid:customer_id>/<uuid:subscription_id>/reactivation")
@requires(Permission.BILLING_CHANGE)
def reactivate(customer_id: UUID, subscription_id: UUID) -> Response:
    """Let it go on that was to end."""

    def act() -> str:
        reactivate_subscription(current_actor(), customer_id, subscription_id, now=now())
        return "The subscription goes on."

    return _done(customer_id, subscription_id, act)


@bp.post("/<uuid:customer_id>/<uuid:subscription_id>/suspension")
@requires(Permission.BILLING_CHANGE)
def suspend(customer_id: UUID, subscription_id: UUID) -> Response:
    """Suspend it."""

    def act() -> str:
        suspend_subscription(current_actor(), customer_id, subscription_id, now=now())
        return "The subscription is suspended: nothing is granted, and it is not renewed."

    return _done(customer_id, subscription_id, act)


@bp.post("/<uuid:customer_id>/<uuid:subscription_id>/resumption")
@requires(Permission.BILLING_CHANGE)
def resume(customer_id: UUID, subscription_id: UUID) -> Response:
    """Let a suspended one go on."""

    def act() -> str:
        resume_subscription(current_actor(), customer_id, subscription_id, now=now())
        return "The subscription goes on."

    return _done(customer_id, subscription_id, act)


def _done(customer_id: UUID, subscription_id: UUID, act: Callable[[], str]) -> Response:
    try:
        flash(act(), "good")
    except RuleBrokenError as error:
        return shown(customer_id, subscription_id, problem=str(error), status=CONFLICT)
    return redirect_to(url_for("subscriptions.show", customer_id=customer_id, subscription_id=subscription_id))


def _seen() -> Decimal | None:
    try:
        return Decimal(request.form.get("net_seen", ""))
    except InvalidOperation:
        return None


def _form(customer_id: UUID, *, problem: str | None = None) -> Response:
    at = now()
    with snapshot() as connection:
        purse = purse_of(connection, customer_id, at) or abort(404)
        tiers = tiers_on_sale.all(connection, now=at)
    wanted = request.values.get("tier", "")
    cycle = request.values.get("cycle", "monthly")
    response = render(
        "billing/subscriptions/new.html",
        customer=purse.customer,
        tiers=tiers,
        chosen=_chosen(tiers, wanted),
        cycle=cycle if cycle in CYCLES else "monthly",
        cycles=list(CYCLES.items()),
        with_trial=request.values.get("trial") == "yes",
        problem=problem,
        now=at,
    )
    if problem:
        response.status_code = CONFLICT
    return response


def _chosen(tiers: list[TierOnSale], wanted: str) -> TierOnSale | None:
    return next((one for one in tiers if one.name == wanted), None)
