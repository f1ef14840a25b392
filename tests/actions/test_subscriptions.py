"""Plans billed here: begun, made larger, made smaller, ended, and moved on by the clock; written as small ledgers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.advance_plan import advance_plan
from dashboard.actions.advance_subscriptions import advance_subscriptions
from dashboard.actions.cancel_subscription import cancel_subscription, reactivate_subscription
from dashboard.actions.change_interval import change_interval
from dashboard.actions.change_plan import change_plan
from dashboard.actions.pay_invoice import pay_invoice
from dashboard.actions.post_expiries import post_expiries
from dashboard.actions.subscribe import Order, Subscribed, subscribe
from dashboard.actions.subscription_rows import locked_plan
from dashboard.actions.suspend_subscription import resume_subscription, suspend_subscription
from dashboard.engine.actors import SHELL
from dashboard.engine.customers import first_seen
from dashboard.engine.errors import RuleBrokenError
from dashboard.reports.checks import broken
from dashboard.store.subscriptions import Due, subscriptions_due
from tests.importers.files import numbers
from tests.unchanged import unchanged

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = first_seen("ada@example.com", APRIL)


@pytest.fixture
def shop(fresh_app: Flask) -> Iterator[Flask]:
    """Ada, who has the free plan; afterwards every law holds."""
    with fresh_app.app_context():
        add_customers([ADA], actor=SHELL, now=APRIL)
    yield fresh_app
    with fresh_app.app_context(), db.snapshot() as connection:
        assert {law for law in broken(connection) if law != "audit_chain_unbroken"} == set()


def begin(app: Flask, tier: str = "pro", cycle: str = "monthly", *, now: datetime = APRIL, trial: bool = False) -> UUID:
    return began(app, tier, cycle, now=now, trial=trial).subscription_id


def began(app: Flask, tier: str, cycle: str, *, now: datetime, trial: bool) -> Subscribed:
    with app.app_context():
        order = Order(ADA.user_id, tier, cycle, with_trial=trial)
        return subscribe(SHELL, order, now=now, posted_at=now)


def advance(app: Flask, now: datetime) -> None:
    with app.app_context():
        assert advance_subscriptions(now, posted_at=now).failed == 0
        post_expiries(now)


def upgrade(app: Flask, plan: UUID, tier: str, now: datetime) -> None:
    with app.app_context():
        change_plan(SHELL, ADA.user_id, plan, tier, now=now, posted_at=now)


def pay(app: Flask) -> None:
    """Whoever pays, pays everything that is open."""
    for invoice_id, total in numbers(app, "select id, total_usd from billing_invoice where status = 'open'"):
        assert isinstance(invoice_id, UUID)
        assert isinstance(total, Decimal)
        with app.app_context():
            pay_invoice(
                SHELL, ADA.user_id, invoice_id, reference=invoice_id.hex, amount_usd=total, now=APRIL, posted_at=APRIL
            )


def ledger(app: Flask) -> list[str]:
    found = numbers(
        app, "select reason, trim_scale(amount), trim_scale(balance_after) from credit_deduction_ledger order by seq"
    )
    return [f"{reason} {amount} → {after}" for reason, amount, after in found]


def invoices(app: Flask) -> list[str]:
    found = numbers(app, "select reason, total_usd, status from billing_invoice order by number")
    return [f"{reason} {total} {status}" for reason, total, status in found]


def standing(app: Flask) -> str:
    found = numbers(
        app,
        "select status, tier, tier_at(user_id, '2036-01-01') from subscription_monetization order by started_at desc, created_at desc limit 1",
    )
    return " ".join(map(str, found[0]))


def test_document_001_a_new_subscription_gives_20_000_credits(shop: Flask) -> None:
    begin(shop)
    assert ledger(shop) == ["allocation 20000 → 20000"]
    assert invoices(shop) == ["start 19.00 open"]


def test_document_001_pro_to_pro_max_with_15_of_30_days(shop: Flask) -> None:
    plan = begin(shop)
    pay(shop)
    upgrade(shop, plan, "pro_max", APRIL + 15 * DAY)
    assert ledger(shop) == ["allocation 20000 → 20000", "proration -10000 → 10000", "proration 25000 → 35000"]
    assert invoices(shop) == ["start 19.00 paid", "upgrade 10.00 open"]
    shown = "select unused_credit_value_usd, new_tier_prorated_cost_usd, net_charge_usd from proration_event"
    assert numbers(shop, shown) == [(Decimal("9.50"), Decimal("19.50"), Decimal("10.00"))]
    assert standing(shop) == "active pro_max pro_max"
    # What was paid for the credits is what was paid: 19 − 9.50 + 19.50.
    worth = "select sum(paid_usd - realised_through(paid_usd, granted, granted - remaining)) from user_credit_source"
    assert numbers(shop, worth) == [(Decimal(29),)]


def test_two_upgrades_in_one_month_withdraw_what_the_first_one_granted(shop: Flask) -> None:
    plan = begin(shop)
    pay(shop)
    upgrade(shop, plan, "pro_max", APRIL + 15 * DAY)
    pay(shop)
    upgrade(shop, plan, "enterprise_pro", APRIL + 15 * DAY)
    assert ledger(shop)[3:] == ["proration -25000 → 10000", "proration 125000 → 135000"]
    assert invoices(shop)[2:] == ["upgrade 80.00 open"]


def test_a_smaller_plan_begins_with_the_next_period_and_can_be_taken_back(shop: Flask) -> None:
    plan = begin(shop, "pro_max")
    pay(shop)
    upgrade(shop, plan, "pro", APRIL + 10 * DAY)
    assert standing(shop) == "active pro_max pro_max"
    upgrade(shop, plan, "pro_max", APRIL + 11 * DAY)
    upgrade(shop, plan, "pro", APRIL + 12 * DAY)
    advance(shop, APRIL + 30 * DAY)
    assert standing(shop) == "active pro pro"
    assert invoices(shop)[1:] == ["downgrade 19.00 open"]
    assert ledger(shop)[1:] == ["allocation 20000 → 70000"]


def test_a_trial_gives_no_credits_until_it_ends(shop: Flask) -> None:
    begin(shop, trial=True)
    advance(shop, APRIL + 13 * DAY)
    assert (ledger(shop), standing(shop), invoices(shop)) == ([], "trial pro pro", [])
    advance(shop, APRIL + 14 * DAY)
    assert (ledger(shop), invoices(shop)) == (["allocation 20000 → 20000"], ["start 19.00 open"])
    with shop.app_context(), pytest.raises(RuleBrokenError, match="runs"):
        subscribe(SHELL, Order(ADA.user_id, "pro"), now=APRIL + 15 * DAY)


def test_what_is_left_rolls_over_within_its_cap_and_takes_its_money_along(shop: Flask) -> None:
    begin(shop)
    pay(shop)
    advance(shop, APRIL + 30 * DAY)
    pay(shop)
    advance(shop, APRIL + 34 * DAY)
    assert ledger(shop)[2:] == ["rollover -10000 → 30000", "rollover 10000 → 40000", "expiry -10000 → 30000"]
    carried = "select granted, paid_usd, expires_at from user_credit_source where source = 'rollover'"
    assert numbers(shop, carried) == [(Decimal(10_000), Decimal("9.5"), datetime(2026, 6, 1, tzinfo=UTC))]
    advance(shop, APRIL + 35 * DAY)
    assert len(ledger(shop)) == 5


def test_nobody_paying_is_noticed_on_days_0_3_7_14_and_21(shop: Flask) -> None:
    begin(shop)
    seen = []
    for day in (0, 3, 7, 14, 21):
        advance(shop, APRIL + day * DAY)
        seen.append(standing(shop))
    assert seen == [
        "active pro pro",
        "past_due pro pro",
        "grace_period pro pro",
        "suspended pro pro",
        "cancelled pro free",
    ]
    assert numbers(shop, "select count(*) from dunning_attempt where result = 'failed'") == [(5,)]


def test_whoever_pays_while_suspended_goes_on(shop: Flask) -> None:
    begin(shop)
    advance(shop, APRIL + 15 * DAY)
    assert standing(shop) == "suspended pro pro"
    pay(shop)
    advance(shop, APRIL + 16 * DAY)
    assert standing(shop) == "active pro pro"
    advance(shop, APRIL + 30 * DAY)
    assert ledger(shop)[-1] == "allocation 20000 → 40000"


def test_cancelling_at_the_periods_end_and_thinking_again(shop: Flask) -> None:
    plan = begin(shop)
    pay(shop)
    with shop.app_context():
        cancel_subscription(SHELL, ADA.user_id, plan, at_once=False, reason="not_used", now=APRIL + DAY)
        with unchanged(shop), pytest.raises(RuleBrokenError, match="ends with its period already"):
            cancel_subscription(SHELL, ADA.user_id, plan, at_once=False, reason="not_used", now=APRIL + DAY)
        reactivate_subscription(SHELL, ADA.user_id, plan, now=APRIL + 2 * DAY)
        cancel_subscription(SHELL, ADA.user_id, plan, at_once=False, reason="not_used", now=APRIL + 3 * DAY)
    advance(shop, APRIL + 31 * DAY)
    assert standing(shop) == "cancelled pro free"
    assert len(ledger(shop)) == 1
    with shop.app_context(), pytest.raises(RuleBrokenError, match="begin a new one"):
        reactivate_subscription(SHELL, ADA.user_id, plan, now=APRIL + 32 * DAY)


def test_cancelling_at_once_leaves_the_credits_until_they_expire(shop: Flask) -> None:
    plan = begin(shop)
    with shop.app_context():
        cancel_subscription(SHELL, ADA.user_id, plan, at_once=True, reason="fraud", now=APRIL + DAY)
    assert standing(shop) == "cancelled pro free"
    advance(shop, APRIL + 40 * DAY)
    assert ledger(shop) == ["allocation 20000 → 20000", "expiry -20000 → 0"]


def test_a_suspended_plan_is_granted_nothing_and_expires(shop: Flask) -> None:
    plan = begin(shop)
    pay(shop)
    with shop.app_context():
        suspend_subscription(SHELL, ADA.user_id, plan, now=APRIL + DAY)
        with unchanged(shop), pytest.raises(RuleBrokenError, match="is suspended"):
            change_plan(SHELL, ADA.user_id, plan, "pro_max", now=APRIL + DAY)
        resume_subscription(SHELL, ADA.user_id, plan, now=APRIL + 2 * DAY)
        suspend_subscription(SHELL, ADA.user_id, plan, now=APRIL + 3 * DAY)
    advance(shop, APRIL + 30 * DAY)
    assert standing(shop) == "expired pro free"
    assert len(ledger(shop)) == 1


def test_a_year_is_billed_at_once_and_granted_by_the_month(shop: Flask) -> None:
    plan = begin(shop)
    pay(shop)
    with shop.app_context():
        change_interval(SHELL, ADA.user_id, plan, "annual", now=APRIL + DAY)
    advance(shop, APRIL + 30 * DAY)
    pay(shop)
    advance(shop, APRIL + 91 * DAY)
    assert invoices(shop) == ["start 19.00 paid", "interval 190.00 paid"]
    assert numbers(
        shop, "select count(*), sum(paid_usd) < 67 from user_credit_source where source = 'monthly_allocation'"
    ) == [(4, True)]


def test_a_sum_nobody_saw_is_not_charged(shop: Flask) -> None:
    plan = begin(shop)
    with shop.app_context(), unchanged(shop), pytest.raises(RuleBrokenError, match="look at it again"):
        change_plan(SHELL, ADA.user_id, plan, "pro_max", now=APRIL, net_seen_usd=Decimal("10.00"))


def test_a_week_without_the_clock_gives_the_same_ledger(fresh_app: Flask) -> None:
    """Bea's clock runs every day, Cid's only after the week in which everything happens."""
    bea, cid = (first_seen(f"{name}@example.com", APRIL) for name in ("bea", "cid"))
    with fresh_app.app_context():
        add_customers([bea, cid], actor=SHELL, now=APRIL)
        for who in (bea, cid):
            subscribe(SHELL, Order(who.user_id, "pro", reset_day=3), now=APRIL, posted_at=APRIL)
        plans = {plan.user_id: plan.subscription_id for plan in subscriptions_of(APRIL + 60 * DAY)}
        for day in range(28, 36):
            now = APRIL + day * DAY
            whose = (bea, cid) if day == 35 else (bea,)
            for who in whose:
                with db.transaction() as session:
                    advance_plan(session, locked_plan(session, who.user_id, plans[who.user_id]), now, now)
    rows = "select reason, amount, balance_after from credit_deduction_ledger where user_id = '{}' order by seq"
    plan = "select status, current_period_end, next_due_at, dunning_attempts from subscription_monetization where user_id = '{}' and is_billed_here"
    for question in (rows, plan):
        first, second = (numbers(fresh_app, question.format(who.user_id)) for who in (bea, cid))
        assert first
        assert first == second


def subscriptions_of(now: datetime) -> list[Due]:
    with db.snapshot() as connection:
        return subscriptions_due.all(connection, now=now)
