"""Pricing → Multipliers → Explain: which multiplier applies, what it beat, and why, with one request worked through."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from flask import Blueprint, Response, request, url_for

from dashboard.access import Permission, now, requires
from dashboard.db import snapshot
from dashboard.engine.fields import FieldError, instant, shown, whole_number
from dashboard.engine.price_changes import ALWAYS
from dashboard.engine.rating import SCOPE_ORDER, Tokens
from dashboard.engine.rules import Cell, DatedRule, Verdict, Why
from dashboard.engine.usage import LARGEST_TOKENS
from dashboard.pages.pricing.multipliers.lines import title_of
from dashboard.reports.pricing.coverage import KnownModel, Named, named
from dashboard.reports.pricing.explainer import Explanation, explain, model_of
from dashboard.reports.pricing.multipliers import RuleRow
from dashboard.ui.format import instant as written
from dashboard.ui.format import multiplier
from dashboard.ui.htmx import render

bp = Blueprint("explainer", __name__)

TOKENS = (
    ("input", "Input tokens", 1_000),
    ("cached", "From cache", 0),
    ("written", "Written to cache", 0),
    ("output", "Output tokens", 500),
)
SECOND = 19  # 2026-11-20T08:00:00
KINDS = {"combination": "a combination", "model": "a model", "provider": "a provider", "tier": "a tier"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as typed, and what is wrong with it."""

    tier: str
    provider: str
    model: str
    at: datetime
    typed_at: str
    tokens: Tokens
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One rule and what became of it, in words."""

    title: str
    href: str
    kind: str
    row: RuleRow
    word: str
    tone: str
    why: str


@bp.get("/pricing/multipliers/explain")
@requires(Permission.PRICING_READ)
def index() -> Response:
    """Explain one tier, provider, model and instant."""
    with snapshot() as connection:
        names = named(connection, now())
        question = _asked(names)
        tier = names.tier(question.tier)
        model, faults = model_of(names, question.provider, question.model)
        if tier is None:
            faults["tier"] = f"There is no tier {shown(question.tier)}."
        errors = {**question.errors, **faults}
        found = None
        if tier and model and not errors:
            found = explain(connection, Cell(tier.name, model.provider_id, model.model), question.at, question.tokens)
    return render(
        "pricing/multipliers/explain.html",
        "pricing/multipliers/_explain.html",
        asked=question,
        errors=errors if names.models else {},
        names=names,
        providers=sorted({(one.provider, one.provider_title) for one in names.models}, key=lambda one: one[1]),
        tier=tier,
        model=model,
        token_fields=[(name, title, _count(question.tokens, name)) for name, title, _ in TOKENS],
        found=found,
        sentence=_sentence(found) if found else "",
        lines=[_line(found, verdict) for verdict in found.resolution.verdicts] if found else [],
        buckets=_buckets(found) if found else [],
        now=now(),
    )


def _asked(names: Named) -> Asked:
    """Read the address; without a tier or model the busiest model on the first tier is explained."""
    errors: dict[str, str] = {}
    given = {name: request.args.get(name, "").strip() for name in ("tier", "provider", "model")}
    busiest = _busiest(names, given["provider"])
    if not given["tier"] and names.tiers:
        given["tier"] = next((tier.name for tier in names.tiers if tier.is_active), names.tiers[0].name)
    if not given["model"] and busiest:
        given["model"], given["provider"] = busiest.model, busiest.provider
    typed = request.args.get("at", "").strip()
    at = _at(typed, errors)
    counts = [_tokens(name, default, errors) for name, _, default in TOKENS]
    return Asked(
        **given, at=at, typed_at=typed if "at" in errors else _local(at), tokens=Tokens(*counts), errors=errors
    )


def _at(typed: str, errors: dict[str, str]) -> datetime:
    if not typed:
        return now()
    # A raw plus is a space in an address, and a field for times leaves the zone out: here all are UTC.
    text = typed.replace(" ", "+")
    try:
        at = instant(text) if text.endswith("Z") or "+" in text else instant(f"{text}Z")
    except FieldError as error:
        errors["at"] = f"The time {error}."
        return now()
    if at < ALWAYS:
        errors["at"] = f"The time lies before {ALWAYS:%Y-%m-%d}; no price is older."
        return now()
    return at


def _tokens(name: str, default: int, errors: dict[str, str]) -> int:
    try:
        return whole_number(request.args.get(name, "").strip() or default, LARGEST_TOKENS)
    except FieldError as error:
        errors[name] = f"The number {error}."
        return default


def _busiest(names: Named, provider: str) -> KnownModel | None:
    some = [one for one in names.models if provider in {"", one.provider}]
    return max(some, key=lambda one: (one.requests, one.is_offered), default=None)


def _local(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()[:SECOND]


def _count(tokens: Tokens, name: str) -> int:
    return {"input": tokens.uncached, "cached": tokens.cached, "written": tokens.written, "output": tokens.output}[name]


def _sentence(found: Explanation) -> str:
    """The answer in one sentence."""
    winner = found.resolution.winner
    if winner is None:
        return "No rule speaks of this at that time, so the default holds; such requests are counted and listed."
    row = found.rules[winner.rule.id]
    beaten = [one for one in found.resolution.verdicts if one.why in {Why.OUTRANKED, Why.BROADER}]
    if not beaten:
        return f"The rule for {title_of(row)} is the only one in force that speaks of it."
    first = SCOPE_ORDER.index(winner.rule.scope)
    after = [kind for kind in SCOPE_ORDER[first + 1 :] if any(one.dated.rule.scope == kind for one in beaten)]
    than = f"a rule for {KINDS[winner.rule.scope]} goes before one for {' or '.join(KINDS[kind] for kind in after)}"
    return f"The rule for {title_of(row)} wins: {than if after else 'it names more than the others of its kind'}."


def _line(found: Explanation, verdict: Verdict) -> VerdictLine:
    row = found.rules[verdict.dated.rule.id]
    word, tone = _WORDS[verdict.why]
    href = url_for("multipliers.scope", scope_id=row.scope_id)
    return VerdictLine(title_of(row), href, row.scope_type.capitalize(), row, word, tone, _why(found, verdict, row))


def _why(found: Explanation, verdict: Verdict, row: RuleRow) -> str:
    by = _name(found, verdict.by)
    since = f"In force since {written(row.effective_from)}"
    until = written(row.effective_until) if row.effective_until else ""
    return {
        Why.WINS: f"{since}{f', until {until}' if until else ''}",
        Why.OUTRANKED: f"{since}, but a rule for {KINDS[row.scope_type]} comes after {by}",
        Why.BROADER: f"{since}, but {by} names more",
        Why.NOT_YET: f"Begins {written(row.effective_from)}, after the request",
        Why.SUPERSEDED: f"Held until {until}; then {by} took its place",
        Why.ENDED: f"Ended {until}, and nothing took its place",
    }[verdict.why]


def _name(found: Explanation, dated: DatedRule | None) -> str:
    if dated is None:
        return "another rule"
    row = found.rules[dated.rule.id]
    return f"the one for {title_of(row)} at {multiplier(row.multiplier)}"


def _buckets(found: Explanation) -> list[tuple[str, int, Decimal, Decimal]]:
    """Each kind of token with its number, price and cost; none without a price."""
    if found.price is None:
        return []
    rates, tokens = found.price.rates_for(found.tokens), found.tokens
    parts = (
        ("Input", tokens.uncached, rates.uncached),
        ("Input, read from cache", tokens.cached, rates.uncached if rates.cached is None else rates.cached),
        ("Input, written to cache", tokens.written, rates.uncached if rates.written is None else rates.written),
        ("Output", tokens.output, rates.output),
    )
    return [(title, number, price, number * price / 1000) for title, number, price in parts]


_WORDS = {
    Why.WINS: ("Wins", "good"),
    Why.OUTRANKED: ("Outranked", ""),
    Why.BROADER: ("Broader", ""),
    Why.NOT_YET: ("Not yet in force", "info"),
    Why.SUPERSEDED: ("Superseded", ""),
    Why.ENDED: ("Ended", ""),
}
