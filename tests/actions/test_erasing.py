"""Erasing a person: nothing of them is found anywhere, and no total changes."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from dashboard import db
from dashboard.actions.add_customers import add_customers
from dashboard.actions.approve import approve
from dashboard.actions.erase_customer import erase_customer
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.grant_credits import grant_credits
from dashboard.actions.keep_rejects import RawReject, keep_rejects
from dashboard.actions.record_usage import record_usage
from dashboard.actions.reject import reject
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL
from dashboard.engine.by_hand import GrantOrder, NotAllowedError
from dashboard.engine.customers import NewCustomer
from dashboard.engine.erasing import ErasureOrder
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.reports.checks import broken
from dashboard.store.approvals import ApprovalRequest
from tests.cast import ADAM, ANNA, OLGA, SAM, csrf_of, hire, key, signed_in
from tests.conftest import owned
from tests.importers.files import run
from tests.shop import NOW, OPENED, customer_id, open_shop
from tests.unchanged import unchanged

MARY = NewCustomer("mary.quux@example.com", "Mary Quux", "pro", "monthly", OPENED, 1)
TRACES = ("mary", "quux")
COLUMNS = """
    select columns.table_name, columns.column_name
    from information_schema.columns
    join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE'
        and columns.data_type in ('text', 'jsonb', 'json', 'character varying', 'ARRAY')
"""
TOTALS = """
    select
        (select sum(amount) from credit_deduction_ledger),
        (select sum(remaining) from user_credit_source),
        (select sum(paid_usd) from user_credit_source),
        (select sum(amount) from user_credit_balance),
        (select count(*) || ' ' || sum(vendor_cost) || ' ' || sum(realised_revenue_usd) || ' ' || sum(credits_due) from token_usage_ledger),
        (select sum(requests) || ' ' || sum(credits_deducted) || ' ' || sum(vendor_cost_usd) from usage_customer_daily)
"""


def found_in(owner: Connection, *words: str) -> set[str]:
    """Every text and JSON column of the database that speaks of them."""
    places = owner.execute(text(COLUMNS)).all()
    assert len(places) > 150, "the scan looks at few columns"
    found = set()
    for table, column in places:
        for word in words:
            sql = f'select count(*) from "{table}" where strpos(lower("{column}"\\:\\:text), :word) > 0'
            if owner.execute(text(sql), {"word": word}).scalar_one():
                found.add(f"{table}.{column}")
    return found


@pytest.fixture(scope="module")
def books(app: Flask, database: Urls) -> Flask:
    """A shop with Mary in it, and Mary everywhere."""
    open_shop(app, requests=60)
    sam, adam = hire(app, SAM), hire(app, ADAM)
    api_key_id = key(app, "credits:write")[1]
    now = datetime.now(UTC)
    with app.app_context():
        add_customers([MARY], actor=SHELL, now=OPENED)
        order = GrantOrder(MARY.user_id, uuid4(), Decimal(90), "other", paid_usd=Decimal(9))
        grant_credits(adam, order, note="Mary Quux telephoned", now=now)
        big = GrantOrder(MARY.user_id, uuid4(), Decimal(90_000), "goodwill")
        waits = grant_credits(sam, big, note="for Mary Quux", now=now)
        assert isinstance(waits, AwaitsApproval)
        reject(adam, waits.request_id, seen_sha256=seen(waits), reason="Mary Quux has had enough", now=now)
        record_usage([used(1, "Mary Quux asked"), used(2, None)])
        fold_usage()
        raw = {"customer": MARY.email.upper(), "model": "gpt"}
        keep_rejects([RawReject(3, "bad_value", f"{MARY.email} is wrong", raw)], import_run_id=None, now=now)
    with owned(database) as owner:
        named: dict[str, Any] = {"key": api_key_id, "user": MARY.user_id, "email": MARY.email, "now": now}
        for statement in EVERYWHERE:
            owner.execute(text(statement), {name: named[name] for name in re.findall(r":(\w+)", statement)})
    return app


EVERYWHERE = (
    "insert into idempotency_key values (:key, '/x', 'for ' || :email, sha256('a'), 200, '{}', :now)",
    "insert into idempotency_key values (:key, '/x', 'b', sha256('b'), 200, '{\"customer\": \"' || :user || '\"}', :now)",
    (
        "insert into webhook_endpoint (id, url, sealed_secret, events, created_at)"
        " values (gen_random_uuid(), 'https://a.example', 'x', '{credits.low}', :now)"
    ),
    (
        "insert into webhook_delivery (id, endpoint_id, event_id, event, body, created_at)"
        " select gen_random_uuid(), id, gen_random_uuid(), 'credits.low', jsonb_build_object('customer', :user), :now"
        " from webhook_endpoint"
    ),
    "insert into webhook_attempt (delivery_id, n, tried_at, seconds) select id, 1, :now, 1 from webhook_delivery",
    "insert into job_failure (job, failed_at, reason) values ('fold_usage', :now, 'no ' || :email)",
    (
        "update subscription_monetization set cancellation_reason = 'Mary Quux moves', stripe_customer_id = 'cus_quux'"
        " where user_id = :user"
    ),
)


def used(number: int, said: str | None) -> Any:
    """A request of Mary's, and what the caller said beside it."""
    from tests.pages.finance.test_customers import dollar_request

    made = dollar_request(number, at_hour=-number)
    given = {field: getattr(made, field) for field in made.__dataclass_fields__ if field != "body_sha256"}
    metadata = None if said is None else f'{{"who": "{said}"}}'
    given |= {"customer": MARY.email, "metadata": metadata, "external_id": f"mary-{number}" if said else None}
    return type(made)(**given)


