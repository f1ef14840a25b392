"""Perpetual licences: sold, used on three devices, upgraded, suspended, traded in, revoked by two people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from dashboard import db
from dashboard.actions.activate_device import activate_device, deactivate_device
from dashboard.actions.approve import approve
from dashboard.actions.charge_request import charge_request
from dashboard.actions.invoicing import account_credit_of
from dashboard.actions.record_usage import record_usage
from dashboard.actions.revoke_license import revoke_license
from dashboard.actions.sell_license import LicenseWanted, sell_license
from dashboard.actions.suspend_license import suspend_license
from dashboard.actions.trade_in_license import trade_in_license
from dashboard.actions.upgrade_license import upgrade_license
from dashboard.engine.actors import SHELL
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.licences import RevocationOrder, hash_of, read_version
from dashboard.engine.usage import UsageEvent
from dashboard.reports.checks import broken
from dashboard.store.approvals import ApprovalRequest
from dashboard.store.customers import UniqueKey
from dashboard.store.licences import PerpetualLicense
from tests.cast import ADAM, ANNA, hire
from tests.pages.finance.test_customers import dollar_request
from tests.shop import customer_id, open_shop
from tests.unchanged import unchanged

NOW = datetime.now(UTC).replace(microsecond=0)
BEA, CLEO = customer_id("bea"), customer_id("cleo")


@pytest.fixture(scope="module")
def books(app: Flask) -> Flask:
    open_shop(app, requests=20)
    return app


def sold(app: Flask, user_id: UUID = BEA, *, price: str = "199.00", when: datetime = NOW, byok: bool = True) -> UUID:
    """Sell a licence, paid by a transfer of its own."""
    wanted = LicenseWanted(uuid4(), user_id, read_version("1.4.0"), Decimal(price), byok, f"T-{uuid4()}")
    return sell_license(hire(app, ADAM), wanted, now=when).license_id


def test_a_licence_is_sold_once_for_a_payment_of_its_own_and_its_key_is_kept_nowhere(books: Flask) -> None:
    adam = hire(books, ADAM)
    wanted = LicenseWanted(uuid4(), BEA, read_version("1.4.0"), Decimal("199.00"), reference="T-1")
    with books.app_context():
        with unchanged(books), pytest.raises(InvalidInputError):
            sell_license(adam, LicenseWanted(uuid4(), BEA, wanted.version, Decimal(199)), now=NOW)
        key = sell_license(adam, wanted, now=NOW).key
        for again in (wanted, LicenseWanted(uuid4(), CLEO, wanted.version, Decimal(199), reference="T-1")):
            with unchanged(books), pytest.raises(RuleBrokenError, match="already"):
                sell_license(adam, again, now=NOW)
        with db.transaction() as session:
            assert session.get_one(UniqueKey, ("license_key", hash_of(key))).user_id == BEA
            row = session.get_one(PerpetualLicense, (BEA, wanted.license_id))
            assert (row.status, row.eligible_until_version, row.key_tail) == ("active", "1.99.99", key[-4:])
        with db.snapshot() as connection:
            assert broken(connection) == {}


def test_a_licence_has_three_seats_and_a_device_gives_its_own_to_another(books: Flask) -> None:
    adam = hire(books, ADAM)
    with books.app_context():
        license_id = sold(books)
        devices = [activate_device(adam, BEA, license_id, fingerprint=f"{n:064x}", now=NOW) for n in range(3)]
        assert activate_device(adam, BEA, license_id, fingerprint=f"{1:064x}", now=NOW) == devices[1]
        with unchanged(books), pytest.raises(RuleBrokenError, match="All seats"):
            activate_device(adam, BEA, license_id, fingerprint="f" * 64, now=NOW)
        activate_device(adam, BEA, license_id, fingerprint="f" * 64, replaces=devices[0], now=NOW)
        with unchanged(books), pytest.raises(RuleBrokenError, match="in no seat"):
            activate_device(adam, BEA, license_id, fingerprint="e" * 64, replaces=devices[0], now=NOW)
        deactivate_device(adam, BEA, license_id, devices[1], now=NOW)
        # The one that went may come back: the seat is free, whatever was there before.
        assert activate_device(adam, BEA, license_id, fingerprint=f"{1:064x}", now=NOW) not in devices


def test_the_database_seats_no_fourth_device(books: Flask, connection: Connection) -> None:
    with books.app_context():
        license_id = sold(books)
    seat = text(
        "insert into license_activation (user_id, id, license_id, seat, machine_fingerprint, activated_at)"
        " values (:user, gen_random_uuid(), :license, :seat, :print, now())"
    )
    given = {"user": BEA, "license": license_id}
    for number in (1, 2, 3):
        connection.execute(seat, {**given, "seat": number, "print": f"{number:064x}"})
    with pytest.raises(DBAPIError):
        connection.execute(seat, {**given, "seat": 4, "print": "4" * 64})


def test_an_upgrade_is_for_a_version_the_licence_does_not_reach_and_the_second_is_cheaper(books: Flask) -> None:
    adam, old = hire(books, ADAM), NOW - timedelta(days=400)
    with books.app_context():
        license_id = sold(books)
        terms = {"released_at": old, "now": NOW}
        with unchanged(books), pytest.raises(RuleBrokenError, match=r"reaches 1\.99\.99 already"):
            upgrade_license(adam, BEA, license_id, to=read_version("1.10.0"), reference="U-0", **terms)
        first = upgrade_license(adam, BEA, license_id, to=read_version("2.0.0"), reference=f"U-{uuid4()}", **terms)
        second = upgrade_license(adam, BEA, license_id, to=read_version("10.0.0"), reference=f"U-{uuid4()}", **terms)
        assert (first.price_usd, second.price_usd) == (Decimal("99.00"), Decimal("69.30"))
        with db.transaction() as session:
            assert session.get_one(PerpetualLicense, (BEA, license_id)).eligible_until_version == "10.99.99"


def test_a_trade_in_gives_what_was_paid_less_its_months_and_nothing_for_a_free_licence(books: Flask) -> None:
    adam = hire(books, ADAM)
    with books.app_context():
        old = sold(books, CLEO, when=datetime(NOW.year - 1, NOW.month, 1, tzinfo=UTC))
        free = sold(books, CLEO, price="0.00")
        with unchanged(books), pytest.raises(RuleBrokenError, match="not what was shown"):
            trade_in_license(adam, CLEO, old, seen_usd=Decimal(199), now=NOW)
        assert trade_in_license(adam, CLEO, old, seen_usd=Decimal("132.67"), now=NOW) == Decimal("132.67")
        assert trade_in_license(adam, CLEO, free, seen_usd=Decimal("0.00"), now=NOW) == 0
        with unchanged(books), pytest.raises(RuleBrokenError, match="has ended"):
            trade_in_license(adam, CLEO, old, seen_usd=Decimal("132.67"), now=NOW)
        with db.transaction() as session:
            assert account_credit_of(session, CLEO) == Decimal("132.67")


def test_a_licence_is_revoked_by_two_people(books: Flask, connection: Connection) -> None:
    adam, anna = hire(books, ADAM), hire(books, ANNA)
    with books.app_context():
        license_id = sold(books)
        waits = revoke_license(adam, RevocationOrder(BEA, license_id, "abuse"), now=NOW)
        with pytest.raises(RuleBrokenError, match="waits for a second person"):
            revoke_license(anna, RevocationOrder(BEA, license_id, "abuse"), now=NOW)
        with db.transaction() as session:
            seen = session.get_one(ApprovalRequest, waits.request_id).payload_sha256.hex()
        with pytest.raises(DBAPIError, match="two people"):
            connection.execute(
                text("select note_license_status(:user, :id, 'revoked', now(), 'abuse', :request)"),
                {"user": BEA, "id": license_id, "request": waits.request_id},
            )
        with unchanged(books), pytest.raises(NotAllowedError):
            approve(adam, waits.request_id, seen_sha256=seen, now=NOW)
        approve(anna, waits.request_id, seen_sha256=seen, now=NOW)
        with unchanged(books), pytest.raises(RuleBrokenError, match="has ended"):
            suspend_license(adam, BEA, license_id, now=NOW)


def test_document_001_a_byok_licence_leaves_a_usage_row_and_deducts_nothing(books: Flask) -> None:
    """Document 001, integration test 5; and only while it is active, and only when nobody said whose key it was."""
    adam, dora = hire(books, ADAM), customer_id("dora")
    with books.app_context():
        bought = NOW - timedelta(hours=10)
        license_id = sold(books, dora, when=bought)
        suspend_license(adam, dora, license_id, now=bought + timedelta(hours=2))
        suspend_license(adam, dora, license_id, act="reactivate", now=bought + timedelta(hours=4))
        hours = {-1: "system", 1: "own", 3: "system", 5: "own"}
        for number, (hour, expected) in enumerate(hours.items()):
            at = bought + timedelta(hours=hour)
            assert _charged_alone(10 + number, at) == _charged_together(20 + number, at) == expected
        assert _charged_together(30, NOW, key_mode="system") == _charged_alone(31, NOW, key_mode="system") == "system"
        with db.snapshot() as connection:
            rows = text(
                "select count(*), sum(credits_due), sum(credits_deducted), sum(vendor_cost), count(deduction_seq)"
                " from token_usage_ledger where user_id = :user and key_mode = 'own'"
            )
            assert connection.execute(rows, {"user": dora}).one() == (4, 0, 0, 0, 0)
            assert broken(connection) == {}


def _charged_alone(number: int, at: datetime, key_mode: str | None = None) -> str:
    charge_request(SHELL, _event(number, at, key_mode), NOW)
    return _key_mode_of(number)


def _charged_together(number: int, at: datetime, key_mode: str | None = None) -> str:
    record_usage([_event(number, at, key_mode)])
    return _key_mode_of(number)


def _event(number: int, at: datetime, key_mode: str | None) -> UsageEvent:
    made = dollar_request(number, at_hour=0)
    given: dict[str, Any] = {
        field: getattr(made, field) for field in made.__dataclass_fields__ if field != "body_sha256"
    }
    given |= {"customer": "dora@example.com", "key_mode": key_mode, "started_at": at, "completed_at": at}
    return type(made)(**given | {"vendor_cost_usd": None})


def _key_mode_of(number: int) -> str:
    with db.snapshot() as connection:
        found = text("select key_mode from token_usage_ledger where request_id = :id")
        return str(connection.execute(found, {"id": UUID(int=number, version=4)}).scalar_one())
