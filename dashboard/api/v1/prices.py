"""GET /api/v1/prices/effective: which multiplier applies, and what it is applied to."""

from decimal import Decimal

from flask import Blueprint, Response, jsonify, request

from dashboard.access import Permission, now, problem, requires
from dashboard.api import amounts
from dashboard.db import snapshot
from dashboard.engine.fields import FieldError, instant, shown
from dashboard.engine.price_changes import ALWAYS
from dashboard.engine.rating import Tokens
from dashboard.engine.rules import Cell, Verdict
from dashboard.reports.pricing.coverage import named
from dashboard.reports.pricing.explainer import Explanation, PriceRow, explain, model_of
from dashboard.reports.pricing.multipliers import RuleRow

bp = Blueprint("api_v1_prices", __name__)

PARAMETERS = frozenset({"tier", "provider", "model", "at"})


@bp.get("/api/v1/prices/effective")
@requires(Permission.PRICING_READ, scope="analytics:read")
def effective() -> Response:
    """Say which rule holds for a tier, provider and model at an instant (now), which it beat, and why."""
    asked = {name: request.args.get(name, "").strip() for name in ("tier", "provider", "model")}
    faults = dict.fromkeys(request.args.keys() - PARAMETERS, "Is not a parameter of this call.")
    at = now()
    if request.args.get("at"):
        try:
            # A raw plus is a space in an address.
            at = instant(request.args["at"].replace(" ", "+"))
        except FieldError as error:
            faults["at"] = f"The time {error}."
    if at < ALWAYS:
        faults["at"] = f"The time lies before {ALWAYS:%Y-%m-%d}; no price is older."
    with snapshot() as connection:
        names = named(connection, now())
        model, unknown = model_of(names, asked["provider"], asked["model"])
        faults |= unknown
        if names.tier(asked["tier"]) is None:
            faults["tier"] = f"There is no tier {shown(asked['tier'])}."
        if model is None or faults:
            errors = [{"field": field, "detail": detail} for field, detail in faults.items()]
            return problem(422, "The request cannot be answered as it is; nothing was changed.", errors=errors)
        found = explain(connection, Cell(asked["tier"], model.provider_id, model.model), at, Tokens())
    answered = {"tier": asked["tier"], "provider": model.provider, "model": model.model, "at": at.isoformat()}
    return jsonify({**answered, **_answer(found)})


def _answer(found: Explanation) -> dict[str, object]:
    resolution = found.resolution
    winner = resolution.winner
    return {
        "multiplier": amounts.multiplier(resolution.multiplier),
        "scope": resolution.scope,
        "rule": _rule(found.rules[winner.rule.id]) if winner else None,
        "others": [_other(found, verdict) for verdict in resolution.verdicts if verdict.dated is not winner],
        "vendor_price": _price(found.price) if found.price else None,
        "unit_usd": amounts.usd(found.policy.unit_usd),
        "increment": amounts.credits(found.policy.increment),
    }


def _other(found: Explanation, verdict: Verdict) -> dict[str, object]:
    by = str(verdict.by.rule.id) if verdict.by else None
    return {**_rule(found.rules[verdict.dated.rule.id]), "why": verdict.why.value, "by": by}


def _rule(row: RuleRow) -> dict[str, object]:
    return {
        "id": str(row.id),
        "scope": row.scope_type,
        "tier": row.tier,
        "provider": row.provider,
        "model": row.model,
        "multiplier": amounts.multiplier(row.multiplier),
        "target_margin_percent": amounts.percent(row.target),
        "effective_from": row.effective_from.isoformat(),
        "effective_until": row.effective_until.isoformat() if row.effective_until else None,
    }


def _price(price: PriceRow) -> dict[str, object]:
    """USD per 1,000 tokens; a missing cache price means the full input price."""
    return {
        "effective_from": price.effective_from.isoformat(),
        "source": price.source,
        "input_per_1k_usd": _per_1k(price.input_usd),
        "output_per_1k_usd": _per_1k(price.output_usd),
        "cached_input_per_1k_usd": _per_1k(price.cached_usd),
        "cache_write_per_1k_usd": _per_1k(price.written_usd),
        "context_threshold_tokens": price.threshold_tokens,
    }


def _per_1k(value: Decimal | None) -> str | None:
    """As it is kept: 10 decimals."""
    return None if value is None else f"{value:.10f}"
