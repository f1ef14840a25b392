"""What is said of things that wait for a second person: who may decide, which event, which words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dashboard.engine.permissions import Permission, may
from dashboard.engine.refunds import REFUND_KIND
from dashboard.engine.webhooks import Event

SUBJECTS = {
    "price": "A multiplier",
    "reverse_entry": "Credits to give back",
    "grant_credits": "Credits to grant",
    "deduct_by_hand": "Credits to take by hand",
    "incident_batch": "Credits to give back after an incident",
    "erase_customer": "A person to erase",
    "revoke_license": "A licence to revoke",
    "refund_payment": "Money to give back",
    "coupon_terms": "Terms of coupons",
    "campaign_terms": "Terms of a campaign",
    "add_tier_version": "New terms of a tier",
    "change_tier": "A tier to open or close",
    "add_credit_policy": "The worth or step of a credit",
}
PLANS = frozenset({"add_tier_version", "change_tier", "add_credit_policy"})
PRICING = PLANS | {"price"}
OUTCOMES = frozenset({"approved", "rejected", "withdrawn", "expired"})


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail: its subject line and its words."""

    subject: str
    words: str


def permission_for(subject: str) -> Permission:
    """What a person needs to decide a thing of this kind."""
    if subject == REFUND_KIND:
        return Permission.REFUNDS_APPROVE
    return Permission.PRICING_APPROVE if subject in PRICING else Permission.APPROVALS_CHANGE


def may_decide(role: str, person_id: UUID | None, subject: str, persons: Collection[UUID]) -> bool:
    """Whether somebody may decide it: their role may, and they wrote none of it, under whatever account."""
    return person_id is not None and person_id not in persons and may(role, permission_for(subject))


def path_of(object_kind: str, object_id: UUID, subject: str) -> str:
    """The page on which it is decided."""
    if object_kind == "pricing_config":
        return f"/pricing/proposals/{object_id}"
    return f"/pricing/tiers/changes/{object_id}" if subject in PLANS else f"/support/approvals/{object_id}"


def events_of(object_kind: str, event: str) -> tuple[Event, ...]:
    """The webhook events an occurrence is sent as."""
    if event == "requested":
        return (Event.APPROVAL_REQUESTED,)
    if event == "expiring":
        return (Event.APPROVAL_EXPIRING,)
    decided = (Event.APPROVAL_DECIDED,)
    return (*decided, Event.PRICE_APPROVED) if object_kind == "pricing_config" and event == "approved" else decided


def title_of(subject: str, scope: str, multiplier: Decimal | None, code: str | None) -> str:
    """Name what waits in a few words: `Pro, OpenAI gpt-4o to 1.60 (PC-0031, version 2)`."""
    if subject != "price" or multiplier is None:
        return SUBJECTS.get(subject, subject.replace("_", " ").capitalize())
    return f"{scope or 'Everything'} to {plain(multiplier)} ({code})"


def plain(multiplier: Decimal) -> str:
    """A multiplier with the decimals it needs, two at least."""
    digits = f"{multiplier.normalize():f}"
    whole, _, rest = digits.partition(".")
    return f"{whole}.{rest.ljust(2, '0')}"


def scope_of(tier: str | None, provider: str | None, model: str | None) -> str:
    """Name a scope by the titles of its parts."""
    thing = " ".join(part for part in (provider, model) if part)
    return ", ".join(part for part in (tier, thing) if part)


def letter(title: str, event: str, asked_by: str | None, decide_by: datetime | None, address: str) -> Letter:
    """Write the e-mail; the subject line names nobody and no figure, because it travels in the open."""
    until = f" It expires on {decide_by:%-d %B %Y at %H:%M} UTC if nobody decides." if decide_by else ""
    opening = {
        "requested": "Something waits for your decision in Ledgerline",
        "expiring": "Nobody has decided yet: something in Ledgerline expires soon",
    }[event]
    who = asked_by or "Somebody at the server’s shell"
    words = (
        f"{title}\n\n{who} asks for the decision of a second person, and you may decide.{until}\n\n"
        f"{address}\n\nNothing happens until somebody decides. This was sent once, to everybody who may; "
        "an owner switches it off under Control, Settings.\n"
    )
    return Letter(opening, words)
