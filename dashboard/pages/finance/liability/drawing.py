"""The two charts of liability: what is owed at the end of each bucket, and what moved it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.engine.liability import ALWAYS, CATEGORIES, Owed, RollForward, added
from dashboard.pages.finance.liability.asked import Asked
from dashboard.pages.finance.liability.words import CATEGORY_TITLES, LINE_TITLES, MEASURE_TITLES
from dashboard.reports.liability import Liability
from dashboard.ui.changes import SHOWN
from dashboard.ui.charts import Spec, spec
from dashboard.ui.format import Number, percent
from dashboard.ui.plots import Below, Plot, Series, bars, lines

BREAKAGE_LABEL = "Breakage in per cent of what was granted"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One day, week or month: what it opened with, what moved it, what it closed with, and how much broke."""

    on: date
    opening: Number
    moved: list[Number]
    closing: Number
    breakage_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and its key."""

    title: str
    plot: Plot | None
    spec: Spec | None
    key: list[tuple[str, int, str]]


def buckets(asked: Asked, found: Liability, unit_usd: Decimal) -> list[Bucket]:
    """The roll-forward bucket by bucket: each opens with what the one before left."""
    return [_bucket(asked, on, one, unit_usd) for on, one in found.by_bucket.items()]


def moved_titles() -> list[str]:
    """The columns between opening and closing."""
    return [*(LINE_TITLES[key] for key in ALWAYS), "Other"]


def moved(asked: Asked, one: RollForward, unit_usd: Decimal) -> list[Number]:
    """What moved, in the measure asked for: the lines always shown, and all others together."""
    others = added(line.together for line in one.lines if line.key not in ALWAYS)
    return [asked.measured(owed, unit_usd) for owed in (*(one.line(key).together for key in ALWAYS), others)]


def owed_chart(asked: Asked, found: Liability, unit_usd: Decimal) -> Chart:
    """Lines of what is owed by kind at the end of each bucket, breakage in per cent below."""
    rolls = list(found.by_bucket.values())
    series = [
        Series(CATEGORY_TITLES[name], [asked.measured(one.closing.by_category[name], unit_usd) for one in rolls], key)
        for key, name in enumerate(CATEGORIES, 1)
    ]
    # Day by day what expires has little to do with what is granted; over weeks it says something.
    breakage = [one.breakage_percent for one in rolls] if asked.per != "day" else []
    is_known = any(value is not None for value in breakage)
    plot = lines(
        list(found.by_bucket),
        series,
        label=f"{MEASURE_TITLES[asked.measure]} owed at the end of each {asked.per}, by kind of grant; in the table below.",
        unit=asked.unit,
        per=asked.per,
        below=Below([Series("Breakage", breakage, 4)], BREAKAGE_LABEL) if is_known else None,
    )
    closing = found.whole.closing
    key = [
        ("line", place, f"{CATEGORY_TITLES[name]} {_shown(asked, closing.by_category[name], unit_usd)}")
        for place, name in enumerate(CATEGORIES, 1)
    ]
    if is_known:
        key.append(("line", 4, f"below: expired ÷ granted, {percent(found.whole.breakage_percent)} in all"))
    key.append(("words", 0, f"together {_shown(asked, closing.together, unit_usd)}"))
    return Chart(f"{MEASURE_TITLES[asked.measure]} owed at the end of each {asked.per}", plot, _spec(plot), key)


def moved_chart(asked: Asked, found: Liability, rows: list[Bucket], unit_usd: Decimal) -> Chart:
    """Bars of what came in, upwards, and what went out, downwards."""
    titles = moved_titles()
    whole = moved(asked, found.whole, unit_usd)
    drawn = [place for place in range(len(titles)) if any(row.moved[place] for row in rows)]
    series = [Series(titles[place], [row.moved[place] for row in rows], place + 1) for place in drawn]
    label = f"{MEASURE_TITLES[asked.measure]} granted, used, expired and reversed by {asked.per}; in the table below."
    plot = bars([row.on for row in rows], series, label=label, unit=asked.unit, per=asked.per) if series else None
    key = [("fill", place + 1, f"{titles[place]} {SHOWN[asked.kind](whole[place])}") for place in drawn]
    return Chart(f"What moved it by {asked.per}", plot, _spec(plot), key)


def _bucket(asked: Asked, on: date, one: RollForward, unit_usd: Decimal) -> Bucket:
    return Bucket(
        on,
        asked.measured(one.opening.together, unit_usd),
        moved(asked, one, unit_usd),
        asked.measured(one.closing.together, unit_usd),
        one.breakage_percent,
    )


def _shown(asked: Asked, owed: Owed, unit_usd: Decimal) -> str:
    return SHOWN[asked.kind](asked.measured(owed, unit_usd))


def _spec(plot: Plot | None) -> Spec | None:
    return spec(plot) if plot else None
