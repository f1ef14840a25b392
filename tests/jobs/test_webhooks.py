"""Outgoing webhooks: once per crossing, signed, tried for a day, and never to where they must not go."""

import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from dashboard.actions.add_webhook import NewWebhook, add_webhook, remove_webhook
from dashboard.actions.clear_old_records import clear_old_records
from dashboard.actions.deliver_webhook import TryAgainError, deliver_webhook
from dashboard.actions.queue_delivery import redeliver
from dashboard.actions.raise_notices import raise_notices
from dashboard.actions.sealing import UnreadableSecretError, opened, sealed
from dashboard.actions.webhook_post import NotDeliveredError, post
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.webhooks import WAITS, Event, Reach, may_reach, notices_at, target_of
from tests.conftest import SECRET
from tests.jobs.receiver import receiving
from tests.jobs.workers import asked, working
from tests.processes import eventually, free_port
from tests.shop import NOW, open_shop

NEAR = Reach(loopback=True)
ALL = tuple(Event)


def added(app: Flask, url: str, events: tuple[str, ...] = ALL) -> NewWebhook:
    with app.app_context():
        return add_webhook(SHELL, url, events, secret_key=SECRET, reach=NEAR, now=NOW)


def only_delivery(app: Flask) -> UUID:
    found = asked(app, "select id from webhook_delivery")
    assert isinstance(found, UUID)
    return found


def deliver(app: Flask, delivery_id: UUID, key: str = SECRET) -> str:
    with app.app_context():
        return deliver_webhook(delivery_id, secret_key=key, reach=NEAR, now=datetime.now(UTC))


def raised(app: Flask, since: datetime | None = None) -> int:
    with app.app_context():
        return raise_notices(since, now=NOW)


@pytest.fixture
def low(fresh_app: Flask) -> Flask:
    """A shop in which exactly one customer is out of credits."""
    open_shop(fresh_app, requests=200)
    return fresh_app


def test_low_credits_are_noticed_once_per_allowance(low: Flask) -> None:
    with receiving() as receiver:
        added(low, receiver.url)
    assert raised(low) == 1
    assert raised(low) == 0
    assert asked(low, "select count(distinct (user_id, source_id)) from notice") == 1
    assert asked(low, "select count(*) from webhook_delivery") == 1
    assert asked(low, "select count(*) from procrastinate_jobs where task_name = 'deliver_webhook'") == 1


def test_a_customer_who_wants_no_alerts_causes_none(low: Flask, fresh_database: Urls) -> None:
    from sqlalchemy import text

    from tests.conftest import owned

    with owned(fresh_database) as owner:
        owner.execute(text("update user_preferences set usage_alerts = false"))
    assert raised(low) == 0


def test_an_entry_that_becomes_visible_late_is_still_seen(low: Flask) -> None:
    assert raised(low, since=datetime.now(UTC) + timedelta(minutes=9)) == 1


def test_steps_are_a_quarter_a_tenth_and_nothing() -> None:
    kinds = {
        credits: [notice.kind for notice in notices_at(Decimal(credits), Decimal(100))] for credits in (26, 25, 10, 0)
    }
    assert kinds == {
        26: [],
        25: ["low_25"],
        10: ["low_10", "low_25"],
        0: ["depleted", "low_10", "low_25"],
    }


def test_an_event_is_signed_and_names_the_customer_by_id_alone(low: Flask) -> None:
    with receiving() as receiver:
        webhook = added(low, receiver.url)
        raised(low)
        delivery = only_delivery(low)
        assert deliver(low, delivery) == "answered 200"
        assert deliver(low, delivery) == "nothing to deliver"
    ((headers, body),) = receiver.came
    parts = dict(part.split("=") for part in headers["Ledgerline-Signature"].split(","))
    expected = hmac.new(webhook.secret.encode(), f"{parts['t']}.".encode() + body, sha256).hexdigest()
    assert parts["v1"] == expected
    event = json.loads(body)
    assert event["type"] == "credits.depleted"
    assert str(UUID(event["data"]["customer"])) == event["data"]["customer"]
    assert event["data"]["remaining_credits"] == "0.000000"
    assert b"@" not in body
    assert asked(low, "select state from webhook_delivery") == "delivered"


def test_an_event_that_is_refused_is_tried_again_and_every_answer_is_kept(low: Flask) -> None:
    with receiving(500, 302) as receiver:
        added(low, receiver.url)
        raised(low)
        delivery = only_delivery(low)
        for n, said in enumerate(("It answered 500", "redirects are not followed")):
            with pytest.raises(TryAgainError, match=said) as caught:
                deliver(low, delivery)
            assert caught.value.wait == WAITS[n]
        assert deliver(low, delivery) == "answered 200"
    assert len({body for _, body in receiver.came}) == 1
    log = "select json_agg(json_build_array(n, status, error) order by n)::text from webhook_attempt"
    assert json.loads(str(asked(low, log))) == [
        [1, 500, "It answered 500."],
        [2, 302, "It answered 302; redirects are not followed."],
        [3, 200, None],
    ]


