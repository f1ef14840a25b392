"""The table of multipliers: what holds, what it aims for, what it earned, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import url_for

from dashboard.engine.rating import SCOPE_ORDER
from dashboard.pages.pricing.multipliers.asked import SCOPES, Asked
from dashboard.reports.pricing.multipliers import WINDOWS, Earned, Multipliers, RuleRow, ScopeFigures
from dashboard.reports.pricing.scopes import scope_title
from dashboard.ui.changes import Change, against_target
from dashboard.ui.format import multiplier, percent, shares
from dashboard.ui.svg import Bullet, Domain, bullet, domain

ORDER = (*SCOPE_ORDER, "default", "uncharged")


@dataclass(frozen=True, slots=True)
class Line:
    """One scope as it is shown; `earned` by number of days."""

    scope: ScopeFigures
    title: str
    href: str | None
    kind: str
    state: str
    earned: dict[int, Earned]
    difference: Change | None
    bullet: Bullet | None
    share: Decimal | None
    since: datetime | None
    next_at: datetime | None
    next_words: str
    target_then: Decimal | None  # where another target held in these days than holds now


@dataclass(frozen=True, slots=True)
class Table:
    """The lines, everything they come to, and the common scale of their bullets."""

    lines: list[Line]
    earned: dict[int, Earned]
    difference: Change | None
    bullet: Bullet | None
    scale: Domain
    share: Decimal | None


def table(asked: Asked, read: Multipliers) -> Table:
    """Lay out the scopes asked for, in the order asked for."""
    shown = [scope for scope in read.scopes if _is_asked_for(asked, scope)]
    together = {days: _together(read, shown, days) for days in WINDOWS}
    days = asked.window
    scale = domain([value for scope in shown for value in _percents(scope.earned[days])])
    requests = [scope.earned[days].figures.requests for scope in shown]
    whole = Decimal(100) * sum(requests) / everything if (everything := read.together[days].figures.requests) else None
    parts = shares([*requests], whole.quantize(Decimal("0.1"))) if whole else [None] * len(shown)
    lines = [_line(scope, days, scale, share) for scope, share in zip(shown, parts, strict=True)]
    return Table(
        lines=ordered(asked, lines),
        earned=together,
        difference=against_target(together[days].figures.margin_percent, together[days].aimed_percent),
        bullet=_bullet(together[days], scale),
        scale=scale,
        share=None if whole is None else whole.quantize(Decimal("0.1")),
    )


def title_of(row: RuleRow) -> str:
    """Name what a rule applies to."""
    return scope_title(row.tier_title, row.provider_title, row.model)


def ordered(asked: Asked, lines: Sequence[Line]) -> list[Line]:
    """Sort as asked; what is unknown stands last, the default and the uncharged at the end of their kind."""
    key, reverse = asked.sort.key, asked.sort.direction == "descending"
    if key == "scope":
        return sorted(lines, key=lambda line: ORDER.index(line.scope.kind), reverse=reverse)
    values = {id(line): _sort_value(line, key, asked.window) for line in lines}
    known = [line for line in lines if values[id(line)] is not None]
    unknown = [line for line in lines if values[id(line)] is None]
    return sorted(known, key=lambda line: values[id(line)], reverse=reverse) + unknown  # type: ignore[arg-type,return-value]  # one kind of value a column


def _is_asked_for(asked: Asked, scope: ScopeFigures) -> bool:
    """A scope that cannot hold for what is filtered is left out; one without rule, request or future too."""
    if asked.scope and scope.kind != asked.scope:
        return False
    row = scope.named
    if row is None:
        return scope.kind == "uncharged" or asked.scope == "default" or scope.earned[max(WINDOWS)].figures.requests > 0
    wanted = (
        (row.tier, asked.filters.tiers),
        (row.provider, asked.filters.providers),
        (row.model, asked.filters.models),
    )
    if any(value is not None and names and value not in names for value, names in wanted):
        return False
    return bool(scope.now or scope.following or scope.earned[max(WINDOWS)].figures.requests)


def _line(scope: ScopeFigures, days: int, scale: Domain, share: Decimal | None) -> Line:
    earned, now = scope.earned[days], scope.now
    next_at, next_words = _next(scope)
    return Line(
        scope=scope,
        title=title_of(scope.named) if scope.named else _TITLES[scope.kind],
        href=url_for("multipliers.scope", scope_id=scope.scope_id) if scope.scope_id is not None else None,
        kind=SCOPES[scope.kind],
        state="" if scope.named is None or now else ("scheduled" if scope.following else "ended"),
        earned=scope.earned,
        difference=against_target(earned.figures.margin_percent, earned.aimed_percent),
        bullet=_bullet(earned, scale),
        share=share,
        since=now.effective_from if now else None,
        next_at=next_at,
        next_words=next_words,
        target_then=_target_then(scope.target_percent, earned.aimed_percent),
    )


def _target_then(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    """The target of the days shown, if it does not read as the one of now: else a new target looks met or missed."""
    return None if then is None or percent(now) == percent(then) else then


def _next(scope: ScopeFigures) -> tuple[datetime | None, str]:
    if scope.following:
        at = scope.following.effective_from
        return at, f"{multiplier(scope.following.multiplier)} from"
    if scope.now and scope.now.effective_until:
        return scope.now.effective_until, "ends"
    return None, ""


def _together(read: Multipliers, shown: Sequence[ScopeFigures], days: int) -> Earned:
    if len(shown) == len(read.scopes):
        return read.together[days]
    return Earned.summed(scope.earned[days] for scope in shown)


def _bullet(earned: Earned, scale: Domain) -> Bullet | None:
    figures = earned.figures
    if figures.margin_percent is None:
        return None
    return bullet(figures.margin_percent, scale, earned.aimed_percent, figures.realised_margin_percent)


def _percents(earned: Earned) -> tuple[Decimal | None, ...]:
    return earned.figures.margin_percent, earned.figures.realised_margin_percent, earned.aimed_percent


def _sort_value(line: Line, key: str, window: int) -> object:
    if key in {"m7", "m30", "m90"}:
        return line.earned[int(key[1:])].figures.margin_percent
    figures = line.earned[window]
    return {
        "multiplier": line.scope.multiplier,
        "target": line.scope.target_percent,
        "difference": None
        if figures.figures.margin_percent is None or figures.aimed_percent is None
        else figures.figures.margin_percent - figures.aimed_percent,
        "requests": figures.figures.requests,
        "since": line.since,
        "next": line.next_at,
    }[key]


_TITLES = {"default": "Everything without a rule", "uncharged": "Never charged"}
