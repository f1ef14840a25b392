"""A receipt as it goes over the wire, and why there is none."""

from decimal import Decimal

from dashboard.api import amounts
from dashboard.engine.fields import shown
from dashboard.engine.receipts import Receipt
from dashboard.engine.usage import UsageEvent


def as_json(receipt: Receipt, request_id: str, *, replayed: bool, dry_run: bool = False) -> dict[str, object]:
    """Return the fields of a receipt; the request is named as its sender named it."""
    said: dict[str, object] = {
        "request_id": request_id,
        "credits_due": amounts.credits(receipt.credits_due),
        "credits_deducted": amounts.credits(receipt.credits_deducted),
        "credits_uncovered": amounts.credits(receipt.credits_uncovered),
        "balance": amounts.credits(receipt.balance),
        "vendor_cost_usd": amounts.usd(receipt.vendor_cost_usd),
        "credit_value_usd": amounts.usd(receipt.credit_value_usd),
        "multiplier": amounts.multiplier(receipt.multiplier),
        "multiplier_scope": receipt.multiplier_scope,
        "replayed": replayed,
        "over_monthly_cap": receipt.over_monthly_cap,
        "draws": [
            {
                "source_id": draw["source_id"],
                "credits": amounts.credits(Decimal(draw["credits"])),
                "remaining": amounts.credits(Decimal(draw["remaining"])),
            }
            for draw in receipt.draws or []
        ],
    }
    return {**said, "dry_run": True} if dry_run else said


def why(receipt: Receipt, event: UsageEvent) -> tuple[int, dict[str, str]]:
    """Return the status and the reason by field why a request is not in the books."""
    return {
        "conflict": (
            409,
            {
                "request_id": "This request id was recorded before with another body; the first stays. Nothing was changed."
            },
        ),
        "refused_by_the_books": (
            409,
            {"request_id": "This request id belongs to a deduction already. Nothing was changed."},
        ),
        "unknown_customer": (422, {"customer": f"no customer is known as {shown(event.customer)}"}),
        "unknown_provider": (422, {"provider": f"no provider is called {shown(event.provider)}"}),
        "erased_customer": (422, {"customer": "this customer has been erased and takes no more usage"}),
    }[receipt.outcome]
