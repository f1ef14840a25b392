from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard.engine.errors import InvalidInputError
from dashboard.engine.licences import (
    KEY,
    hash_of,
    new_key,
    read_fingerprint,
    read_version,
    trade_in_usd,
    upgrade_price,
)

BOUGHT = datetime(2025, 1, 31, 12, tzinfo=UTC)


def test_versions_are_compared_as_versions_not_as_text() -> None:
    assert read_version("1.10.0") > read_version("1.9.9")
    assert read_version("2.0.0") > read_version("1.4.2").last_of_major >= read_version("1.99.99")
    assert str(read_version(" 2.1.0 ")) == "2.1.0"


@pytest.mark.parametrize("text", ["", "2", "2.1", "v2.1.0", "2.1.0-beta", "01.2.3", "1.100.0", "1.0.100"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_version(text)


def test_a_key_has_no_letters_that_look_like_figures_and_is_found_however_it_is_typed() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(KEY.fullmatch(key) for key in keys)
    key = keys.pop()
    assert hash_of(f" {key.lower()} ") == hash_of(key) != hash_of(keys.pop())


def test_a_fingerprint_is_a_hash() -> None:
    assert read_fingerprint("AB" * 32) == "ab" * 32
    with pytest.raises(InvalidInputError):
        read_fingerprint("Mary's laptop")


@pytest.mark.parametrize(
    ("days_since_release", "upgraded_before", "price", "discount"),
    [(0, 0, "79.20", "early"), (89, 0, "79.20", "early"), (90, 0, "99.00", None), (-1, 0, "99.00", None),
     (0, 1, "69.30", "loyal"), (400, 2, "69.30", "loyal")],
)  # fmt: skip
def test_an_upgrade_has_the_better_discount(
    days_since_release: int, upgraded_before: int, price: str, discount: str | None
) -> None:
    found = upgrade_price(BOUGHT, upgraded_before, BOUGHT + timedelta(days=days_since_release))
    assert (found.list_usd, found.price_usd, found.discount) == (Decimal("99.00"), Decimal(price), discount)


@pytest.mark.parametrize(
    ("paid", "at", "worth"),
    [
        ("199.00", BOUGHT, "199.00"),
        ("199.00", datetime(2025, 2, 28, 12, tzinfo=UTC), "199.00"),
        ("199.00", datetime(2025, 3, 31, 12, tzinfo=UTC), "187.94"),
        ("199.00", datetime(2028, 1, 31, 12, tzinfo=UTC), "0.00"),
        # A licence that came free with a coupon cannot be turned into money.
        ("0.00", BOUGHT, "0.00"),
        ("120.00", datetime(2026, 1, 31, 12, tzinfo=UTC), "80.00"),
    ],
)
def test_a_trade_in_is_worth_what_was_paid_less_a_36th_a_month(paid: str, at: datetime, worth: str) -> None:
    assert trade_in_usd(Decimal(paid), BOUGHT, at) == Decimal(worth)
