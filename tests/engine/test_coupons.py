"""Coupons: what each discount is worth, what terms cannot say, and the twelve checks in their order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dashboard.engine.by_hand import payload_of
from dashboard.engine.coupon_checks import (
    CHECKS,
    FLAGS_ONLY,
    CampaignFacts,
    CouponFacts,
    check_coupon,
    first_refusal,
)
from dashboard.engine.coupon_faults import faults_of_campaign, faults_of_coupon
from dashboard.engine.coupons import (
    COUPON_TYPES,
    DISCOUNT_TYPES,
    DISCOUNTS_OF,
    CampaignOrder,
    CampaignTerms,
    CouponOrder,
    CouponTerms,
    code_of,
    coupon_order_of,
    discount_usd,
    in_words,
    new_codes,
    worth_usd,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ALL_RULES: dict[str, object] = {
    "first_time_user_only": True,
    "specific_email_domain": ["example.com"],
    "minimum_credit_balance": "100",
    "exclude_refunded_users": 90,
    "require_payment_method": True,
}
TERMS = CouponTerms(
    coupon_type="percentage",
    discount_type="percentage",
    discount_value=Decimal(25),
    max_uses=10,
    max_uses_per_user=1,
    min_purchase_amount=Decimal(19),
    tier_eligibility=["pro"],
    billing_cycles=["monthly"],
    valid_from=NOW - DAY,
    valid_until=NOW + DAY,
    rules=ALL_RULES,
)
CAMPAIGN = CampaignFacts(
    is_active=True,
    start_date=NOW - DAY,
    end_date=NOW + DAY,
    budget_limit_usd=Decimal(100),
    total_spent_usd=Decimal("95.25"),
    target_tier="pro",
)
# Passes every check, each of them just so.
FACTS = CouponFacts(
    now=NOW,
    terms=TERMS,
    total_uses=9,
    uses_by_customer=0,
    campaign=CAMPAIGN,
    tier="pro",
    billing_cycle="monthly",
    has_subscription=True,
    purchase_usd=Decimal(19),
    worth_usd=Decimal("4.75"),
    email_domain="example.com",
    balance=Decimal(100),
    has_ever_paid=False,
    days_since_refund=90,
    has_payment_method=True,
    critical_flags=0,
    attempts_last_hour=2,
    customers_on_device=5,
)
FAILING: list[tuple[str, dict[str, Any]]] = [
    ("COUPON_NOT_FOUND", {"terms": None}),
    ("COUPON_INACTIVE", {"terms": replace(TERMS, is_active=False)}),
    ("COUPON_INACTIVE", {"campaign": replace(CAMPAIGN, is_active=False)}),
    ("COUPON_EXPIRED", {"terms": replace(TERMS, valid_until=NOW)}),
    ("COUPON_EXPIRED", {"terms": replace(TERMS, valid_from=NOW + DAY, valid_until=None)}),
    ("COUPON_EXPIRED", {"campaign": replace(CAMPAIGN, end_date=NOW)}),
    ("TIER_NOT_ELIGIBLE", {"tier": "free"}),
    ("TIER_NOT_ELIGIBLE", {"billing_cycle": "annual"}),
    ("TIER_NOT_ELIGIBLE", {"campaign": replace(CAMPAIGN, target_tier="pro_max")}),
    (
        "TIER_NOT_ELIGIBLE",
        {"terms": replace(TERMS, discount_type="months_free", discount_value=Decimal(1)), "has_subscription": False},
    ),
    ("MAX_USES_EXCEEDED", {"total_uses": 10}),
    ("MAX_USER_USES_EXCEEDED", {"uses_by_customer": 1}),
    ("CAMPAIGN_BUDGET_EXCEEDED", {"worth_usd": Decimal("4.76")}),
    ("MIN_PURCHASE_NOT_MET", {"purchase_usd": Decimal("18.99")}),
    ("MIN_PURCHASE_NOT_MET", {"purchase_usd": None}),
    ("CUSTOM_RULE_FAILED", {"has_ever_paid": True}),
    ("CUSTOM_RULE_FAILED", {"email_domain": "example.org"}),
    ("CUSTOM_RULE_FAILED", {"balance": Decimal("99.999999")}),
    ("CUSTOM_RULE_FAILED", {"days_since_refund": 89}),
    ("CUSTOM_RULE_FAILED", {"has_payment_method": False}),
    ("FRAUD_DETECTED", {"critical_flags": 1}),
    ("VELOCITY_LIMIT_EXCEEDED", {"attempts_last_hour": 3}),
    ("DEVICE_FINGERPRINT_MISMATCH", {"customers_on_device": 6}),
]


def test_who_keeps_every_rule_passes_all_twelve_checks_in_their_order() -> None:
    checks = check_coupon(FACTS)
    assert [check.code for check in checks] == list(CHECKS)
    assert len(checks) == 12
    assert all(check.passed and check.detail == "" for check in checks)
    assert first_refusal(checks) is None


@pytest.mark.parametrize(("code", "changed"), FAILING)
def test_each_check_fails_alone_with_its_code_and_a_sentence(code: str, changed: dict[str, Any]) -> None:
    failed = [check for check in check_coupon(replace(FACTS, **changed)) if not check.passed]
    assert [check.code for check in failed] == [code]
    assert failed[0].detail.endswith(".")
    refusal = first_refusal(failed)
    assert (refusal.code if refusal else None) == (None if code in FLAGS_ONLY else code)


def test_every_check_has_a_case_that_fails() -> None:
    assert {code for code, _ in FAILING} == set(CHECKS)


def test_the_first_check_in_order_that_fails_is_the_answer() -> None:
    failing = replace(FACTS, tier="free", total_uses=10, attempts_last_hour=9)
    refusal = first_refusal(check_coupon(failing))
    assert refusal is not None
    assert refusal.code == "TIER_NOT_ELIGIBLE"


@pytest.mark.parametrize(
    ("discount_type", "value", "price", "discount", "worth"),
    [
        ("percentage", "25", "19", "4.75", "4.75"),
        ("percentage", "33.33", "0.05", "0.02", "0.02"),
        ("percentage", "100", "39", "39.00", "39.00"),
        ("fixed_amount", "10", "19", "10", "10"),
        ("fixed_amount", "25", "19", "19", "19"),
        ("credits", "20", "19", "0", "0.020"),
        ("months_free", "2", "19", "0", "38"),
    ],
)
def test_a_discount_is_never_more_than_the_price_and_credits_lower_none(
    discount_type: str, value: str, price: str, discount: str, worth: str
) -> None:
    terms = replace(TERMS, discount_type=discount_type, discount_value=Decimal(value))
    assert discount_usd(terms, Decimal(price)) == Decimal(discount)
    assert worth_usd(terms, Decimal(price), Decimal(19), Decimal("0.001")) == Decimal(worth)


def test_what_an_order_says_comes_back_from_its_request() -> None:
    order = CouponOrder(TERMS, ["SPRING"], "Spring sale")
    assert coupon_order_of("coupon_terms", payload_of(order)) == order
    campaign = CampaignOrder(CampaignTerms("Spring", "seasonal", NOW, NOW + DAY, Decimal(500)), "Spring sale")
    assert coupon_order_of("campaign_terms", payload_of(campaign)) == campaign
    assert faults_of_coupon(order, NOW) == {}
    assert faults_of_campaign(campaign, NOW) == {}


def test_each_type_carries_the_discounts_that_are_its_own() -> None:
    for coupon_type in COUPON_TYPES:
        for discount_type in DISCOUNT_TYPES:
            terms = replace(TERMS, coupon_type=coupon_type, discount_type=discount_type, discount_value=Decimal(3))
            faults = faults_of_coupon(CouponOrder(terms, ["THREE"], "Sale"), NOW)
            assert ("discount_type" in faults) == (discount_type not in DISCOUNTS_OF[coupon_type])
            assert in_words(terms)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("coupon_type", {"coupon_type": "byok_migration"}),
        ("discount_value", {"discount_value": Decimal("100.01")}),
        ("discount_value", {"discount_value": Decimal("NaN")}),
        ("max_uses", {"max_uses": 0}),
        ("max_uses_per_user", {"max_uses_per_user": 0}),
        ("min_purchase_amount", {"min_purchase_amount": Decimal("0.001")}),
        ("tier_eligibility", {"tier_eligibility": []}),
        ("billing_cycles", {"billing_cycles": ["weekly"]}),
        ("valid_until", {"valid_until": NOW - DAY}),
        ("credits_live_days", {"credits_live_days": 0}),
        ("rules", {"rules": {"lucky": True}}),
        ("specific_email_domain", {"rules": {"specific_email_domain": []}}),
        ("minimum_credit_balance", {"rules": {"minimum_credit_balance": "many"}}),
        ("exclude_refunded_users", {"rules": {"exclude_refunded_users": True}}),
        ("first_time_user_only", {"rules": {"first_time_user_only": False}}),
    ],
)
def test_terms_that_cannot_be_kept_are_refused_at_their_field(field: str, changed: dict[str, Any]) -> None:
    assert field in faults_of_coupon(CouponOrder(replace(TERMS, **changed), ["SPRING"], "Sale"), NOW)


def test_codes_are_read_as_typed_made_to_be_told_apart_and_never_twice() -> None:
    assert code_of("  spring-25 ") == "SPRING-25"
    codes = new_codes("SPRING", 200)
    assert len(set(codes)) == 200
    assert faults_of_coupon(CouponOrder(TERMS, codes, "Sale"), NOW) == {}
    for bad in ([], ["A"], ["SPRING", "SPRING"], ["spring"], ["SPR ING"]):
        assert "codes" in faults_of_coupon(CouponOrder(TERMS, bad, "Sale"), NOW)
