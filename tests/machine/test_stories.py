"""Short stories of one customer, told to the database and to the model; after each act both agree and all laws hold."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard.embedded import Urls
from tests.machine.ledgerline import Ledgerline
from tests.machine.prices import VendorPrice
from tests.machine.story import ADA, CAPPED, D, Story, lot
from tests.machine.strategies import MODELS, PROVIDERS

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TEN_MINUTES = 10 * MINUTE


@pytest.fixture(scope="module")
def ledgerline(database: Urls) -> Iterator[Ledgerline]:
    ledgerline = Ledgerline(database.owner)
    yield ledgerline
    ledgerline.close()


@pytest.fixture
def story(ledgerline: Ledgerline) -> Iterator[Story]:
    yield Story.of(ledgerline, lot(100, 2), lot(1000, 5), lot(50, paid="0"))
    ledgerline.undo()


by_either_function = pytest.mark.parametrize("single", [True, False], ids=["one", "batch"])


@by_either_function
def test_a_grant_pays_until_just_before_its_expiry(story: Story, *, single: bool) -> None:
    story.time_passes(step=5 * HOUR, posting=False)
    assert story.pays(story.uses(1, ago=3 * HOUR), single=single).deducted == 2
    assert (story.lot_of_ada(0).remaining, story.lot_of_ada(1).remaining) == (D(100), D(998))
    assert story.pays(story.uses(1, ago=3 * HOUR + MINUTE), single=single).deducted == 2
    assert story.lot_of_ada(0).remaining == 98


@by_either_function
def test_a_grant_does_not_pay_before_it_begins(story: Story, *, single: bool) -> None:
    assert story.pays(story.uses(1, ago=HOUR + MINUTE), single=single).deducted == 0
    assert story.pays(story.uses(1, ago=HOUR), single=single).deducted == 2


@by_either_function
def test_the_soonest_expiry_pays_first_whatever_the_ids_are(ledgerline: Ledgerline, *, single: bool) -> None:
    story = Story.of(ledgerline, lot(10), lot(10, 9), lot(10, 5, priority=20), lot(10, 5), lot(10, 2))
    for _ in range(5):
        story.pays(story.uses(5), single=single)
    drawn = [posting[0] for entry in story.books.accounts[ADA].entries[5:] for posting in entry.postings]
    assert drawn == [story.lot_of_ada(place).id for place in (4, 3, 2, 1, 0)]
    ledgerline.undo()


@by_either_function
def test_what_the_balance_cannot_pay_is_uncovered(story: Story, *, single: bool) -> None:
    charged = story.pays(story.uses(1000), single=single)
    assert (charged.rated.due, charged.deducted) == (D(2000), D(1150))


@by_either_function
def test_the_same_request_changes_nothing_and_another_body_is_refused(story: Story, *, single: bool) -> None:
    event = story.uses()
    story.pays(event, single=single)
    story.pays(event, single=single)
    story.its_id_is_sent_with_another_body(which=0, tokens=(11, 0, 0, 0))
    story.agrees()
    assert story.books.accounts[ADA].balance == 1130


@by_either_function
def test_a_charge_is_rounded_up_once(story: Story, *, single: bool) -> None:
    story.policy_changes(unit="0.01", increment="0.25")
    # $0.002 of value is 0.2 credits, in quarters 0.25.
    assert story.pays(story.uses(1), single=single).rated.due == D("0.25")
    story.policy_changes(unit="0.0003", increment="1")
    assert story.pays(story.uses(3), single=single).rated.due == 20
    assert story.pays(story.uses(2), single=single).rated.due == 14


@by_either_function
def test_a_missing_cache_price_is_the_full_price_and_a_missing_price_no_price_of_zero(
    story: Story, *, single: bool
) -> None:
    assert story.pays(story.uses(buckets=(0, 2, 3, 0)), single=single).rated.due == 10
    unpriced = story.pays(story.uses(model="unheard-of"), single=single).rated
    assert (unpriced.cost_status, unpriced.cost, unpriced.due) == ("unpriced", None, D(0))


@by_either_function
def test_above_the_threshold_the_high_price_holds_for_all_of_it(story: Story, *, single: bool) -> None:
    high = VendorPrice("", (D(1), None, None, D(2)), 100, (D(3), None, None, D(6)))
    story.price_changes(provider=PROVIDERS[0], model=MODELS[0], price=high)
    assert story.pays(story.uses(100), single=single).rated.due == 200
    assert story.pays(story.uses(101), single=single).rated.due == 606


@by_either_function
def test_a_price_that_ended_is_no_price(story: Story, *, single: bool) -> None:
    story.price_changes(provider=PROVIDERS[0], model=MODELS[0], price=None)
    assert story.pays(story.uses(), single=single).rated.cost_status == "unpriced"
    assert story.pays(story.uses(ago=MINUTE), single=single).rated.due == 20


@by_either_function
def test_neither_a_failed_request_nor_one_on_the_customers_own_key_is_charged(story: Story, *, single: bool) -> None:
    for status, key_mode in (("failed", "system"), ("rate_limited", "system"), ("success", "own")):
        event = story.uses(reported=D("0.5"), status=status, key_mode=key_mode)
        assert story.pays(event, single=single).rated.due == 0
    assert story.pays(story.uses(status="cancelled"), single=single).rated.due == 20


@by_either_function
def test_the_most_particular_multiplier_wins_alone(story: Story, *, single: bool) -> None:
    tier, provider, model = "free", PROVIDERS[0], MODELS[0]
    expected = [("provider", 30), ("model", 40), ("combination", 50), ("combination", 60), ("combination", 70)]
    for number, scope in enumerate(
        [
            (None, provider, None),
            (None, None, model),
            (tier, provider, None),
            (tier, None, model),
            (tier, provider, model),
        ]
    ):
        kind, due = expected[number]
        story.multiplier_changes(kind_and_scope=(kind, scope), multiplier=D(number + 3))
        charged = story.pays(story.uses(), single=single).rated
        assert (charged.scope, charged.due) == (kind, D(due))


@by_either_function
def test_where_no_multiplier_speaks_it_is_one_and_a_half(story: Story, *, single: bool) -> None:
    story.tier_changes(user=ADA, tier="perpetual")
    charged = story.pays(story.uses(), single=single).rated
    assert (charged.scope, charged.due) == ("default", D(15))


@by_either_function
def test_a_grant_realises_what_was_paid_for_it_to_the_last_digit(ledgerline: Ledgerline, *, single: bool) -> None:
    story = Story.of(ledgerline, lot(70, 2), lot(1000, 5))
    # After 8 of 70 credits $19 × 8 ÷ 70 is rounded up at the 18th decimal.
    for tokens in (1, 3, 7, 39):
        story.pays(story.uses(tokens), single=single)
    first = story.lot_of_ada(0).id
    entries = story.books.accounts[ADA].entries
    assert sum(p[2] for entry in entries for p in entry.postings if p[0] == first) == 19
    ledgerline.undo()


def test_summaries_say_the_same_folded_in_steps_rebuilt_or_waiting(story: Story) -> None:
    story.pays(story.uses(), single=True)
    for limit in (1, 1, 200000, None):
        story.pays(story.uses(), single=False)
        story.pays(story.uses(status="failed"), single=True)
        assert story.reverses(len(story.books.accounts[ADA].entries), D(5)) == "reversed"
        story.time_passes(step=24 * HOUR, posting=False)
        assert story.reverses(4, D(1)) == "reversed"
        story.usage_is_folded_or_rebuilt(limit=limit)
        story.agrees()


def test_what_is_held_cannot_be_spent_until_the_hold_is_over(story: Story) -> None:
    story.hold(story.uses(), D(1149), TEN_MINUTES)
    story.deduct(ADA, story.id(), D(2))
    story.agrees()
    story.deduct(ADA, story.id(), D(1))
    story.agrees()
    story.time_passes(step=TEN_MINUTES, posting=False)
    story.deduct(ADA, story.id(), D(2))
    story.agrees()
    assert story.books.accounts[ADA].balance == 1147


def test_a_hold_is_settled_once_with_what_was_used_and_then_no_longer_released(story: Story) -> None:
    event = story.uses(600)
    story.held.append(event)
    story.hold(event, D(10), TEN_MINUTES)
    for tokens in (None, None, (1, 0, 0, 0)):
        story.a_hold_is_settled(which=0, tokens=tokens)
        story.agrees()
    story.a_hold_is_released(which=0)
    story.agrees()
    assert len(story.books.usage) == 1


def test_a_deduction_takes_only_what_is_valid_now_and_once(story: Story) -> None:
    story.time_passes(step=2 * HOUR, posting=False)
    story.deduct(ADA, story.id(), D(1051))
    story.deduct(ADA, story.id(), D(1050))
    story.agrees()
    for same in (True, False):
        story.credits_are_deducted_again(which=1, same=same)
        story.agrees()
    assert story.books.accounts[ADA].balance == 100


def test_a_customers_own_cap_refuses_what_asks_first_and_nothing_else(story: Story) -> None:
    story.credits_are_granted(user=CAPPED, lot=lot(5000))
    story.pays(story.uses(1900, user=CAPPED), single=True)
    story.deduct(CAPPED, story.id(), D(201))
    story.deduct(CAPPED, story.id(), D(200))
    story.hold(story.uses(user=CAPPED), D(1), TEN_MINUTES)
    story.agrees()
    story.pays(story.uses(user=CAPPED), single=True)
    assert story.books.accounts[CAPPED].entries[-1].reason == "usage"


def test_nothing_is_given_back_twice_or_beyond_what_was_taken(story: Story) -> None:
    story.pays(story.uses(100), single=True)
    said = [story.reverses(4, amount) for amount in (D(201), D(50), D(151), None, None, D(1))]
    assert said == ["more_than_left", "reversed", "more_than_left", "reversed", "nothing_left", "nothing_left"]
    assert story.books.accounts[ADA].balance == 1150


def test_neither_a_grant_nor_a_reversal_nor_an_expiry_is_reversed(story: Story) -> None:
    story.pays(story.uses(10), single=True)
    story.reverses(4)
    story.time_passes(step=100 * HOUR, posting=True)
    assert [story.reverses(seq) for seq in (1, 5, 6)] == ["not_reversible"] * 3


def test_what_came_from_an_expired_grant_comes_back_as_another_one(story: Story) -> None:
    story.pays(story.uses(100), single=True)
    story.time_passes(step=3 * HOUR, posting=False)
    story.reverses(4, D(130))
    assert (story.lot_of_ada(0).remaining, story.lot_of_ada(1).remaining, story.lot_of_ada(3).granted) == (
        D(0),
        D(1000),
        D(30),
    )
    story.reverses(4)
    assert story.lot_of_ada(4).granted == 70


def test_an_expiry_is_posted_72_hours_later_and_not_before(story: Story) -> None:
    story.time_passes(step=74 * HOUR - MINUTE, posting=True)
    assert not story.lot_of_ada(0).expiry_posted
    story.time_passes(step=MINUTE, posting=True)
    story.agrees()
    assert story.lot_of_ada(0).expiry_posted
    story.pays(story.uses(1, ago=73 * HOUR), single=True)
    story.pays(story.uses(1, ago=73 * HOUR), single=False)
    assert story.lot_of_ada(1).remaining == 996
