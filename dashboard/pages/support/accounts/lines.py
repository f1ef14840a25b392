"""How a line of the timeline is called, and where it leads."""

from uuid import UUID

from flask import current_app, url_for

from dashboard.engine.reversals import REASONS as CAUSES
from dashboard.reports.support.found import Named
from dashboard.reports.support.timeline import Line

REASONS = {
    "usage": "Charge",
    "deduct": "Deduction by a program",
    "allocation": "Allowance",
    "purchase": "Purchase",
    "bonus": "Bonus",
    "coupon": "Coupon",
    "referral": "Referral",
    "admin_grant": "Grant by hand",
    "reversal": "Given back",
    "expiry": "Expired",
    "rollover": "Rolled over",
    "clawback": "Clawed back",
    "proration": "Change of plan",
    "correction": "Correction",
    "opening": "Opening balance",
}
NOTICES = {
    "low_25": "Told: a quarter of the allowance is left",
    "low_10": "Told: a tenth of the allowance is left",
    "depleted": "Told: the credits are used up",
}
KIND_TITLES = {
    "all": "Everything",
    "charges": "Charges",
    "uncharged": "Not charged",
    "given_back": "Given back",
    "grants": "Grants",
    "ended": "Expired, clawed back",
    "corrections": "Corrections",
    "holds": "Lapsed holds",
    "notices": "Notices",
}


def title_of(line: Line) -> str:
    """Say what happened in a word or two."""
    if line.kind == "entry":
        return REASONS.get(line.reason or "", line.reason or "Entry")
    if line.kind == "correction":
        return "Corrected, no credits moved"
    if line.kind == "hold":
        return "Hold lapsed unused"
    if line.kind == "notice":
        return NOTICES.get(line.notice or "", "Notice")
    return why_not_charged(line)


def why_not_charged(line: Line) -> str:
    """Why a request moved no credits."""
    if line.key_mode == "own":
        return "With their own key"
    if line.cost_status == "unpriced":
        return "Not priced"
    if line.status == "rate_limited":
        return "Rate limited"
    if line.status == "failed":
        return "Failed"
    return "Not covered" if line.credits_uncovered else "Free of charge"


def cause_of(line: Line) -> str:
    """Why somebody moved credits by hand, in words."""
    return CAUSES.get(line.cause or "", (line.cause or "").replace("_", " ").capitalize())


def receipt_of(customer_id: UUID, line: Line) -> str | None:
    """Where the receipt of a line stands; None for what has none."""
    if line.seq is not None:
        return entry_of(customer_id, line.seq)
    if line.kind in {"uncharged", "correction"}:
        return _url("receipts.show", customer_id=customer_id, request_id=line.request_id)
    return None


def entry_of(customer_id: UUID, seq: int) -> str | None:
    """Where the receipt of an entry stands."""
    return _url("receipts.entry", customer_id=customer_id, seq=seq)


def receipt_of_named(found: Named) -> str | None:
    """Where the receipt of what an id names stands; a customer and a hold have none."""
    if found.what == "request":
        return _url("receipts.show", customer_id=found.customer_id, request_id=found.request_id)
    return None if found.seq is None else entry_of(found.customer_id, found.seq)


def acts_on(customer_id: UUID) -> list[tuple[str, str]]:
    """What support can do for a customer, as (title, address)."""
    offered = (
        ("Grant credits", "grants.new"),
        ("Take credits", "deductions.new"),
        ("Redeem a coupon", "redemptions.new"),
        ("Sell a pack", "credit_packs.new"),
    )
    found = ((title, _url(endpoint, customer_id=customer_id)) for title, endpoint in offered)
    return [(title, href) for title, href in found if href]


def _url(endpoint: str, **values: object) -> str | None:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None  # type: ignore[arg-type]  # url_for takes any value
