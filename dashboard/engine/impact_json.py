"""Impact written down as evidence and read again: the same figures, to the last digit."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dashboard.engine.figures import Figures
from dashboard.engine.impact import Assumptions, RuleChange, Scenario, Standing
from dashboard.engine.impact_found import CustomerChange, Impact, Part
from dashboard.engine.spread import Bin, Spread

Json = Mapping[str, Any]


def written(value: object) -> Any:
    """Write a value of the engine as JSON: amounts as text with every digit, times with their zone."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: written(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Decimal | datetime | UUID):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, Mapping):
        return {str(key): written(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [written(one) for one in value]
    return value


def evidence_of(impacts: Sequence[Impact], *, as_of: datetime, standing: Standing) -> dict[str, Any]:
    """Write down what a replay found, and whose moment's prices it compares with; customers by id."""
    return {
        "as_of": as_of.isoformat(),
        "prices_at": standing.at.isoformat(),
        "impacts": [written(impact) for impact in impacts],
    }


def prices_at(evidence: Json) -> datetime | None:
    """The moment whose prices a replay compares with; None in evidence of before, which compares with the ledger."""
    return _instant(evidence.get("prices_at"))


def impacts_of(evidence: Json) -> list[Impact]:
    """Read the impacts back, that of the prices that stand first; before there were any, that of the unchanged price.

    Evidence of before has what was charged where it now has the prices that stand.
    """
    return [_impact(one) for one in evidence["impacts"]]


def scenarios_of(given: Sequence[Json]) -> list[Scenario]:
    """Read scenarios as they are kept."""
    return [
        Scenario(
            tuple(RuleChange(**{**change, "multiplier": Decimal(change["multiplier"])}) for change in one["changes"]),
            _amount(one.get("increment")),
        )
        for one in given
    ]


def assumptions_of(given: Json) -> Assumptions:
    """Read assumptions as they are kept."""
    return Assumptions(**{name: Decimal(value) for name, value in given.items()})


def _impact(one: Json) -> Impact:
    return Impact(
        requests=one["requests"],
        affected_requests=one["affected_requests"],
        never_charged_requests=one.get("never_charged_requests", _figures(one["before"]).uncharged_requests),
        decides=one.get("decides", [one["affected_requests"]]),
        charged=_figures(_charged(one)),
        before=_figures(one["before"]),
        after=_figures(one["after"]),
        elsewhere_uncovered=Decimal(one["elsewhere_uncovered"]),
        ran_out_charged=one.get("ran_out_charged", one["ran_out_before"]),
        ran_out_before=one["ran_out_before"],
        ran_out=one["ran_out"],
        by_tier=_parts(one["by_tier"]),
        by_model=_parts(one["by_model"]),
        by_day=_parts(one["by_day"]),
        customers=[_customer(customer) for customer in one["customers"]],
        customers_changed=one["customers_changed"],
        customers_count=one["customers_count"],
        spread=_spread(one["spread"]),
        difference=Decimal(one["difference"]),
        deviation=Decimal(one["deviation"]),
        deviating_customers=one["deviating_customers"],
    )


def _figures(given: Json) -> Figures:
    sums: dict[str, Any] = {name: Decimal(value) if isinstance(value, str) else value for name, value in given.items()}
    return Figures(**sums)


def _parts(given: Sequence[Json]) -> list[Part]:
    return [
        Part(one["name"], one["provider"], _figures(_charged(one)), _figures(one["before"]), _figures(one["after"]))
        for one in given
    ]


def _customer(one: Json) -> CustomerChange:
    return CustomerChange(
        UUID(one["user_id"]),
        _figures(_charged(one)),
        _figures(one["before"]),
        _figures(one["after"]),
        Decimal(one["left_before"]),
        Decimal(one["left_after"]),
        _instant(one.get("ran_out_charged_at", one["ran_out_before_at"])),
        _instant(one["ran_out_before_at"]),
        _instant(one["runs_out_at"]),
    )


def _charged(one: Json) -> Any:
    return one.get("charged", one["before"])


def _spread(given: Json) -> Spread:
    return Spread(
        [(percent, Decimal(change)) for percent, change in given["quantiles"]],
        [Bin(_amount(one["low"]), _amount(one["high"]), one["customers"]) for one in given["bins"]],
    )


def _amount(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
