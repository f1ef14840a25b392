"""Pricing → Multipliers → Matrix: the multiplier of every active tier and model, and which rule decides it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import Blueprint, Response, request

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.rating import DEFAULT_MULTIPLIER
from dashboard.engine.rules import Cell, winner_at
from dashboard.pages.pricing.multipliers.asked import Asked, asked
from dashboard.pages.pricing.multipliers.lines import title_of
from dashboard.reports.pricing.coverage import KnownModel, KnownTier
from dashboard.reports.pricing.multipliers import RuleRow, multiplier_rules
from dashboard.ui.exports import Column, exported
from dashboard.ui.htmx import render
from dashboard.ui.links import url_with

bp = Blueprint("matrix", __name__)

ROWS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Field:
    """What one tier pays for one model, the rule that says so, and what it will be after the next change."""

    tier: KnownTier
    multiplier: Decimal
    kind: str
    title: str
    next_multiplier: Decimal | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """A model and its fields, one per tier."""

    model: KnownModel
    fields: list[Field]


@bp.get("/pricing/multipliers/matrix")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """Show tiers × models; models in use first, all on offer when asked."""
    at = now()
    with snapshot() as connection:
        question = asked(connection, at)
        rules = multiplier_rules.all(connection)
    tiers, models = _shown(question)
    first = _first(models)
    page = models[first : first + ROWS_PER_PAGE]
    return render(
        "pricing/multipliers/matrix.html",
        "pricing/multipliers/_matrix.html",
        asked=question,
        selects=[one for one in question.selects if one.name in {"tier", "provider"}],
        show_all=_is_all(),
        tiers=tiers,
        lines=[_line(model, tiers, rules, at) for model in page],
        count=len(models),
        offered=sum(model.is_offered for model in question.names.models),
        first=first,
        newer=url_with(cursor=max(0, first - ROWS_PER_PAGE) or None) if first else None,
        older=url_with(cursor=first + ROWS_PER_PAGE) if first + ROWS_PER_PAGE < len(models) else None,
        now=at,
    )


@bp.get("/pricing/multipliers/matrix/<any(csv, xlsx):file_type>")
@requires(Permission.PRICING_READ)
def export(file_type: str) -> Response:
    """Every cell as one line of a file."""
    at = now()
    with snapshot() as connection:
        question = asked(connection, at)
        rules = multiplier_rules.all(connection)
    tiers, models = _shown(question)
    columns = (
        Column("Provider"),
        Column("Model"),
        Column("Tier"),
        Column("Multiplier", "multiplier"),
        Column("Decided by a rule for"),
        Column("Kind of rule"),
        Column("Next multiplier", "multiplier"),
        Column("Next change", "instant"),
    )
    rows = (
        [
            line.model.provider_title,
            line.model.model,
            field.tier.title,
            field.multiplier,
            field.title,
            field.kind,
            field.next_multiplier,
            field.next_at,
        ]
        for line in (_line(model, tiers, rules, at) for model in models)
        for field in line.fields
    )
    return exported(f"multiplier-matrix-{at:%Y-%m-%d}", "csv" if file_type == "csv" else "xlsx", columns, rows)


def _is_all() -> bool:
    return request.args.get("models") == "all"


def _shown(question: Asked) -> tuple[list[KnownTier], list[KnownModel]]:
    filters = question.filters
    tiers = [
        tier for tier in question.names.tiers if tier.name in filters.tiers or (tier.is_active and not filters.tiers)
    ]
    models = [
        model
        for model in question.names.models
        if (not filters.providers or model.provider in filters.providers)
        and (not filters.models or model.model in filters.models)
        and (model.requests or (_is_all() and model.is_offered) or filters.models)
    ]
    # Before the first request nothing is in use: what is on offer is what there is to see.
    return tiers, models or [one for one in question.names.models if one.is_offered and not question.chips]


def _first(models: list[KnownModel]) -> int:
    cursor = request.args.get("cursor", "")
    first = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) <= len(str(len(models))) else 0
    return first if first < len(models) else 0


def _line(model: KnownModel, tiers: list[KnownTier], rules: list[RuleRow], at: datetime) -> Line:
    own = [row for row in rules if row.provider_id in {None, model.provider_id} and row.model in {None, model.model}]
    return Line(model, [_field(model, tier, own, at) for tier in tiers])


def _field(model: KnownModel, tier: KnownTier, rows: list[RuleRow], at: datetime) -> Field:
    cell = Cell(tier.name, model.provider_id, model.model)
    rules = [row.dated for row in rows if row.tier in {None, tier.name}]
    winner = winner_at(rules, cell, at)
    row = next((row for row in rows if winner is not None and row.id == winner.rule.id), None)
    multiplier = row.multiplier if row else DEFAULT_MULTIPLIER
    turns = sorted(
        {turn for rule in rules for turn in (rule.starts_at, rule.ends_at) if turn is not None and turn > at}
    )
    later = (
        (turn, found.rule.multiplier if found else DEFAULT_MULTIPLIER)
        for turn in turns
        for found in [winner_at(rules, cell, turn)]
    )
    turn, following = next(((turn, value) for turn, value in later if value != multiplier), (None, None))
    return Field(
        tier, multiplier, row.scope_type if row else "default", title_of(row) if row else "no rule", following, turn
    )
