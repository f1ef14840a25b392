"""POST /api/v1/usage and what became of a request, as a gateway uses them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dashboard import db
from dashboard.actions.charge_request import charge_request
from dashboard.reports.checks import broken
from tests.api.reporting import STARTED, Gateway, event
from tests.cast import at, key
from tests.shop import NOW, open_shop
from tests.unchanged import everything, unchanged


@pytest.fixture(scope="module")
def gateway(app: Flask) -> Iterator[Gateway]:
    open_shop(app, requests=40)
    with at(app, NOW):
        yield Gateway(app, key(app, "usage:write")[0])


def rows(app: Flask, sql: str, **given: object) -> list[Any]:
    with app.app_context(), db.transaction() as session:
        return list(session.execute(text(sql), given))


def test_a_reported_request_is_charged_and_answered_with_its_receipt(gateway: Gateway) -> None:
    sent = event()
    answer = gateway.post(sent)
    assert answer.status_code == 201
    receipt = answer.get_json()
    draws = receipt.pop("draws")
    balance = receipt.pop("balance")
    # 1,000 × .0025 + 2,000 × .01 per thousand = $0.0225, × 1.2 = $0.027: 27 credits.
    assert receipt == {
        "request_id": sent["request_id"],
        "credits_due": "27.000000",
        "credits_deducted": "27.000000",
        "credits_uncovered": "0.000000",
        "vendor_cost_usd": "0.022500000000",
        "credit_value_usd": "0.027000000000",
        "multiplier": "1.2000",
        "multiplier_scope": "tier",
        "replayed": False,
        "over_monthly_cap": False,
    }
    assert [draw["credits"] for draw in draws] == ["27.000000"]
    found = rows(
        gateway.app,
        "select amount from user_credit_balance where user_id = (select user_id from unique_key where value = :email)",
        email="dora@example.com",
    )
    assert f"{found[0].amount}" == balance


def test_the_same_request_again_is_a_replay_and_another_body_is_refused(gateway: Gateway) -> None:
    sent = event()
    first = gateway.post(sent).get_json()
    gateway.post(event())
    with unchanged(gateway.app):
        again = gateway.post(sent)
        other = gateway.post({**sent, "output_tokens": 2001})
    assert again.status_code == 200
    assert again.get_json() == {**first, "replayed": True}
    assert other.status_code == 409
    assert "another body" in other.get_json()["detail"]


def test_whoever_never_got_an_answer_asks_what_became_of_it(gateway: Gateway) -> None:
    sent = event(request_id="run 7, step 1")
    receipt = gateway.post(sent).get_json()
    assert gateway.get("run 7, step 1?customer=dora@example.com").get_json() == receipt
    assert gateway.get("run 7, step 2?customer=dora@example.com").status_code == 404
    assert gateway.get("run 7, step 1?customer=ada@example.com").status_code == 404
    assert gateway.get("run 7, step 1").status_code == 422


def test_what_the_balance_cannot_pay_is_recorded_all_the_same(gateway: Gateway) -> None:
    answer = gateway.post(event(customer="ada@example.com", output_tokens=10_000_000))
    receipt = answer.get_json()
    assert answer.status_code == 201
    due, deducted, uncovered = (Decimal(receipt[f"credits_{name}"]) for name in ("due", "deducted", "uncovered"))
    assert due == deducted + uncovered
    assert uncovered > 0


def test_a_model_without_a_price_is_unpriced_and_never_free(gateway: Gateway) -> None:
    receipt = gateway.post(event(model="unheard-of")).get_json()
    assert (receipt["vendor_cost_usd"], receipt["credits_due"]) == (None, "0.000000")


def test_a_dry_run_shows_the_receipt_and_writes_nothing(gateway: Gateway) -> None:
    sent = event()
    with unchanged(gateway.app):
        answer = gateway.post(sent, "?dry_run=true")
        assert gateway.post([sent, event(customer="nobody")], "?dry_run=true").get_json()["accepted"] == 1
    shown = answer.get_json()
    assert answer.status_code == 200
    assert shown.pop("dry_run") is True
    assert gateway.post(sent).get_json() == shown


def test_of_an_array_the_good_rows_land_and_the_others_are_named(gateway: Gateway) -> None:
    good, known = event(), event()
    gateway.post(known)
    answer = gateway.post([good, event(input_tokens=-1), known, event(customer="nobody@example.com"), "text", good])
    assert answer.status_code == 200
    found = answer.get_json()
    assert (found["accepted"], found["replayed"]) == (1, 2)
    assert [(row["index"], row["errors"][0]["field"]) for row in found["rejected"]] == [
        (1, "input_tokens"),
        (3, "customer"),
        (4, ""),
    ]


def test_with_atomic_one_bad_row_keeps_all_out(gateway: Gateway) -> None:
    good, known = event(), event()
    gateway.post(known)
    with unchanged(gateway.app):
        for bad in (event(input_tokens=-1), event(provider="nobody"), {**known, "output_tokens": 1}):
            answer = gateway.post([good, bad], "?atomic=true")
            assert answer.status_code == 422
            assert [row["index"] for row in answer.get_json()["rejected"]] == [1]
    assert gateway.post([good, known], "?atomic=true").get_json() == {"accepted": 1, "replayed": 1, "rejected": []}


def test_a_cloud_event_names_its_customer_and_its_time_around_the_usage(gateway: Gateway) -> None:
    envelope: dict[str, object] = {
        "specversion": "1.0",
        "id": "42",
        "source": "/gateway/eu",
        "type": "tokens.used",
        "subject": "dora@example.com",
        "time": STARTED,
        "data": {
            "provider": "openai",
            "model": "gpt-4o",
            "usage": {"prompt_tokens": 1000, "completion_tokens": "2000"},
        },
    }
    single = gateway.post(envelope, content_type="application/cloudevents+json")
    assert (single.status_code, single.get_json()["credits_due"]) == (201, "27.000000")
    batch = [envelope, {**envelope, "source": "/gateway/us"}, {**envelope, "data": "none"}]
    found = gateway.post(batch, content_type="application/cloudevents-batch+json").get_json()
    assert (found["accepted"], found["replayed"]) == (1, 1)
    assert found["rejected"] == [
        {"index": 2, "errors": [{"field": "data", "detail": "must be a JSON object: the usage"}]}
    ]
    assert gateway.get("42?customer=dora@example.com&source=/gateway/us").status_code == 200


def test_who_nobody_knows_is_refused_and_the_event_kept_once_to_be_repaired(gateway: Gateway) -> None:
    sent = event(customer="late@example.com", metadata={"ratio": 0.5})
    before = everything(gateway.app)
    for _ in range(2):
        answer = gateway.post(sent)
        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["field"] == "customer"
    assert gateway.post(event(provider="nobody")).get_json()["errors"][0]["field"] == "provider"
    after = everything(gateway.app)
    assert [table for table in after if after[table] != before[table]] == ["usage_reject"]
    kept = rows(
        gateway.app,
        "select code, raw, keep_until - received_at = interval '90 days' as for_90_days from usage_reject where raw->>'request_id' = :id",
        id=sent["request_id"],
    )
    assert [(row.code, row.for_90_days) for row in kept] == [("unknown_customer", True)]
    assert kept[0].raw["metadata"] == {"ratio": 0.5}


def test_a_key_that_may_only_read_reports_nothing(gateway: Gateway) -> None:
    reader = Gateway(gateway.app, key(gateway.app, "analytics:read")[0])
    sent = event()
    with unchanged(gateway.app):
        assert reader.post(sent).status_code == 403
    assert gateway.post(sent).status_code == 201


def test_when_the_database_is_gone_nobody_claims_to_know_and_sending_again_is_safe(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = event()

    def recorded_unheard(*given: Any, **named: Any) -> Any:
        charge_request(*given, **named)
        raise OperationalError("charge", {}, RuntimeError("server closed the connection"))

    with monkeypatch.context() as patch:
        patch.setattr("dashboard.api.v1.usage.charge_request", recorded_unheard)
        answer = gateway.post(sent)
    assert answer.status_code == 503
    assert "not known" in answer.get_json()["detail"]
    again = gateway.post(sent)
    assert (again.status_code, again.get_json()["replayed"]) == (200, True)


def test_twenty_threads_with_one_request_make_one_charge(gateway: Gateway) -> None:
    sent = event(customer="cleo@example.com")
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: gateway.post(sent), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.get_json()["balance"] for answer in answers}) == 1
    charged = "select count(*) as charges from credit_deduction_ledger where request_id = :id"
    assert rows(gateway.app, charged, id=sent["request_id"])[0].charges == 1


def test_after_all_of_it_every_law_of_the_books_holds(gateway: Gateway) -> None:
    with gateway.app.app_context(), db.snapshot() as connection:
        assert broken(connection) == {}
