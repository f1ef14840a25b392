"""What the Overview says about the books: what asks for attention, and what happened."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import current_app, url_for

from dashboard.access import Permission
from dashboard.engine.actors import SHELL
from dashboard.engine.price_proposals import act_by
from dashboard.reports.overview import Activity, ModelRow, Overview, TierFigures
from dashboard.ui.format import day, percent, plural, usd
from dashboard.ui.periods import in_period
from dashboard.ui.words import words

MOST_LOSSES = 4
MOST_UNPRICED = 4
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that asks for attention."""

    title: str
    href: str | None
    word: str
    tone: str
    detail: str
    needs: Permission = Permission.MARGINS_READ  # to follow the link


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the recent activity."""

    happened_at: datetime
    text: str


def attention(read: Overview) -> list[Notice]:
    """What a person should look at, the dearest first."""
    return [
        *_pending(read),
        *_broken_proof(read),
        *_losses(read),
        *_unpriced(read),
        *_vendor_prices(read),
        *_rest(read),
    ]


def timeline(read: Overview) -> list[Event]:
    """The last things that happened, in words."""
    return [Event(one.happened_at, sentence(one)) for one in read.activity]


def _pending(read: Overview) -> list[Notice]:
    waiting = read.standing.pending_prices
    if not waiting:
        return []
    href = url_for("proposals.index", state="pending") if "proposals.index" in current_app.view_functions else None
    return [
        Notice(
            plural(waiting, "price proposal"),
            href,
            "Pending",
            "warn",
            "Waiting for a second person",
            Permission.PRICING_READ,
        )
    ]


def _broken_proof(read: Overview) -> list[Notice]:
    standing = read.standing
    if not standing.proof_broken:
        return []
    title = f"Ledger proof: {standing.proof_broken} of {standing.proof_laws} checks broken"
    return [
        Notice(
            title,
            url_for("proof.index"),
            "Failed",
            "bad",
            "The figures may be wrong until this is understood",
            Permission.PROOF_READ,
        )
    ]


def _losses(read: Overview) -> list[Notice]:
    """Tiers and models that lost money, the dearest first; the cut comes after the order, so the worst is never cut."""
    lost = [
        *(
            (tier.figures.vendor_cost_usd - tier.figures.realised_revenue_usd, _tier_loss(tier))
            for tier in read.tiers
            # A tier nobody pays for costs by design.
            if tier.figures.realised_margin_percent is not None
        ),
        *((model.vendor_cost_usd - model.list_revenue_usd, _model_loss(model)) for model in read.models),
    ]
    dearest = sorted((one for one in lost if one[0] >= CENT), key=lambda one: one[0], reverse=True)
    return [notice for _, notice in dearest[:MOST_LOSSES]]


def _tier_loss(tier: TierFigures) -> Notice:
    figures = tier.figures
    return Notice(
        f"{tier.display_name} earns {percent(figures.realised_margin_percent)} realised",
        in_period("margins.index", group="tier,provider,model", tier=tier.name, value="realised"),
        "Loss",
        "bad",
        f"Its credits were paid with {usd(figures.realised_revenue_usd)}, the vendors charge "
        f"{usd(figures.vendor_cost_usd)}",
    )


def _model_loss(model: ModelRow) -> Notice:
    return Notice(
        f"{model.model} costs more than it earns",
        in_period("margins.index", group="model,tier", model=model.model),
        "Loss",
        "bad",
        f"{usd(model.list_revenue_usd)} list revenue against {usd(model.vendor_cost_usd)} vendor cost",
    )


def _unpriced(read: Overview) -> list[Notice]:
    return [
        Notice(
            f"{model.model} was used without a vendor price",
            url_for("vendor_prices.show", provider=model.provider_name, model=model.model),
            "Unpriced",
            "unknown",
            f"{plural(model.unpriced_requests, 'request')} since {day(model.unpriced_since, year=False)}, left out of margins",
            Permission.PRICING_READ,
        )
        for model in read.models
        if model.unpriced_since is not None and model.unpriced_requests
    ][:MOST_UNPRICED]


def _vendor_prices(read: Overview) -> list[Notice]:
    prices, found = read.prices, []
    if prices.changes_to_act_on and prices.oldest_change_at:
        by = act_by(prices.oldest_change_at, "act")
        found.append(
            Notice(
                f"{plural(prices.changes_to_act_on, 'vendor price')} moved by more than 10%",
                url_for("price_differences.index"),
                "Differs",
                "warn",
                f"As sources say; the oldest is to be decided by {day(by.date(), year=False) if by else 'now'}",
                Permission.PRICING_READ,
            )
        )
    if prices.failed_sources:
        found.append(
            Notice(
                f"{plural(prices.failed_sources, 'price source')} could not be compared",
                f"{url_for('vendor_prices.index')}#sources",
                "Failed",
                "bad",
                "Its differences are unknown, not none",
                Permission.PRICING_READ,
            )
        )
    if prices.stale_prices:
        found.append(
            Notice(
                f"{plural(prices.stale_prices, 'vendor price')} not verified lately",
                url_for("vendor_prices.index", show="stale"),
                "Stale",
                "warn",
                "No source confirmed them for longer than they should go without",
                Permission.PRICING_READ,
            )
        )
    return found


def _rest(read: Overview) -> list[Notice]:
    standing, found = read.standing, []
    default = sum(model.default_multiplier_requests for model in read.models)
    if default:
        found.append(
            Notice(
                f"{plural(default, 'request')} without a price rule",
                url_for("coverage.index"),
                "Default",
                "warn",
                "Charged at the default multiplier of 1.50",
                Permission.PRICING_READ,
            )
        )
    if standing.open_rejects:
        found.append(
            Notice(
                f"{plural(standing.open_rejects, 'usage row')} could not be taken",
                None,
                "Rejected",
                "warn",
                "Unknown provider or customer; kept to be repaired and sent again",
            )
        )
    if standing.proof_at is None:
        found.append(
            Notice(
                "The ledger proof never ran",
                url_for("proof.index"),
                "Not run",
                "warn",
                "Run it to see that the books tie",
                Permission.PROOF_READ,
            )
        )
    elif not standing.proof_broken:
        found.append(
            Notice(
                f"Ledger proof, {standing.proof_laws} of {standing.proof_laws} checks",
                url_for("proof.index"),
                "Passed",
                "good",
                f"Last run {day(standing.proof_at.date(), year=False)}, {standing.proof_at:%H:%M} UTC over all rows",
                Permission.PROOF_READ,
            )
        )
    return found


def sentence(one: Activity) -> str:
    """Tell one thing that happened as a person would."""
    if one.kind == "proof":
        return f"Ledger proof ran: {one.what} checks passed"
    if one.kind == "import":
        return _import_words(one)
    did = words(one.what or "")
    if one.who == SHELL.name:
        return f"{did}, from the command line"
    return f"{one.who} {did[:1].lower()}{did[1:]}"


def _import_words(one: Activity) -> str:
    taken = int(one.object_id or 0)
    if one.what == "demo":
        return f"Demo loaded: {plural(taken, 'request')}"
    things = {"usage": "request", "prices": "price", "customers": "customer"}.get(one.what or "", "row")
    return f"{plural(taken, things)} imported from {one.object_kind}"
