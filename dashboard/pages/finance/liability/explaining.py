"""How the figures of liability come about, in sentences with the figures in them."""

from decimal import Decimal

from dashboard.engine.liability import Owed, RollForward
from dashboard.pages.finance.liability.words import LINE_TITLES
from dashboard.reports.liability import Liability
from dashboard.ui.format import MINUS, full, instant, percent, usd


def rolling(whole: RollForward, unit_usd: Decimal) -> str:
    """From opening to closing, in credits and in deferred revenue."""
    opening, closing = whole.opening.together, whole.closing.together
    moved = [(LINE_TITLES[line.key].lower(), line.together) for line in whole.lines if line.postings]
    credits = "".join(_signed(one.credits, f" {title}") for title, one in moved)
    deferred = "".join(_signed(one.deferred_usd, f" {title}", "usd") for title, one in moved)
    return (
        "Closing = opening + granted − used − expired + reversed, and any other movement by its name: "
        f"{full(opening.credits)}{credits} = {full(closing.credits)} credits. List value = credits × "
        f"{full(unit_usd, 'usd')}, what they are worth when used. Deferred revenue = what was paid for the credits "
        "that are left: a grant realises f(gone) = paid × gone ÷ granted as its credits leave, so that a used-up "
        f"grant comes to exactly what was paid for it; {full(opening.deferred_usd, 'usd')}{deferred} = "
        f"{full(closing.deferred_usd, 'usd')}. What was free defers nothing."
    )


def breaking(whole: RollForward, before: RollForward, unit_usd: Decimal) -> str:
    """Breakage and utilisation of the period."""
    expired, granted = _out(whole, "expired"), whole.line("granted").together
    available = whole.opening.together.credits + granted.credits
    return (
        f"Breakage = credits expired unused ÷ credits granted, both posted in these days = {full(expired.credits)} ÷ "
        f"{full(granted.credits)} = {percent(whole.breakage_percent)}; the period before: "
        f"{percent(before.breakage_percent)}. What was paid for them, {full(expired.deferred_usd, 'usd')}, is realised "
        f"by the expiry; at list value they are {usd(expired.list_usd(unit_usd))}. Credits rolled over into a new "
        f"grant do not break. Utilisation = used ÷ (opening + granted) = {full(_out(whole, 'used').credits)} ÷ "
        f"{full(available)} = {percent(whole.utilisation_percent)}."
    )


def aging(found: Liability) -> str:
    """What the spans are measured from."""
    at = instant(found.at)
    return (
        f"What each grant still held at {at}, by the time from then to its expiry; each span leaves out the ones above "
        "it. An expiry is posted 72 hours after it (a setting), so that usage reported late still finds its grant; "
        "until then the credits are owed and cannot be spent."
    )


def tying(found: Liability) -> str:
    """What the closing is compared with."""
    return (
        "The roll-forward adds up what every posting moved. The books are asked apart from it, as they stood at "
        f"{instant(found.at)}: each customer’s balance after the last entry before it, and what each grant held by "
        "its last posting before it, with paid − f(granted − held) as what is deferred. Both must be equal to the last "
        "digit."
    )


def _out(whole: RollForward, key: str) -> Owed:
    return -whole.line(key).together


def _signed(value: Decimal, title: str, unit: str = "") -> str:
    return f" {MINUS if value < 0 else '+'} {full(abs(value), unit)}{title}"
