"""A scenario becomes drafts of proposals: which ones is said before the button."""

from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, flash, request, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.draft_scenario import draft_scenario
from dashboard.db import snapshot
from dashboard.engine import scenarios
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.impact import RuleChange
from dashboard.engine.pricing import ACKNOWLEDGEMENTS, REASONS, PriceDraft, problems
from dashboard.engine.scenarios import NamedScenario
from dashboard.pages.pricing.simulator.asked import name_of, words_of
from dashboard.reports.choices import choices
from dashboard.reports.pricing.proposal_facts import Surroundings, surroundings
from dashboard.ui.format import plural
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("scenario_drafts", __name__, url_prefix="/pricing/simulator/drafts")


@bp.get("")
@requires(Permission.PRICING_CHANGE)
def new() -> Response:
    """Show which drafts a scenario becomes."""
    return _page()


@bp.post("")
@requires(Permission.PRICING_CHANGE)
def create() -> Response:
    """Draft a proposal for every rule of the scenario: all of them, or none."""
    named = _scenario()
    at = now()
    drafts = [_draft(rule, named) for rule in named.scenario.changes]
    try:
        made = draft_scenario(current_actor(), drafts, now=at)
    except InvalidInputError as error:
        return _page(" ".join(error.errors.values()), 422)
    except RuleBrokenError as error:
        return _page(str(error), 422)
    flash(
        f"{plural(len(made), 'draft')} made. Nothing is proposed before you submit {'it' if len(made) == 1 else 'each'}.",
        "good",
    )
    if len(made) == 1:
        return redirect_to(url_for("proposals.show", config_id=made[0]))
    return redirect_to(url_for("proposals.index"))


def _page(problem: str | None = None, status: int = 200) -> Response:
    named, at = _scenario(), now()
    with snapshot() as connection:
        known, around = choices(connection), surroundings(connection, at)
    found = [(rule, _concerns(_draft(rule, named), around, at)) for rule in named.scenario.changes]
    response = render(
        "pricing/simulator/drafts.html",
        name=name_of(1, named),
        line=scenarios.written(named),
        rules=[(words_of(rule, known), rule, concerns.values()) for rule, concerns in found],
        increment=named.scenario.increment,
        reasons=[(name, title) for name, title in REASONS.items() if name != "initial_setup"],
        acknowledgements=[
            (key, words) for key, words in ACKNOWLEDGEMENTS.items() if any(key in concerns for _, concerns in found)
        ],
        typed=request.form,
        problem=problem,
        now=at,
    )
    response.status_code = status
    return response


def _concerns(draft: PriceDraft, around: Surroundings, at: datetime) -> dict[str, str]:
    """What will stand in the way of submitting this draft, by what it must own up to or by its field."""
    facts = around.facts(draft.model)
    bare = replace(draft, reason="margin_protection", acknowledges=frozenset())
    found = problems(bare, facts, at)
    sentence = found.pop("acknowledges", None)
    return ({"below_cost" if draft.multiplier < 1 else "below_floor": sentence} if sentence else {}) | found


def _scenario() -> NamedScenario:
    found, _ = scenarios.read(request.values.getlist("s"))
    if len(found) != 1:
        abort(404)
    return found[0]


def _draft(rule: RuleChange, named: NamedScenario) -> PriceDraft:
    return PriceDraft(
        scope_type=rule.scope_type,
        tier=rule.tier,
        provider=rule.provider,
        model=rule.model,
        multiplier=rule.multiplier,
        reason=request.form.get("reason", ""),
        reason_details=request.form.get("reason_details", "").strip() or None,
        acknowledges=frozenset(request.form.getlist("acknowledges")) & ACKNOWLEDGEMENTS.keys(),
        source={"kind": "scenario", "scenario": scenarios.written(named)},
    )
