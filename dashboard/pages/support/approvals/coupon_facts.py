"""The terms of coupons and campaigns, whole, for who decides about them."""

from collections.abc import Mapping
from typing import Any

SHOWN_CODES = 10


def coupon_facts(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every term that is asked for, in pairs; nothing of it is left out."""
    codes = [str(code) for code in payload.get("codes") or []]
    more = f" and {len(codes) - SHOWN_CODES:,} more" if len(codes) > SHOWN_CODES else ""
    facts = [("Codes", ", ".join(codes[:SHOWN_CODES]) + more)] if codes else []
    if payload.get("based_on") is not None:
        facts.append(("Changes", f"version {payload['based_on']} of what there is"))
    facts += [(_title(name), _text(value)) for name, value in payload["terms"].items() if value not in (None, {})]
    return [*facts, ("Why", str(payload["why"]))]


def _title(name: str) -> str:
    return name.removesuffix("_usd").replace("_", " ").capitalize() + (", USD" if name.endswith("_usd") else "")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{_title(name)}: {_text(one)}" for name, one in value.items())
    return str(value)
