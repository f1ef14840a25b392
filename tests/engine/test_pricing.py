"""The rules of a proposed price, without a database: what is refused, and that the rest is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.price_scopes import HeldPrice, PriceFacts, floor, followed
from dashboard.engine.pricing import REFUSALS, faults, problems, unreachable
from dashboard.engine.proposals import (
    FIELDS,
    SENTENCES,
    PriceAnswer,
    refuse_decider,
    refuse_edit,
    refuse_writer,
    rolled_back,
    seen,
    settled,
    standing,
)
from tests.desk import drafted

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=500)
DAY = timedelta(days=1)
AUTHOR, OTHER = uuid4(), uuid4()


def held(scope_type: str, start: datetime = LONG_AGO, until: datetime | None = None, **scope: Any) -> HeldPrice:
    named = {"tier": None, "provider": None, "model": None} | scope
    return HeldPrice(
        uuid4(), scope_type, **named, multiplier=Decimal("1.5"), effective_from=start, effective_until=until
    )


def facts(*prices: HeldPrice, **given: Any) -> PriceFacts:
    known: dict[str, Any] = {
        "active_tiers": frozenset({"free", "pro"}),
        "inactive_tiers": frozenset({"perpetual"}),
        "providers": frozenset({"openai", "google"}),
        "providers_of_model": frozenset({"openai"}),
        "floors": {tier: [(LONG_AGO, Decimal("1.05"))] for tier in ("free", "pro")},
        "held": [held("tier", tier="free"), held("tier", tier="pro"), *prices],
    }
    return PriceFacts(**(known | given))


def refused(facts: PriceFacts, **given: Any) -> dict[str, str]:
    return problems(drafted(**given), facts, NOW)


def admin(person: UUID, role: str = "admin") -> Actor:
    return Actor("Adam", role, uuid4(), person)


def test_a_sound_proposal_has_no_problems() -> None:
    assert refused(facts()) == {}
    assert refused(facts(), effective_from=NOW, effective_until=None) == {}


def test_an_edit_after_submission_is_a_new_version_and_of_a_decided_one_refused() -> None:
    refuse_edit("draft")
    refuse_edit("pending")
    for state in ("approved", "rejected", "withdrawn", "expired"):
        with pytest.raises(RuleBrokenError, match="never changes"):
            refuse_edit(state)


def test_the_author_cannot_approve_under_another_account() -> None:
    with pytest.raises(NotAllowedError, match="whichever account"):
        refuse_decider(admin(AUTHOR), [AUTHOR])
    other = admin(OTHER)
    assert refuse_decider(other, [AUTHOR]) == other.operator_id


def test_an_owner_cannot_approve_their_own() -> None:
    with pytest.raises(NotAllowedError, match="another person"):
        refuse_decider(admin(AUTHOR, "owner"), [OTHER, AUTHOR])


@pytest.mark.parametrize(
    "actor", [SHELL, *(admin(OTHER, role) for role in ("finance", "support", "auditor", "nobody"))]
)
def test_only_an_admin_or_an_owner_with_an_account_proposes_and_decides(actor: Actor) -> None:
    with pytest.raises(NotAllowedError, match="admin or an owner"):
        refuse_writer(actor)
    with pytest.raises(NotAllowedError, match="admin or an owner"):
        refuse_decider(actor, [AUTHOR])


def test_a_back_dated_start_is_refused() -> None:
    assert "keeps its price" in refused(facts(), effective_from=NOW - timedelta(microseconds=1))["effective_from"]


@pytest.mark.parametrize(
    ("start", "until"), [(NOW + DAY, NOW + DAY), (NOW + DAY, NOW), (None, NOW), (None, NOW - DAY)], ids=str
)
def test_an_empty_window_is_refused(start: datetime | None, until: datetime) -> None:
    assert "end before it begins" in refused(facts(), effective_from=start, effective_until=until)["effective_until"]


def test_an_overlapping_window_is_refused() -> None:
    scheduled = held("tier", tier="pro", start=NOW + 3 * DAY)
    beside = facts(scheduled)
    assert "2026-11-23 12:00 UTC" in refused(beside)["effective_until"]
    assert refused(beside, effective_from=scheduled.effective_from)
    assert refused(beside, effective_until=scheduled.effective_from + timedelta(microseconds=1))
    assert refused(beside, effective_until=scheduled.effective_from) == {}
    assert refused(beside, effective_from=NOW + 4 * DAY) == {}


@pytest.mark.parametrize("multiplier", ["0", "-1", "-0.0001", "NaN", "-Infinity", "0.00001"])
def test_a_multiplier_of_nothing_or_less_is_refused(multiplier: str) -> None:
    assert "above 0" in refused(facts(), multiplier=Decimal(multiplier))["multiplier"]


@pytest.mark.parametrize("multiplier", ["99.9901", "100", "1e30", "Infinity", "1.23456"])
def test_a_multiplier_above_the_bound_is_refused(multiplier: str) -> None:
    assert "at most 99.99" in refused(facts(), multiplier=Decimal(multiplier))["multiplier"]
    assert refused(facts(), multiplier=Decimal("99.99")) == {}


def test_below_cost_without_acknowledgement_is_refused() -> None:
    below = {"multiplier": Decimal("0.9999")}
    assert "below what it costs us" in refused(facts(), **below)["acknowledges"]
    assert refused(facts(), **below, acknowledges=frozenset({"below_floor"}))
    assert refused(facts(), **below, acknowledges=frozenset({"below_cost"})) == {}
    assert refused(facts(), multiplier=Decimal(1), acknowledges=frozenset({"below_floor"})) == {}
    least = {"multiplier": Decimal("0.0001"), "target_margin_percent": Decimal(-999900)}
    assert refused(facts(), **least, acknowledges=frozenset({"below_cost"})) == {}


def test_below_a_floor_without_acknowledgement_is_refused() -> None:
    assert "floor of 1.05" in refused(facts(), multiplier=Decimal("1.0499"))["acknowledges"]
    assert refused(facts(), multiplier=Decimal("1.05")) == {}
    assert refused(facts(), multiplier=Decimal("1.0499"), acknowledges=frozenset({"below_floor"})) == {}


def test_the_floor_is_the_highest_of_the_tiers_it_speaks_of_while_it_holds() -> None:
    floors = {
        "free": [(LONG_AGO, Decimal("1.2")), (NOW + 5 * DAY, Decimal("1.3"))],
        "pro": [(LONG_AGO, Decimal("1.05"))],
    }
    known = facts(floors=floors)
    everyone = drafted(scope_type="provider", tier=None, provider="openai")
    assert floor(everyone, known, NOW, NOW + 5 * DAY) == Decimal("1.2")
    assert floor(everyone, known, NOW, None) == Decimal("1.3")
    assert floor(drafted(), known, NOW, None) == Decimal("1.05")


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        ({"tier": "perpetual"}, "tier"),
        ({"tier": "platinum"}, "tier"),
        ({"scope_type": "provider", "tier": None, "provider": "acme"}, "provider"),
        ({"scope_type": "model", "tier": None, "model": "gpt", "provider": "google"}, "model"),
        ({"scope_type": "combination"}, "scope_type"),
        ({"scope_type": "model"}, "scope_type"),
        ({"scope_type": "galaxy"}, "scope_type"),
    ],
    ids=str,
)
def test_a_price_nobody_would_ever_pay_is_refused(scope: dict[str, Any], field: str) -> None:
    assert field in refused(facts(), **scope)
    assert unreachable(drafted(**scope), facts(), NOW)


def test_a_price_that_more_particular_ones_hide_completely_is_refused() -> None:
    both = [held("provider", provider=name) for name in ("openai", "google")]
    assert "never be used" in refused(facts(*both))["scope_type"]
    assert refused(facts(both[0])) == {}
    ending = [both[0], replace(both[1], effective_until=NOW + DAY)]
    assert refused(facts(*ending)) == {}
    assert "never be used" in refused(facts(*ending), effective_until=NOW + DAY)["scope_type"]
    tiers = [held("combination", tier=tier, provider="openai") for tier in ("free", "pro")]
    of_model = {"scope_type": "model", "tier": None, "model": "gpt"}
    assert "never be used" in refused(facts(*tiers), **of_model)["scope_type"]
    assert refused(facts(tiers[0]), **of_model) == {}


def test_a_price_whose_end_leaves_only_the_default_is_refused() -> None:
    assert "pro at google" in refused(facts(), effective_until=NOW + DAY)["effective_until"]
    follow_up = held("tier", tier="pro", start=NOW + DAY)
    assert refused(facts(follow_up), effective_until=NOW + DAY) == {}
    providers = [held("provider", provider="openai"), held("provider", provider="google", until=NOW + 2 * DAY)]
    assert "from 2026-11-22 12:00" in refused(facts(*providers), effective_until=NOW + DAY)["effective_until"]
    assert refused(facts(), scope_type="provider", tier=None, provider="openai", effective_until=NOW + DAY) == {}


def test_a_price_follows_the_one_of_its_own_scope_that_holds_right_before() -> None:
    first, second = held("tier", tier="pro", until=NOW), held("tier", tier="pro", start=NOW)
    known = facts(held=[first, second, held("tier", tier="free")])
    assert followed(drafted(), known, NOW) == first
    assert followed(drafted(), known, NOW + DAY) == second
    assert followed(drafted(scope_type="combination", provider="openai"), known, NOW) is None


def test_what_a_draft_cannot_say_is_named_field_by_field() -> None:
    wrong = {"reason": "because", "reason_details": "x" * 2001, "acknowledges": frozenset({"everything"})}
    assert set(faults(drafted(**wrong, target_margin_percent=Decimal(100)), facts())) == {
        "reason",
        "reason_details",
        "acknowledges",
        "target_margin_percent",
    }
    assert "reason_details" in faults(drafted(reason="manual_adjustment"), facts())


@pytest.mark.parametrize(
    ("state", "start", "until", "stands"),
    [
        ("pending", None, None, "pending"),
        ("approved", NOW + DAY, None, "scheduled"),
        ("approved", NOW, None, "active"),
        ("approved", NOW - DAY, NOW + DAY, "active"),
        ("approved", NOW - DAY, NOW, "superseded"),
        ("withdrawn", NOW - DAY, None, "withdrawn"),
    ],
)
def test_where_a_version_stands_follows_from_its_dates(
    state: str, start: datetime | None, until: datetime | None, stands: str
) -> None:
    assert standing(state, start, until, NOW) == stands


def test_rolling_back_drafts_the_multiplier_before_and_asks_for_everything_anew() -> None:
    was = drafted(multiplier=Decimal(2), effective_from=LONG_AGO, acknowledges=frozenset({"below_floor"}))
    back = rolled_back(was, "approved", Decimal("1.5000"), 31)
    assert (back.multiplier, back.effective_from, back.acknowledges) == (Decimal("1.5"), None, frozenset())
    assert problems(back, facts(), NOW) == {}
    for state, before in (("pending", Decimal(1)), ("approved", None)):
        with pytest.raises(RuleBrokenError, match="go back"):
            rolled_back(was, state, before, 31)


def test_every_refusal_of_the_database_has_words() -> None:
    for word in {**SENTENCES, **FIELDS, **REFUSALS}:
        with pytest.raises(RuleBrokenError) as raised:
            settled(PriceAnswer(word, None, NOW, "approved"))
        assert isinstance(raised.value, InvalidInputError) or str(raised.value).endswith("Nothing was changed.")
        assert "{}" not in str(raised.value)
    with pytest.raises(RuleBrokenError, match="not what you were shown"):
        seen("no digest")