def test_an_event_is_given_up_after_a_day_and_may_be_sent_again_by_hand(low: Flask) -> None:
    assert timedelta(hours=20) < sum(WAITS, timedelta()) < timedelta(hours=24)
    added(low, f"http://127.0.0.1:{free_port()}/")
    raised(low)
    delivery = only_delivery(low)
    for _ in WAITS:
        with pytest.raises(TryAgainError, match="Nothing listens there"):
            deliver(low, delivery)
    assert deliver(low, delivery) == "given up: Nothing listens there."
    assert asked(low, "select state from webhook_delivery") == "given_up"
    with low.app_context():
        redeliver(SHELL, delivery, now=NOW)
    assert asked(low, "select state from webhook_delivery") == "waiting"


def test_nothing_is_sent_to_an_endpoint_that_was_removed(low: Flask) -> None:
    with receiving() as receiver:
        webhook = added(low, receiver.url)
        raised(low)
        with low.app_context():
            assert remove_webhook(SHELL, webhook.endpoint_id, now=NOW) is True
            assert remove_webhook(SHELL, webhook.endpoint_id, now=NOW) is False
        assert deliver(low, only_delivery(low)) == "nothing to deliver"
    assert receiver.came == []


def test_an_endpoint_hears_only_what_it_asked_for(low: Flask) -> None:
    added(low, "http://127.0.0.1:1/", ("credits.low",))
    raised(low)
    assert asked(low, "select count(*) from webhook_delivery") == 0


def test_a_slow_answer_is_cut_after_five_seconds(low: Flask) -> None:
    with receiving(-12) as receiver:
        began = time.monotonic()
        with pytest.raises(NotDeliveredError, match="longer than 5 s"):
            post(receiver.url, b"{}", {}, NEAR)
        assert time.monotonic() - began < 7


def test_a_worker_delivers_what_waits(low: Flask, fresh_database: Urls, tmp_path: Path) -> None:
    with receiving(503) as receiver:
        added(low, receiver.url)
        raised(low)
        with working(fresh_database, tmp_path, DEMO="1"):
            eventually(lambda: asked(low, "select state from webhook_delivery") == "delivered")
    assert len(receiver.came) == 2


def test_the_secret_is_kept_encrypted_and_worth_nothing_under_another_key(low: Flask) -> None:
    webhook = added(low, "http://127.0.0.1:1/")
    kept = asked(low, "select sealed_secret from webhook_endpoint")
    assert isinstance(kept, bytes)
    assert webhook.secret.encode() not in kept
    assert opened(kept, SECRET) == webhook.secret
    with pytest.raises(UnreadableSecretError):
        opened(sealed("a", SECRET), "another key of the same length")
    raised(low)
    with pytest.raises(TryAgainError, match="another SECRET_KEY"):
        deliver(low, only_delivery(low), key="another key of the same length")


def test_bodies_go_after_their_days(low: Flask) -> None:
    with receiving() as receiver:
        added(low, receiver.url)
        raised(low)
        deliver(low, only_delivery(low))
    with low.app_context():
        assert clear_old_records(now=NOW + timedelta(days=29)) == 0
        assert clear_old_records(now=NOW + timedelta(days=31)) == 2
    assert asked(low, "select count(*) from webhook_delivery") == 0


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/", "Only https"),
        ("ftp://example.com/", "whole address"),
        ("https://", "whole address"),
        ("example.com", "whole address"),
        ("https://user:secret@example.com/", "Leave out user name"),
        ("https://example.com/#x", "Leave out user name"),
        ("https://example.com:99999/", "port from 1"),
        ("https://exämple.com/", "plain characters"),
        ("https://example.com/a b", "plain characters"),
        ("https://10.0.0.1/", "no public address"),
        ("https://169.254.169.254/latest/meta-data", "no public address"),
        ("https://[::1]/", "no public address"),
        ("https://[::ffff:10.0.0.1]/", "no public address"),
        ("https://127.0.0.1/", "no public address"),
        ("https://0.0.0.0/", "no public address"),
        ("http://localhost/", "Only https"),
    ],
)
def test_an_address_that_must_not_be_reached_is_refused(fresh_app: Flask, url: str, reason: str) -> None:
    with fresh_app.app_context(), pytest.raises(InvalidInputError, match=reason):
        add_webhook(SHELL, url, ALL, secret_key=SECRET, reach=Reach(), now=NOW)
    assert asked(fresh_app, "select count(*) from webhook_endpoint") == 0


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1", "0.0.0.0", "255.255.255.255",
     "::", "fe80::1%eth0", "fc00::1", "ff02::1", "64:ff9b::a00:1", "2002:a00:1::", "::ffff:192.168.0.1"],
)  # fmt: skip
def test_private_addresses_are_out_of_reach(address: str) -> None:
    assert not may_reach(address, Reach())
    assert not may_reach(address, NEAR)


def test_a_setting_opens_the_private_network_but_never_what_describes_the_machine() -> None:
    private = Reach(private=True)
    assert may_reach("10.1.2.3", private)
    assert may_reach("127.0.0.1", private)
    assert not may_reach("169.254.169.254", private)
    assert may_reach("93.184.215.14", Reach())
    assert target_of("http://localhost:8080/x?y=1", private).path == "/x?y=1"


def test_a_name_that_turns_private_after_it_was_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolved(*_given: object, **_more: object) -> list[object]:
        return [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr("socket.getaddrinfo", resolved)
    with pytest.raises(NotDeliveredError, match=r"10\.0\.0\.7, which is no public address"):
        post("https://example.com/", b"{}", {}, Reach())
