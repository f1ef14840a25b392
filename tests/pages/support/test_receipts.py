"""Receipts: every kind of request and entry has one, and recalculated it says what the books say."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from dashboard import db
from dashboard.actions.correct_usage import CorrectionWanted, correct_usage
from dashboard.actions.record_usage import record_usage
from dashboard.actions.set_vendor_prices import set_vendor_prices
from dashboard.engine.actors import SHELL
from dashboard.engine.price_lists import ListedPrice
from dashboard.engine.rating import Rates, Tokens
from dashboard.engine.usage import UsageEvent
from dashboard.reports.support.recalculation import dated_rules, every_receipt, recalculated
from dashboard.reports.support.receipts import receipt_grants, usage_of
from tests.books import Story
from tests.cast import ADAM, ANNA, AUD, FIONA, SAM, at, browser, hire, signed_in
from tests.desk import approved
from tests.pages.support.receipts import RECEIPTS, entry_path, opened, somebody, text_of
from tests.shop import NOW, UNPRICED, open_shop

KINDS = {
    "charged": "cost_status = 'computed' and status = 'success' and credits_deducted > 0 and credits_uncovered = 0",
    "stopped": "status = 'cancelled' and credits_deducted > 0",
    "unpriced": "cost_status = 'unpriced' and model_id = 'nobody-knows-it'",
    "priced later": f"cost_status = 'unpriced' and model_id = '{UNPRICED}'",
    "reported": "cost_status = 'reported' and status = 'success'",
    "estimated": "cost_status = 'estimated'",
    "failed with a cost": "status = 'failed' and vendor_cost > 0",
    "long": "input_tokens = 150000",
    "own": "key_mode = 'own'",
    "failed": "status = 'failed' and vendor_cost = 0",
    "limited": "status = 'rate_limited'",
    "partly uncovered": "credits_deducted > 0 and credits_uncovered > 0",
    "uncovered": "credits_deducted = 0 and credits_uncovered > 0",
}


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    """A company with every special case there is, and a multiplier that was changed on the way."""
    open_shop(app, requests=400)
    story = Story(app, somebody()).play("""
        day 0: grant A 30 for $1 allowance until 10
        day 0: grant B 40 for $0
        day 1: use 50.5
        day 2: reverse 3 by 15
        day 3: use 60
        day 4: use 3
        day 12: reverse 3
        day 15: grant C 9 for $0 until 16
        day 25: expire
    """)
    approved(app, hire(app, ADAM), hire(app, ANNA), multiplier=Decimal("1.65"))
    with app.app_context():
        high = Rates(Decimal("0.006"), Decimal("0.02"), Decimal("0.0006"))
        listed = ListedPrice("1", "anthropic", "long-context", Rates(Decimal("0.003"), Decimal("0.015")), 200_000, high)
        set_vendor_prices([listed], source="test", actor=SHELL, now=NOW - timedelta(days=99))
        common: dict[str, Any] = {"customer": story.customer.email, "provider": "anthropic", "model": "long-context"}
        record_usage(
            [
                _event(**common, tokens=Tokens(150_000, 60_000, 0, 100)),
                _event(**common, vendor_cost_usd=Decimal("0.0123456789")),
                _event(**common, vendor_cost_usd=Decimal("0.02"), cost_estimated=True),
                _event(**common, cost_estimated=True),
                _event(**common, vendor_cost_usd=Decimal("0.5"), status="failed"),
                _event(**common | {"model": "nobody-knows-it"}),
            ]
        )
        late = ListedPrice("2", "openai", UNPRICED, Rates(Decimal("0.001"), Decimal("0.002")))
        set_vendor_prices([late], source="test", actor=SHELL, now=NOW - timedelta(days=99))
        correct_usage(SHELL, CorrectionWanted("openai", UNPRICED, "Priced late", charge=True), NOW)
    return app


@pytest.fixture
def sam(shop: Flask) -> FlaskClient:
    return signed_in(shop, SAM)


def _event(**given: Any) -> UsageEvent:
    start = NOW - timedelta(hours=1)
    whole: dict[str, Any] = {
        "request_id": uuid4(), "external_id": None, "provider": "anthropic", "service": "chat", "request_type": "batch",
        "status": "success", "key_mode": "system", "tokens": Tokens(1_000, 10, 5, 99), "vendor_cost_usd": None,
        "cost_estimated": False, "experiment_id": None, "metadata": None, "started_at": start, "completed_at": start,
    }  # fmt: skip
    return UsageEvent(**whole | given)


def one_of(app: Flask, kind: str) -> tuple[UUID, UUID]:
    """A request of a kind."""
    sql = f"select user_id, request_id from token_usage_ledger where {KINDS[kind]} order by created_at, request_id limit 1"
    with app.app_context(), db.snapshot() as connection:
        found = connection.execute(text(sql)).one()
    return found[0], found[1]


def test_every_receipt_recalculates_to_what_is_in_the_books(shop: Flask) -> None:
    with shop.app_context(), db.snapshot() as connection:
        found = list(every_receipt(connection))
        rows = connection.execute(text("select count(*) from token_usage_ledger")).scalar_one()
        corrections = connection.execute(text("select count(*) from usage_correction where credits_deducted > 0"))
        assert corrections.scalar_one() > 0
    assert len(found) == rows > 400
    assert [one for one in found if one.differences] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_request_has_a_receipt_that_matches(shop: Flask, sam: FlaskClient, kind: str) -> None:
    customer_id, request_id = one_of(shop, kind)
    read = text_of(opened(sam, f"{RECEIPTS}/{customer_id}/{request_id}"))
    assert "Recalculated, matches" in read
    says = {
        "charged": "The first rule that fits wins: the tier’s, active since 1 Jan 2025.",
        "unpriced": "Unpriced. No vendor price was known for this model at that time, so nothing was charged.",
        "priced later": "Priced later. No vendor price was known when this was recorded",
        "reported": "The vendor’s bill named this cost; it is recalculated from here on.",
        "long": "210,000 tokens in, above the 200,000 of the long-context price, which holds for all of it.",
        "own": "Own key. The request ran on the customer’s own key: it costs us nothing and is never charged.",
        "failed": "Not charged. The request failed, and such a request is never charged.",
        "failed with a cost": "What the vendor billed all the same is our loss.",
        "limited": "The request was refused, because too many came at once, and such a request is never charged.",
        "partly uncovered": "uncovered: a cost we bear.",
        "uncovered": "No grant was valid then, or none had anything left.",
    }
    assert says.get(kind, "What happened") in read


@pytest.mark.parametrize(
    ("field", "figure"),
    [
        ("vendor_cost_usd", "Vendor cost"),
        ("value_usd", "Value"),
        ("multiplier", "Multiplier"),
        ("credits_due", "Credits due"),
        ("rounding_gain_usd", "Rounding gain"),
        ("credits_deducted", "Credits deducted"),
        ("realised_revenue_usd", "Realised revenue"),
        ("balance_after", "Balance after"),
        ("unit_usd", "Value of a credit"),
    ],
)
def test_a_figure_that_is_off_by_its_last_digit_is_named(shop: Flask, field: str, figure: str) -> None:
    with shop.app_context(), db.snapshot() as connection:
        row = usage_of(connection, *one_of(shop, "charged"))
        assert row is not None
        grants = receipt_grants.all(connection, customer_id=row.customer_id, seqs=[row.deduction_seq])
        rules = dated_rules(connection)
    assert recalculated(row, rules, grants).matches
    wrong = replace(row, **{field: getattr(row, field) + Decimal("1e-18")})
    assert figure in [one.figure for one in recalculated(wrong, rules, grants).differences]


def test_a_row_changed_behind_our_back_differs_on_its_receipt(shop: Flask, sam: FlaskClient, owner: Connection) -> None:
    customer_id, request_id = one_of(shop, "charged")
    sql = "update token_usage_ledger set realised_revenue_usd = realised_revenue_usd + :by where request_id = :id"
    owner.execute(text("alter table token_usage_ledger disable trigger user"))
    owner.execute(text(sql), {"by": Decimal("1e-18"), "id": request_id})
    read = text_of(opened(sam, f"{RECEIPTS}/{customer_id}/{request_id}"))
    owner.execute(text(sql), {"by": Decimal("-1e-18"), "id": request_id})
    owner.execute(text("alter table token_usage_ledger enable trigger user"))
    assert "Differs" in read
    assert "Recalculated, this comes out differently. Nothing was changed" in read
    assert "Realised revenue $" in read


@pytest.mark.parametrize("reason", ["allocation", "expiry", "reversal", "correction", "opening"])
def test_every_kind_of_entry_has_a_receipt_that_matches(shop: Flask, sam: FlaskClient, reason: str) -> None:
    sql = "select user_id, seq from credit_deduction_ledger where reason = :reason order by seq"
    with shop.app_context(), db.snapshot() as connection:
        entries = connection.execute(text(sql), {"reason": reason}).all()
    assert entries
    for customer_id, seq in entries[:8]:
        html = opened(sam, entry_path(customer_id, seq))
        assert "Recalculated, matches" in html
        assert "Balance after it" in html


def test_the_entry_of_a_charge_leads_to_the_receipt_of_its_request(shop: Flask, sam: FlaskClient) -> None:
    customer_id, request_id = one_of(shop, "charged")
    with shop.app_context(), db.snapshot() as connection:
        row = usage_of(connection, customer_id, request_id)
    assert row is not None
    answer = sam.get(entry_path(customer_id, row.deduction_seq or 0))
    assert answer.headers["Location"] == f"{RECEIPTS}/{customer_id}/{request_id}"
    region = sam.get(
        entry_path(customer_id, row.deduction_seq or 0),
        headers={"HX-Request": "true", "HX-Target": "div#support-receipts-show"},
    )
    assert region.get_data(as_text=True).startswith('<div id="support-receipts-show"')


def test_the_rule_that_won_and_those_it_beat_are_named_in_order(app: Flask, shop: Flask, sam: FlaskClient) -> None:
    approved(
        app,
        hire(app, ADAM),
        hire(app, ANNA),
        scope_type="provider",
        tier=None,
        provider="openai",
        multiplier=Decimal("1.9"),
    )
    story = Story(app, somebody())
    with app.app_context():
        start = db_now(app)
        event = _event(
            customer=story.customer.email, provider="openai", model="gpt-4o", started_at=start, completed_at=start
        )
        record_usage([event])
    read = text_of(opened(sam, f"{RECEIPTS}/{story.customer.user_id}/{event.request_id}"))
    assert "Combination: none Model: none Provider: 1.90 Tier Free: 2.00, beaten Default: not reached" in read


def db_now(app: Flask) -> Any:
    with app.app_context(), db.snapshot() as connection:
        return connection.execute(text("select clock_timestamp()")).scalar_one()


def test_the_words_for_the_customer_say_nothing_of_cost_margin_and_ids_of_ours(shop: Flask, sam: FlaskClient) -> None:
    customer_id, request_id = one_of(shop, "partly uncovered")
    page = opened(sam, f"{RECEIPTS}/{customer_id}/{request_id}")
    copied = re.search(r'<textarea id="receipt-words"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert copied
    assert "Balance after: 0 credits" in copied.group(1)
    sheet = opened(sam, f"{RECEIPTS}/{customer_id}/{request_id}/words")
    printed = text_of(sheet[sheet.index("<article") : sheet.index("Back to our receipt")])
    assert "Balance after 0 credits" in printed
    for said in (copied.group(1), printed):
        assert "Charged" in said
        assert str(customer_id) not in said
        assert not [
            word
            for word in ("$", "margin", "cost", "vendor", "multiplier", "entry", "uncovered")
            if word in said.lower()
        ]
    assert "Balance before 0 credits" in text_of(opened(sam, f"{entry_path(customer_id, 1)}/words"))


def test_whoever_prints_the_whole_receipt_reads_that_it_is_not_for_the_customer(shop: Flask, sam: FlaskClient) -> None:
    customer_id, request_id = one_of(shop, "charged")
    assert "For us, not for the customer" in opened(sam, f"{RECEIPTS}/{customer_id}/{request_id}")


def test_a_receipt_is_found_by_the_id_of_its_request_or_its_entry(shop: Flask, sam: FlaskClient) -> None:
    customer_id, request_id = one_of(shop, "charged")
    by_request = sam.get(RECEIPTS, query_string={"q": f" {request_id} "})
    assert by_request.headers["Location"] == f"{RECEIPTS}/{customer_id}/{request_id}"
    by_entry = sam.get(RECEIPTS, query_string={"q": f"{customer_id}-1"})
    assert by_entry.headers["Location"] == entry_path(customer_id, 1)
    nothing = sam.get(RECEIPTS, query_string={"q": str(uuid4())})
    assert "Nothing found." in nothing.get_data(as_text=True)


def test_what_was_moved_by_hand_is_listed_newest_first(shop: Flask, sam: FlaskClient) -> None:
    html = opened(sam, f"{RECEIPTS}?kind=reversals")
    assert text_of(html).count("Given back, entry 3") == 2
    assert "Nothing was moved by hand yet." in opened(sam, f"{RECEIPTS}?kind=deductions")
    assert "Given back" in opened(sam, f"{RECEIPTS}?cursor=nonsense&kind=none")


def test_the_dearest_requests_of_the_last_days_are_a_click_away(shop: Flask, sam: FlaskClient) -> None:
    with at(shop, NOW):
        html = opened(signed_in(shop, SAM), f"{RECEIPTS}?kind=large")
    customer_id, request_id = one_of(shop, "failed with a cost")
    assert f"{RECEIPTS}/{customer_id}/{request_id}" in html
    assert "The dearest requests of the last 7 days" in html


def test_finance_and_the_auditor_read_receipts_and_a_stranger_is_sent_to_sign_in(shop: Flask) -> None:
    customer_id, request_id = one_of(shop, "charged")
    path = f"{RECEIPTS}/{customer_id}/{request_id}"
    for person in (FIONA, AUD):
        assert "Reading only." in opened(signed_in(shop, person), path)
    assert browser(shop).get(path).headers["Location"].startswith("/sign-in?next=")


def test_there_is_no_receipt_of_what_is_not_there(shop: Flask, sam: FlaskClient) -> None:
    customer_id, request_id = one_of(shop, "charged")
    for path in (
        f"{RECEIPTS}/{customer_id}/{uuid4()}",
        f"{RECEIPTS}/{uuid4()}/{request_id}",
        entry_path(customer_id, 999_999),
        entry_path(customer_id, 10**30),
        f"{entry_path(customer_id, 10**30)}/words",
        f"{RECEIPTS}/{customer_id}/{uuid4()}/words",
    ):
        assert sam.get(path).status_code == 404
