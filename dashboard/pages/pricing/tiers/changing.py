"""Changes of tiers and policy: filled in, proposed, and decided by somebody else."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.approve import approve as approve_request
from dashboard.actions.propose_plan_change import propose_plan_change
from dashboard.actions.reject import reject as reject_request
from dashboard.actions.withdraw import withdraw as withdraw_request
from dashboard.actions.withdraw_plan_change import withdraw_plan_change
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.plans import PlanOrder
from dashboard.pages.pricing.tiers.effects import effect_of_change, effect_of_policy, effect_of_version
from dashboard.pages.pricing.tiers.forms import POLICY, TERMS, policy_form, state_order, version_form
from dashboard.pages.pricing.tiers.showing import row_of, tier_page, words
from dashboard.reports.pricing.tiers import change, credit_policies, grants_exist, tiers_now, versions_of
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("tier_changes", __name__, url_prefix="/pricing/tiers")


@bp.get("/<tier>/versions/new")
@requires(Permission.PRICING_CHANGE)
def new_version(tier: str) -> Response:
    """Fill in another version of a tier and see what it changes; nothing is proposed yet."""
    return _version_page(tier, request.args)


@bp.post("/<tier>/versions")
@requires(Permission.PRICING_CHANGE)
def create_version(tier: str) -> Response:
    """Propose another version of a tier."""
    at = now()
    with snapshot() as connection:
        row_of(connection, tier, at)
        form = version_form(request.form, tier, versions_of(connection, tier), at)
    if not form.is_complete:
        return _version_page(tier, request.form, status=422)
    return _proposed(form.order, lambda problem: _version_page(tier, request.form, problem, 422))


@bp.post("/<tier>/state")
@requires(Permission.PRICING_CHANGE)
def create_state(tier: str) -> Response:
    """Propose that a tier be sold or in use, or no longer."""
    with snapshot() as connection:
        row_of(connection, tier, now())
    order, errors = state_order(request.form, tier)
    if errors:
        return tier_page(tier, errors, status=422)
    return _proposed(order, lambda problem: tier_page(tier, {}, problem, 422))


@bp.get("/policy/new")
@requires(Permission.PRICING_CHANGE)
def new_policy() -> Response:
    """Fill in another credit policy and see what it changes; nothing is proposed yet."""
    return _policy_page(request.args)


@bp.post("/policy")
@requires(Permission.PRICING_CHANGE)
def create_policy() -> Response:
    """Propose another credit policy."""
    with snapshot() as connection:
        has_grants = grants_exist.one(connection).granted
        form = policy_form(request.form, credit_policies.all(connection), has_grants=has_grants, now=now())
    if not form.is_complete:
        return _policy_page(request.form, status=422)
    return _proposed(form.order, lambda problem: _policy_page(request.form, problem, 422))


@bp.get("/changes/<uuid:change_id>")
@requires(Permission.PRICING_READ)
def show(change_id: UUID) -> Response:
    """Show one change: what it does, who asked, and who decided or may decide."""
    return _change_page(change_id)


@bp.post("/changes/<uuid:change_id>/approval")
@requires(Permission.PRICING_APPROVE)
def approve(change_id: UUID) -> Response:
    """Approve exactly what was shown; it is carried out at once, to hold from its start."""
    seen = request.form.get("seen", "")
    return _decided(
        change_id,
        lambda at: approve_request(current_actor(), change_id, seen_sha256=seen, now=at),
        "Approved; it holds from its start.",
    )


@bp.post("/changes/<uuid:change_id>/rejection")
@requires(Permission.PRICING_APPROVE)
def reject(change_id: UUID) -> Response:
    """Reject it, with a reason for who asked."""
    seen, reason = request.form.get("seen", ""), request.form.get("reason", "")
    return _decided(
        change_id,
        lambda at: reject_request(current_actor(), change_id, seen_sha256=seen, reason=reason, now=at),
        "Rejected. What holds stays as it is.",
    )


@bp.post("/changes/<uuid:change_id>/withdrawal")
@requires(Permission.PRICING_CHANGE)
def withdraw(change_id: UUID) -> Response:
    """Take back what one asked for oneself; or, with a reason, what was approved and has not begun."""
    return _decided(change_id, lambda at: _withdrawn(change_id, at), "Withdrawn. What holds stays as it is.")


def _withdrawn(change_id: UUID, at: datetime) -> None:
    with snapshot() as connection:
        asked = change(connection, at, change_id)
    if asked is not None and (asked.state == "approved" or asked.withdrawn_at is not None):
        withdraw_plan_change(current_actor(), change_id, request.form.get("reason", ""), now=at)
    else:
        withdraw_request(current_actor(), change_id, now=at)


def _version_page(tier: str, given: Mapping[str, str], problem: str | None = None, status: int = 200) -> Response:
    at = now()
    with snapshot() as connection:
        row = row_of(connection, tier, at)
        form = version_form(given, tier, versions_of(connection, tier), at)
    response = render(
        "pricing/tiers/new_version.html",
        row=row,
        form=form,
        fields=TERMS,
        effect=effect_of_version(form.order, form.held, row) if form.is_complete else None,
        problem=problem,
        now=at,
    )
    response.status_code = status
    return response


def _policy_page(given: Mapping[str, str], problem: str | None = None, status: int = 200) -> Response:
    at = now()
    with snapshot() as connection:
        has_grants = grants_exist.one(connection).granted
        form = policy_form(given, credit_policies.all(connection), has_grants=has_grants, now=at)
    response = render(
        "pricing/tiers/new_policy.html",
        form=form,
        fields=POLICY,
        has_grants=has_grants,
        effect=effect_of_policy(form.order, form.held) if form.is_complete else None,
        problem=problem,
        now=at,
    )
    response.status_code = status
    return response


def _change_page(change_id: UUID, problem: str | None = None, errors: Mapping[str, str] | None = None) -> Response:
    at = now()
    with snapshot() as connection:
        asked = change(connection, at, change_id)
        if asked is None:
            abort(404)
        tiers = tiers_now(connection, at)
        effect = effect_of_change(asked, tiers, versions_of(connection), credit_policies.all(connection))
    actor = current_actor()
    response = render(
        "pricing/tiers/change.html",
        asked=asked,
        effect=effect,
        is_own=actor.person_id is not None and actor.person_id == asked.requested_person_id,
        problem=problem,
        errors=errors or {},
        now=at,
        **words(tiers),
    )
    response.status_code = 422 if problem or errors else 200
    return response


def _proposed(order: PlanOrder, again: Callable[[str], Response]) -> Response:
    try:
        waiting = propose_plan_change(current_actor(), order, now=now())
    except RuleBrokenError as error:
        return again(str(error))
    flash("Proposed. Another admin or an owner decides; nothing has changed yet.", "good")
    return redirect_to(url_for("tier_changes.show", change_id=waiting.request_id))


def _decided(change_id: UUID, act: Callable[[datetime], object], words_after: str) -> Response:
    with snapshot() as connection:
        if change(connection, now(), change_id) is None:
            abort(404)
    try:
        act(now())
    except InvalidInputError as error:
        return _change_page(change_id, errors=error.errors)
    except RuleBrokenError as error:
        return _change_page(change_id, str(error))
    flash(words_after, "good")
    return redirect_to(url_for("tier_changes.show", change_id=change_id))