def seen(waiting: AwaitsApproval) -> str:
    """What somebody saw of a request who opened it."""
    with db.transaction() as session:
        return session.get_one(ApprovalRequest, waiting.request_id).payload_sha256.hex()


def asked(app: Flask, user_id: UUID, email: str) -> AwaitsApproval:
    """Let Adam ask for somebody to be erased."""
    return erase_customer(hire(app, ADAM), ErasureOrder(user_id, "asked"), confirmation=email, now=datetime.now(UTC))


def test_nothing_of_mary_is_found_and_no_total_changes(books: Flask, database: Urls) -> None:
    with owned(database) as owner:
        before = owner.execute(text(TOTALS)).one()
        assert {
            "users.name", "users.email", "unique_key.value", "personal_note.body", "token_usage_ledger.metadata",
            "token_usage_ledger.external_id", "usage_reject.raw", "usage_reject.reason", "idempotency_key.key",
            "job_failure.reason", "approval_request.decision_reason",
            "subscription_monetization.cancellation_reason", "subscription_monetization.stripe_customer_id",
        } == found_in(owner, *TRACES)  # fmt: skip
        with books.app_context():
            waits = asked(books, MARY.user_id, MARY.email)
            approve(hire(books, ANNA), waits.request_id, seen_sha256=seen(waits), now=datetime.now(UTC))
            fold_usage()
        assert found_in(owner, *TRACES) == set()
        by_id = found_in(owner, str(MARY.user_id))
        assert by_id <= {"approval_request.payload", "audit_log.after", "audit_log.object_id"}
        assert owner.execute(text(TOTALS)).one() == before
    with books.app_context(), db.snapshot() as connection:
        assert broken(connection) == {}


def test_mary_takes_no_more_usage_and_may_come_back_as_somebody_new(books: Flask) -> None:
    with books.app_context():
        by_email, by_id = record_usage([used(7, None)])[0], record_usage([_of(used(8, None), str(MARY.user_id))])[0]
        assert by_email.outcome == "unknown_customer"
        assert by_id.outcome == "erased_customer"
        with pytest.raises(RuleBrokenError, match="has been erased already"):
            asked(books, MARY.user_id, "")
        again = NewCustomer(MARY.email, MARY.name, "free", "monthly", OPENED, 1)
        assert [one.outcome for one in add_customers([again], actor=SHELL, now=NOW)] == ["added"]
        assert again.user_id != MARY.user_id
        assert [one.outcome for one in add_customers([_anew(again)], actor=SHELL, now=NOW)] == ["known"]


