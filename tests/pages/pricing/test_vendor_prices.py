"""Pricing → Vendor prices, as admins and finance use it: see, bring in, decide, answer, correct."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.embedded import Urls
from dashboard.reports.checks import broken
from tests.cast import ADAM, FIONA, at, signed_in
from tests.conftest import owned
from tests.pages.pricing.price_desk import HEADER, PRICES, page, sent
from tests.shop import NOW, UNPRICED, Facts, open_shop

DIFFERENCES = f"{PRICES}/differences"
SHOP: dict[str, Facts] = {}


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    SHOP["facts"] = open_shop(app)
    return app


@pytest.fixture
def adam(shop: Flask) -> Iterator[FlaskClient]:
    with at(shop, NOW):
        yield signed_in(shop, ADAM)


@pytest.fixture
def fiona(shop: Flask) -> Iterator[FlaskClient]:
    with at(shop, NOW):
        yield signed_in(shop, FIONA)


def upload(browser: FlaskClient, lines: str, name: str = "vendor.csv") -> str:
    file = (BytesIO((HEADER + lines).encode()), name)
    where = sent(browser, f"{PRICES}/lists", form="csv", file=file)
    return page(browser, where)


def line_of(shop: Flask, model: str, state: str = "open") -> UUID:
    with shop.app_context(), db.snapshot() as connection:
        found = connection.execute(
            text("select id from price_sync_line where model_name = :model and state = :state"),
            {"model": model, "state": state},
        ).scalar_one()
        return UUID(str(found))


def test_finance_sees_what_has_no_price_first_and_changes_nothing(fiona: FlaskClient) -> None:
    shown = page(fiona, PRICES)
    assert shown.index(UNPRICED) < shown.index("gpt-4o")
    assert f"{SHOP['facts'].unpriced} requests waiting" in shown
    assert "$0.002500" in shown
    assert "Never compared" in shown
    assert "Bring in prices" not in shown
    found = page(fiona, f"{PRICES}?q=GPT&provider=openai&sort=model")
    assert "gpt-4o" in found
    assert "claude-sonnet-4-5</a>" not in found
    exported = page(fiona, f"{PRICES}/export/csv?show=unpriced")
    assert exported.splitlines()[1].startswith(f"OpenAI,{UNPRICED},")
    with fiona.get(f"{PRICES}/export/xlsx") as sheet:
        assert sheet.status_code == 200
    assert "Every price, and the usage at it" in page(fiona, f"{PRICES}/openai/gpt-4o")
    assert page(fiona, f"{PRICES}/export/csv/openai/gpt-4o").count("\n") == 2
    page(fiona, f"{PRICES}/openai/nobody-knows", 404)


def test_a_difference_is_weighed_refused_or_accepted(shop: Flask, adam: FlaskClient, fiona: FlaskClient) -> None:
    shown = upload(adam, "openai,gpt-4o,0.003,0.012\nanthropic,claude-sonnet-4-5,0.003,0.0155\nopenai,slip,5,15\n")
    assert "2 differences to decide, 0 unchanged, 1 blocked. No price was changed." in shown
    assert "Above 10%" in shown
    assert "given per million tokens where per 1,000 tokens is meant" in page(
        fiona, f"{DIFFERENCES}/{line_of(shop, 'slip', 'blocked')}"
    )
    gpt, claude = line_of(shop, "gpt-4o"), line_of(shop, "claude-sonnet-4-5")
    one = page(fiona, f"{DIFFERENCES}/{gpt}")
    assert "Margin, price stays" in one
    assert "Keep the customer’s price" in one
    assert "Accept $" not in one
    assert "is missing" in sent(adam, f"{DIFFERENCES}/{claude}/refusal", 422, reason=" ")
    sent(adam, f"{DIFFERENCES}/{claude}/refusal", reason="Their page says otherwise")
    assert "Their page says otherwise" in page(fiona, f"{DIFFERENCES}/{claude}")
    assert "effective_from-error" in sent(adam, f"{DIFFERENCES}/{gpt}/acceptance", 422, effective_from="soon")
    sent(adam, f"{DIFFERENCES}/{gpt}/acceptance", effective_from="2026-10-15")
    history = page(fiona, f"{PRICES}/openai/gpt-4o")
    assert "▲ +20.0%" in history
    assert "Nothing is re-rated by itself" in history
    assert page(fiona, f"{DIFFERENCES}/export/csv?show=decided").count("\n") == 3
    sent(fiona, f"{DIFFERENCES}/{gpt}/refusal", 403, reason="I would rather not")


def test_a_whole_list_in_another_unit_is_stopped_with_that_reason(adam: FlaskClient) -> None:
    entries = ",".join(
        f'"{model}": {{"litellm_provider": "{vendor}", "input_cost_per_token": {price}, "output_cost_per_token": {price}}}'
        for model, vendor, price in (
            ("gpt-4o", "openai", 3),
            ("claude-sonnet-4-5", "anthropic", 5),
            ("new-one", "openai", 1),
        )
    )
    file = (BytesIO(f"{{{entries}}}".encode()), "list.json")
    shown = page(adam, sent(adam, f"{PRICES}/lists", form="litellm", file=file))
    assert "given per million tokens where per token is meant" in shown
    assert "list.json was stopped." in shown
    assert "Stopped" in page(adam, PRICES)
    assert "is not JSON" in sent(adam, f"{PRICES}/lists", 422, form="litellm", file=(BytesIO(b"{"), "x.json"))


def test_one_click_writes_drafts_in_both_variants(shop: Flask, adam: FlaskClient) -> None:
    upload(adam, "google,gemini-2.5-pro,0.0015,0.012\n", "google.csv")
    line = line_of(shop, "gemini-2.5-pro")
    assert "Choose one of the two variants" in sent(adam, f"{DIFFERENCES}/{line}/drafts", 422, variant="both")
    for variant in ("keep_price", "keep_margin"):
        sent(adam, f"{DIFFERENCES}/{line}/drafts", variant=variant)
    shown = page(adam, f"{DIFFERENCES}/{line}")
    assert len(re.findall(r'href="/pricing/proposals/[^"]+">PC-', shown)) >= 8
    assert "Written already; decide or withdraw those first." in shown
    with shop.app_context(), db.snapshot() as connection:
        found = connection.execute(
            text(
                "select scope.scope_type, scope.subscription_tier, config.margin_multiplier, config.reason_details"
                " from pricing_configs as config join pricing_scope as scope on scope.id = config.scope_id"
                " where config.approval_status = 'draft' order by config.created_at, config.id"
            )
        ).all()
    # The price rose by a fifth; every tier has a multiplier of its own, and keeps what its customers pay.
    kept = {row.subscription_tier: row.margin_multiplier for row in found if "go on paying" in row.reason_details}
    same = {
        row.subscription_tier: row.margin_multiplier for row in found if "No change is needed" in row.reason_details
    }
    assert {row.scope_type for row in found} == {"combination"}
    assert {tier: round(multiplier * Decimal("1.2"), 3) for tier, multiplier in kept.items()} == same
    assert len(same) >= 4


def test_one_click_never_drafts_a_price_below_cost(shop: Flask, adam: FlaskClient) -> None:
    upload(adam, "google,gemini-2.5-pro,0.0125,0.1\n", "google.csv")
    line = line_of(shop, "gemini-2.5-pro")
    assert "below cost are not drafted here" in page(adam, f"{DIFFERENCES}/{line}")
    refused = sent(adam, f"{DIFFERENCES}/{line}/drafts", 422, variant="keep_price")
    assert "each is so already or below cost. Nothing was changed." in refused


def test_whoever_accepts_sees_every_price_that_changes(shop: Flask, adam: FlaskClient) -> None:
    lines = BytesIO(
        b"provider,model,input_price_per_1k,output_price_per_1k,cache_hit_price_per_1k,context_threshold_tokens,"
        b"input_price_per_1k_high_context,output_price_per_1k_high_context\n"
        b"anthropic,claude-sonnet-4-5,0.003,0.015,0.0003,200000,0.006,0.0225\n"
    )
    sent(adam, f"{PRICES}/lists", form="csv", file=(lines, "context.csv"))
    where = f"{DIFFERENCES}/{line_of(shop, 'claude-sonnet-4-5')}"
    panel = re.search(r'aria-labelledby="accept".*?</form>', page(adam, where), re.DOTALL)
    assert panel
    for said in ("Cached input", "as input", "$0.000300", "Output, large context", "$0.022500", "200,000", "never"):
        assert said in panel.group(), said
    sent(adam, f"{where}/acceptance")
    typed = page(adam, f"{PRICES}/new?provider=anthropic&model=claude-sonnet-4-5")
    for value in ("0.003", "0.0003", "200000", "0.0225"):
        assert f'value="{value}"' in typed, value


def test_a_price_by_hand_is_shown_before_it_holds_and_waiting_usage_is_corrected(
    shop: Flask, adam: FlaskClient, fiona: FlaskClient
) -> None:
    assert 'value="2026-10-25' in page(adam, f"{PRICES}/new?provider=openai&model={UNPRICED}&effective_from=2026-10-25")
    typed: dict[str, Any] = {
        "provider": "openai",
        "model": UNPRICED,
        "input_price_per_1k": "0.001",
        "output_price_per_1k": "",
    }
    assert "is missing" in sent(adam, f"{PRICES}/prices", 422, **typed)
    where = sent(adam, f"{PRICES}/prices", **{**typed, "output_price_per_1k": "0.004"})
    assert "names a price" in page(adam, where)
    accepted = page(adam, sent(adam, f"{where}/acceptance"))
    assert "The price is set, the first of this model." in accepted
    listed = page(adam, f"{PRICES}?show=unpriced")
    assert "Priced since" in listed
    assert f"{PRICES}/corrections/openai/{UNPRICED}" in listed
    corrections = f"{PRICES}/corrections/openai/{UNPRICED}"
    asked = page(adam, corrections)
    waiting = SHOP["facts"].unpriced
    assert f"Correct {waiting} requests" in asked
    assert "Choose what happens" in sent(adam, corrections, 422, reason="Late")
    run = sent(adam, corrections, credits="charge", reason="Priced late")
    assert f"{waiting} requests corrected" in page(fiona, run)
    assert "Nothing to correct." in page(adam, corrections)
    assert run in page(adam, corrections)
    assert "Usage that waits for a price" not in page(fiona, PRICES)
    with shop.app_context(), db.snapshot() as connection:
        assert {law: n for law, n in broken(connection).items() if law != "audit_chain_unbroken"} == {}
        request = connection.execute(text("select user_id, request_id from usage_correction limit 1")).one()
    shown = page(fiona, f"/finance/ledger-rows/{request.user_id}/{request.request_id}")
    assert "Priced later." in shown
    assert "Priced late</td>" in shown
    page(fiona, corrections, 403)


def test_corrections_that_wait_or_failed_say_so(fiona: FlaskClient, database: Urls) -> None:
    adding = text(
        "insert into correction_run (provider_id, model_id, charge, reason, status, requests, requests_done,"
        " requested_name, requested_at, started_at, finished_at, failure)"
        " select id, :model, false, 'Late', :status, 20000, :done, 'Adam Keller', now(), now(), :ended, :failure"
        " from providers where name = 'openai' returning id"
    )
    given = (("waiting", 0, None, None), ("running", 5000, None, None), ("failed", 5000, NOW, "OSError: disk full"))
    for status, done, ended, failure in given:
        with owned(database) as books:
            about = {"model": f"m-{status}", "status": status, "done": done, "ended": ended, "failure": failure}
            run_id = books.execute(adding, about).scalar_one()
        shown = page(fiona, f"{PRICES}/correction-runs/{run_id}")
        said = {
            "waiting": "Waiting for a worker",
            "running": "5,000 of 20,000 requests",
            "failed": "OSError: disk full",
        }
        assert said[status] in shown
        assert ("every 2s" in shown) is (status != "failed")
    page(fiona, f"{PRICES}/correction-runs/{UUID(int=1)}", 404)


def test_a_price_ends_and_its_model_is_unpriced_again(shop: Flask, adam: FlaskClient) -> None:
    shown = page(adam, f"{PRICES}/openai/{UNPRICED}")
    ending = re.search(r'action="([^"]+/end)"', shown)
    assert ending
    form: dict[str, Any] = {"provider": "openai", "model": UNPRICED}
    assert "is missing. Nothing was changed." in page(adam, sent(adam, ending[1], **form))
    past: dict[str, Any] = {**form, "reason": "Withdrawn", "ends_at": "2026-10-01"}
    assert "A price ends now or later" in page(adam, sent(adam, ending[1], **past))
    assert "The price ends" in page(adam, sent(adam, ending[1], **form, reason="Withdrawn"))
    with at(shop, datetime.now(UTC)):
        assert "No price holds" in page(signed_in(shop, ADAM), f"{PRICES}/openai/{UNPRICED}")


def test_the_library_is_compared_when_somebody_asks(adam: FlaskClient) -> None:
    assert "to decide" in page(adam, sent(adam, f"{PRICES}/comparisons"))
    assert "genai-prices" in page(adam, f"{DIFFERENCES}?show=unused")
