"""E-mail to those who may decide: everybody who may, nobody who asked, once each, and only when switched on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from dashboard import db
from dashboard.actions.add_webhook import add_webhook
from dashboard.actions.change_setting import change_setting
from dashboard.actions.clear_old_records import clear_old_records
from dashboard.actions.deliver_webhook import TryAgainError
from dashboard.actions.mail_post import MailServer, NotSentError, hand_in
from dashboard.actions.reject_price import reject_price
from dashboard.actions.remind_approvers import remind_approvers
from dashboard.actions.send_mail import send_mail
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.announcing import letter, may_decide, path_of, title_of
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.mail_settings import MAIL_SETTINGS
from dashboard.engine.settings import SETTINGS
from dashboard.engine.webhooks import WAITS, Event, Reach
from tests.cast import ADAM, ANNA, CAST, OLGA, Person, hire
from tests.conftest import SECRET, owned
from tests.desk import approved, propose
from tests.jobs.post_office import PostOffice, post_office, vouched_by_nobody
from tests.jobs.workers import asked, working
from tests.processes import eventually, free_port

NOW = datetime.now(UTC)
ANYWHERE = "ledgerline@example.com"


def switched_on(app: Flask, port: int, **more: str) -> None:
    chosen = {
        "mail_to_approvers": "on",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(port),
        "smtp_starttls": "off",
        "smtp_from": ANYWHERE,
        "public_address": "https://ledgerline.example.com/",
    }
    with app.app_context():
        for key, value in (chosen | more).items():
            change_setting(SHELL, key, value, now=NOW)


def mails(app: Flask) -> list[UUID]:
    with app.app_context(), db.snapshot() as connection:
        return list(connection.execute(text("select id from approver_mail order by created_at, id")).scalars())


def send_all(app: Flask, password: str | None = None) -> list[str]:
    with app.app_context():
        return [send_mail(mail, password=password, now=datetime.now(UTC)) for mail in mails(app)]


@pytest.fixture
def adam(fresh_app: Flask) -> Actor:
    """Everybody works here; Adam proposes."""
    for person in CAST:
        hire(fresh_app, person)
    return hire(fresh_app, ADAM)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


def test_nothing_is_sent_while_it_is_off(fresh_app: Flask, adam: Actor) -> None:
    propose(fresh_app, adam)
    assert mails(fresh_app) == []


def test_whoever_may_decide_hears_of_a_proposal_and_its_author_does_not(
    fresh_app: Flask, adam: Actor, office: PostOffice, fresh_database: Urls
) -> None:
    switched_on(fresh_app, office.port)
    # Another account of Adam's, an admin's too: he may not approve under it, so it hears nothing.
    second = hire(fresh_app, Person("Adamina", "admin"))
    with owned(fresh_database) as owner:
        mine = {"person": adam.person_id, "account": second.operator_id}
        owner.execute(text("update operator set person_id = :person where id = :account"), mine)
    proposal = propose(fresh_app, adam)
    assert send_all(fresh_app) == ["sent", "sent"]
    assert office.recipients == [ANNA.email, OLGA.email]
    message = office.came[0]
    assert message["From"] == ANYWHERE
    assert message["Subject"] == "Something waits for your decision in Ledgerline"
    assert message["Message-ID"] == f"<{mails(fresh_app)[0]}@example.com>"
    words = message.get_content()
    assert "Pro to 1.60 (PC-" in words
    assert "Adam asks for the decision of a second person" in words
    assert f"https://ledgerline.example.com/pricing/proposals/{proposal}" in words
    assert send_all(fresh_app) == ["nothing to send"] * 2
    assert len(office.came) == 2


def test_what_was_decided_meanwhile_is_not_sent(fresh_app: Flask, adam: Actor, office: PostOffice) -> None:
    switched_on(fresh_app, office.port)
    proposal = propose(fresh_app, adam)
    with fresh_app.app_context():
        reject_price(hire(fresh_app, ANNA), proposal, "Not now", datetime.now(UTC))
    assert send_all(fresh_app) == ["not needed any more"] * 2
    assert office.came == []


def test_a_server_that_does_not_take_it_is_tried_again_and_every_try_is_kept(fresh_app: Flask, adam: Actor) -> None:
    with post_office("451 try later") as office:
        switched_on(fresh_app, office.port)
        propose(fresh_app, adam)
        first, _ = mails(fresh_app)
        with fresh_app.app_context():
            with pytest.raises(TryAgainError, match="answered 451") as caught:
                send_mail(first, password=None, now=NOW)
            assert caught.value.wait == WAITS[0]
            assert send_mail(first, password=None, now=NOW) == "sent"
    log = "select json_agg(json_build_array(n, error) order by n)::text from approver_mail_attempt"
    assert json.loads(str(asked(fresh_app, log))) == [[1, "The mail server answered 451."], [2, None]]


def test_a_mailbox_that_is_not_there_is_given_up_without_naming_it(fresh_app: Flask, adam: Actor) -> None:
    with post_office() as office:
        office.refused = {ANNA.email: "550 no such user", OLGA.email: "550 no such user"}
        switched_on(fresh_app, office.port)
        propose(fresh_app, adam)
        assert send_all(fresh_app) == ["given up: The mail server refused the recipient (550)."] * 2
    assert asked(fresh_app, "select count(*) from approver_mail where state = 'given_up'") == 2


def test_a_reminder_comes_once_shortly_before_the_end(fresh_app: Flask, adam: Actor, office: PostOffice) -> None:
    switched_on(fresh_app, office.port)
    propose(fresh_app, adam, urgent=True)
    submitted = datetime.now(UTC)
    with fresh_app.app_context():
        assert remind_approvers(now=submitted + timedelta(hours=19)) == 0
        assert remind_approvers(now=submitted + timedelta(hours=21)) == 1
        assert remind_approvers(now=submitted + timedelta(hours=21)) == 0
    assert asked(fresh_app, "select count(*) from approver_mail where event = 'expiring'") == 2


def test_webhooks_hear_what_is_asked_and_what_became_of_it(fresh_app: Flask, adam: Actor) -> None:
    with fresh_app.app_context():
        add_webhook(SHELL, "http://127.0.0.1:1/", tuple(Event), secret_key=SECRET, reach=Reach(loopback=True), now=NOW)
    approved(fresh_app, adam, hire(fresh_app, ANNA))
    sent = "select json_agg(json_build_array(event, body -> 'data' ->> 'event') order by created_at, event)::text from webhook_delivery"
    assert json.loads(str(asked(fresh_app, sent))) == [
        ["approval.requested", "requested"],
        ["approval.decided", "approved"],
        ["price.approved", "approved"],
    ]
    body = "select body -> 'data' from webhook_delivery where event = 'price.approved'"
    data = asked(fresh_app, body)
    assert isinstance(data, dict)
    assert (data["kind"], data["scope"], data["multiplier"]) == ("price", "Pro", "1.6000")
    assert data["path"] == f"/pricing/proposals/{data['object_id']}"
    assert "Adam" not in json.dumps(data)


def test_a_worker_sends_what_waits_with_the_password_of_its_environment(
    fresh_app: Flask, adam: Actor, office: PostOffice, fresh_database: Urls, tmp_path: Path
) -> None:
    switched_on(fresh_app, office.port, smtp_user="ledgerline")
    propose(fresh_app, adam)
    with working(fresh_database, tmp_path, SMTP_PASSWORD="correct horse"):
        eventually(lambda: asked(fresh_app, "select count(*) from approver_mail where state = 'sent'") == 2)
    assert set(office.signed_in) == {(b"ledgerline", b"correct horse")}
    assert "correct horse" not in str(asked(fresh_app, "select json_agg(setting)::text from setting"))


def test_an_open_line_carries_no_password_and_a_server_without_encryption_no_mail(office: PostOffice) -> None:
    def server(host: str, *, starttls: bool, user: str = "") -> MailServer:
        return MailServer(host, office.port, starttls, user, "secret")

    with pytest.raises(NotSentError, match="never sent over an open line"):
        hand_in(server("smtp.example.com", starttls=False, user="me"), EmailMessage())
    with pytest.raises(NotSentError, match="SMTPNotSupportedError"):
        hand_in(server("127.0.0.1", starttls=True), EmailMessage())
    with pytest.raises(NotSentError, match="No mail server listens there"):
        hand_in(MailServer("127.0.0.1", free_port(), starttls=False, user="", password=None), EmailMessage())
    with pytest.raises(NotSentError, match="SMTP_PASSWORD is not set"):
        hand_in(MailServer("127.0.0.1", office.port, starttls=False, user="me", password=None), EmailMessage())
    assert office.came == []
    assert office.signed_in == []


def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    with post_office(tls=vouched_by_nobody(tmp_path)) as office:
        server = MailServer("127.0.0.1", office.port, starttls=True, user="me", password="secret")
        with pytest.raises(NotSentError, match="certificate is not valid"):
            hand_in(server, EmailMessage())
    assert office.signed_in == []


def test_old_mail_is_forgotten_with_its_tries(fresh_app: Flask, adam: Actor, office: PostOffice) -> None:
    switched_on(fresh_app, office.port)
    propose(fresh_app, adam)
    send_all(fresh_app)
    with fresh_app.app_context():
        clear_old_records(now=datetime.now(UTC) + timedelta(days=31))
    assert mails(fresh_app) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("smtp_host", "smtp.example.com\r\nBcc: all"),
        ("smtp_host", "two words"),
        ("smtp_from", "Ledgerline <a@example.com>"),
        ("public_address", "javascript:alert(1)"),
        ("mail_to_approvers", "perhaps"),
        ("smtp_port", "0"),
        ("smtp_user", "x" * 201),
    ],
)
def test_a_setting_that_cannot_be_is_refused(key: str, value: str) -> None:
    with pytest.raises(InvalidInputError):
        {**SETTINGS, **MAIL_SETTINGS}[key].parse(value)


def test_only_admins_and_owners_decide_and_nobody_their_own() -> None:
    mine, other = uuid4(), uuid4()
    found = {
        role: may_decide(role, mine, "price", [other]) for role in ("owner", "admin", "finance", "support", "auditor")
    }
    assert found == {"owner": True, "admin": True, "finance": False, "support": False, "auditor": False}
    assert not may_decide("owner", mine, "price", [other, mine])
    assert not may_decide("owner", None, "grant_credits", [])


def test_each_kind_leads_to_the_page_that_decides_it(app: Flask) -> None:
    paths = [
        path_of("pricing_config", UUID(int=1), "price"),
        path_of("approval_request", UUID(int=2), "change_tier"),
        path_of("approval_request", UUID(int=3), "reverse_entry"),
        path_of("approval_request", UUID(int=4), "incident_batch"),
    ]
    rules = app.url_map.bind("localhost")
    assert [rules.match(path)[0] for path in paths] == [
        "proposals.show",
        "tier_changes.show",
        "approvals.show",
        "approvals.show",
    ]


def test_a_letter_names_the_thing_but_its_subject_line_does_not() -> None:
    title = title_of("price", "Pro, OpenAI gpt-4o", Decimal("1.2500"), "PC-0007, version 1")
    written = letter(title, "expiring", None, datetime(2026, 12, 1, 8, tzinfo=UTC), "https://x/1")
    assert title == "Pro, OpenAI gpt-4o to 1.25 (PC-0007, version 1)"
    assert "gpt-4o" not in written.subject
    assert "It expires on 1 December 2026 at 08:00 UTC" in written.words
    assert "Somebody at the server’s shell asks" in written.words