def test_an_erasure_takes_the_address_and_another_person(books: Flask) -> None:
    bea = customer_id("bea")
    with books.app_context(), unchanged(books):
        for who, error in ((SAM, NotAllowedError), (ADAM, InvalidInputError)):
            actor = hire(books, who)
            with pytest.raises(error):
                erase_customer(actor, ErasureOrder(bea, "asked"), confirmation="bea", now=datetime.now(UTC))
    with books.app_context():
        waits = asked(books, bea, " Bea@example.com ")
        with pytest.raises(RuleBrokenError, match="waits for a second person"):
            asked(books, bea, "bea@example.com")
        with unchanged(books), pytest.raises(NotAllowedError):
            approve(hire(books, ADAM), waits.request_id, seen_sha256=seen(waits), now=datetime.now(UTC))
        late = datetime.now(UTC) + timedelta(hours=25)
        with unchanged(books), pytest.raises(RuleBrokenError, match="expired"):
            approve(hire(books, ANNA), waits.request_id, seen_sha256=seen(waits), now=late)


def test_the_app_cannot_erase_without_an_approval(books: Flask, connection: Connection) -> None:
    erase = text("select erase_customer(:user, :request)")
    with pytest.raises(Exception, match="no such request"):
        connection.execute(erase, {"user": customer_id("ada"), "request": uuid4()})
    connection.rollback()
    with pytest.raises(Exception, match="permission denied"):
        connection.execute(text("select forget_words_of(:user, '')"), {"user": customer_id("ada")})


def test_olga_sees_what_goes_and_what_stays_and_asks_on_the_page(books: Flask) -> None:
    path = f"/support/accounts/{customer_id('cleo')}/erasure"
    olga, adam = signed_in(books, OLGA), signed_in(books, ADAM)
    page = olga.get(path).text
    assert "What goes, for good" in page
    assert "cleo@example.com" in page
    sent = {"csrf_token": csrf_of(olga), "cause": "asked", "confirmation": "dora@example.com"}
    with unchanged(books):
        refused = olga.post(path, data=sent)
    assert (refused.status_code, "exactly as it stands above" in refused.text) == (422, True)
    done = olga.post(path, data={**sent, "confirmation": "cleo@example.com"})
    assert done.status_code == 303
    shown = adam.get(done.headers["Location"]).text
    assert "erase this person for good" in shown
    fields = {"csrf_token": csrf_of(adam), "seen": re.findall(r'name="seen" value="(\w+)"', shown)[0]}
    assert adam.post(f"{done.headers['Location']}/approval", data=fields, follow_redirects=True).status_code == 200
    account = adam.get(f"/support/accounts/{customer_id('cleo')}").text
    assert "This person was erased" in account
    assert adam.get(path).status_code == 409
    assert signed_in(books, SAM).get(path).status_code == 403


def test_the_shell_shows_and_asks(books: Flask) -> None:
    seen_only = run(books, "erase-customer", "dora@example.com", "--reason", "duty")
    assert "goes   Name and e-mail address" in seen_only.output
    assert "Nothing was changed." in seen_only.output
    asked_for = run(books, "erase-customer", "dora@example.com", "--reason", "duty", "--confirm", "dora@example.com")
    assert "can approve request" in asked_for.output


def _of(event: Any, customer: str) -> Any:
    given = {field: getattr(event, field) for field in event.__dataclass_fields__ if field != "body_sha256"}
    return type(event)(**given | {"customer": customer})


def _anew(customer: NewCustomer) -> NewCustomer:
    return NewCustomer(customer.email, customer.name, customer.tier, customer.billing_cycle, customer.started_at, 1)
