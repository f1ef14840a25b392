"""Prices on their way through the actions: what is done, what is recorded, and that engine and database agree."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from dashboard import db
from dashboard.actions.approve_price import approve_price
from dashboard.actions.check_price import check_price
from dashboard.actions.comment_on_price import comment_on_price
from dashboard.actions.draft_price import draft_price
from dashboard.actions.edit_price import edit_price
from dashboard.actions.expire_prices import expire_prices
from dashboard.actions.reject_price import reject_price
from dashboard.actions.roll_back_price import roll_back_price
from dashboard.actions.submit_price import submit_price
from dashboard.actions.withdraw_price import withdraw_price
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.by_hand import NotAllowedError
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.pricing import PriceDraft
from dashboard.engine.proposals import PriceAnswer, settled, terms_of
from dashboard.reports.checks import prove
from tests.cast import ADAM, ANNA, OLGA, hire
from tests.conftest import owned
from tests.desk import approved, drafted, propose, seen
from tests.raw_prices import Raw

DAY = timedelta(days=1)
SOON = datetime.now(UTC) + 3 * DAY


OPENAI = "8f0c3f5e-0d2b-5a51-9c6c-3a1f0c1d0001"
CUSTOMER = "00000000-0000-4000-8000-000000000001"
A_CUSTOMER = (
    f"insert into users (id, email, name, registered_at) values ('{CUSTOMER}', 'c@example.com', 'C', '2026-01-01')",
    f"insert into models (provider_id, id, name) values ('{OPENAI}', 'm', 'm')",
    f"""
    insert into model_provider_pricing (
        provider_id, model_name, input_price_per_1k, output_price_per_1k, effective_from, detected_at, source, last_verified
    ) values ('{OPENAI}', 'm', 1, 1, '2026-01-01', now(), 'test', now())
    """,
)
EVENT = {
    "position": 0,
    "user_id": CUSTOMER,
    "provider_id": OPENAI,
    "model_id": "m",
    "service": "test",
    "request_type": "completion",
    "status": "success",
    "key_mode": "system",
    "input_tokens": 1,
    "cached_input_tokens": 0,
    "cache_write_tokens": 0,
    "output_tokens": 0,
    "cost_estimated": False,
    "body_sha256": "00" * 32,
}


@pytest.fixture
def adam(app: Flask) -> Actor:
    return hire(app, ADAM)


@pytest.fixture
def anna(app: Flask) -> Actor:
    return hire(app, ANNA)


def now() -> datetime:
    return datetime.now(UTC)


def rows(app: Flask, sql: str, **given: object) -> list[tuple[Any, ...]]:
    with app.app_context(), db.snapshot() as connection:
        return [tuple(row) for row in connection.execute(text(sql), given)]


def state(app: Flask, config_id: UUID) -> str:
    return str(rows(app, "select approval_status from pricing_configs where id = :id", id=config_id)[0][0])


def test_every_act_leaves_one_audit_line_and_the_laws_hold(app: Flask, adam: Actor, anna: Actor) -> None:
    first = approved(app, adam, anna)
    with app.app_context():
        comment_on_price(anna, first, "Good", now())
        back, is_new = roll_back_price(adam, first, now())
        assert is_new
        assert roll_back_price(anna, first, now()) == (back, False), "a second click leads to the first draft"
        again = edit_price(anna, back, drafted(multiplier=Decimal("1.55")), now())
        submit_price(anna, again, now())
        reject_price(hire(app, OLGA), again, " Not now ", now())
        withdraw_price(adam, draft_price(adam, drafted(), now()), "A mistake", now())
    lines = rows(app, "select verb, actor_name, reason from audit_log where object_kind = 'pricing_config' order by id")
    assert lines == [
        ("draft_price", "Adam", None),
        ("submit_price", "Adam", None),
        ("approve_price", "Anna", None),
        ("comment_on_price", "Anna", None),
        ("roll_back_price", "Adam", None),
        ("edit_price", "Anna", None),
        ("submit_price", "Anna", None),
        ("reject_price", "Olga", "Not now"),
        ("draft_price", "Adam", None),
        ("withdraw_price", "Adam", "A mistake"),
    ]
    versions = "select version, predecessor_id, rolls_back_id, margin_multiplier from pricing_configs where id = :id"
    assert rows(app, versions, id=again) == [(2, back, first, Decimal("1.5500"))]
    with app.app_context(), db.snapshot() as connection:
        assert [finding.law for finding in prove(connection) if not finding.holds] == []


def test_an_approved_price_holds_for_what_starts_after_it_and_late_usage_finds_the_one_before(
    fresh_app: Flask, fresh_database: Urls
) -> None:
    began = now()
    with owned(fresh_database) as owner:
        for statement in A_CUSTOMER:
            owner.execute(text(statement))
        approved(fresh_app, hire(fresh_app, ADAM), hire(fresh_app, ANNA), tier="free", multiplier=Decimal("2.5"))
        approved_at = owner.execute(text("select max(approved_at) from pricing_configs")).scalar_one()
        for started in (began, approved_at - timedelta(microseconds=1), approved_at, now()):
            event = json.dumps({**EVENT, "request_id": str(uuid4()), "request_started_at": started.isoformat()})
            owner.execute(text("select charge_one(cast(:event as jsonb))"), {"event": event})
        charged = "select margin_multiplier::text from token_usage_ledger order by request_started_at"
        assert owner.execute(text(charged)).scalars().all() == ["2.0000", "2.0000", "2.5000", "2.5000"]
    with fresh_app.app_context(), db.snapshot() as connection:
        assert [finding.law for finding in prove(connection) if not finding.holds] == []


def test_a_refused_act_changes_nothing_and_leaves_no_line(app: Flask, adam: Actor, anna: Actor) -> None:
    config_id = propose(app, adam, multiplier=Decimal("1.61"))
    lines = "select count(*) from audit_log"
    before = rows(app, lines)
    for actor, digest in ((adam, seen(app, config_id)), (SHELL, seen(app, config_id)), (anna, "00"), (anna, "nothing")):
        with app.app_context(), pytest.raises(RuleBrokenError, match=r"Nothing was changed\.$"):
            approve_price(actor, config_id, digest, now())
    with app.app_context():
        for act in (
            lambda: submit_price(SHELL, config_id, now()),
            lambda: comment_on_price(SHELL, config_id, "hello", now()),
            lambda: edit_price(SHELL, config_id, drafted(), now()),
            lambda: roll_back_price(SHELL, config_id, now()),
        ):
            with pytest.raises(NotAllowedError, match="active account"):
                act()
    assert (rows(app, lines), state(app, config_id)) == (before, "pending")


def test_an_act_on_a_price_that_is_not_there_is_refused(app: Flask, adam: Actor) -> None:
    with app.app_context():
        for act in (
            lambda: submit_price(adam, uuid4(), now()),
            lambda: withdraw_price(adam, uuid4(), "x", now()),
            lambda: reject_price(adam, uuid4(), "x", now()),
            lambda: comment_on_price(adam, uuid4(), "x", now()),
            lambda: edit_price(adam, uuid4(), drafted(), now()),
        ):
            with pytest.raises(RuleBrokenError, match="no such price"):
                act()


def test_what_nobody_decided_expires_with_a_line(app: Flask, owner: Connection, adam: Actor) -> None:
    config_id = propose(app, adam, urgent=True, tier="free", multiplier=Decimal("2.1"))
    with app.app_context():
        assert expire_prices(now()) == 0
        owner.execute(
            text(
                "update pricing_configs set submitted_at = now() - interval '2 days', decide_by = now() where id = :id"
            ),
            {"id": config_id},
        )
        assert expire_prices(now()) == 1
    assert state(app, config_id) == "expired"
    assert rows(app, "select count(*) from audit_log where verb = 'expire_price'") == [(1,)]
    with app.app_context(), pytest.raises(RuleBrokenError, match="waits can be decided; this is expired"):
        approve_price(hire(app, ANNA), config_id, seen(app, config_id), now())


def test_how_long_a_proposal_waits_is_a_setting(app: Flask, owner: Connection, adam: Actor) -> None:
    waits = "select extract(day from decide_by - submitted_at)::integer from pricing_configs where id = :id"
    assert rows(app, waits, id=propose(app, adam)) == [(14,)]
    owner.execute(text("insert into setting (key, value) values ('price_decided_within_days', '3')"))
    assert rows(app, waits, id=propose(app, adam)) == [(3,)]
    assert rows(app, waits, id=propose(app, adam, urgent=True)) == [(1,)]
    owner.execute(text("delete from setting"))


def test_a_draft_says_all_that_is_wrong_at_once(app: Flask, adam: Actor) -> None:
    wrong = drafted(scope_type="provider", provider="acme", multiplier=Decimal(100), reason="because")
    with app.app_context(), pytest.raises(InvalidInputError) as raised:
        draft_price(adam, wrong, now())
    assert set(raised.value.errors) == {"provider", "multiplier", "reason"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"tier": "perpetual"},
        {"tier": "platinum"},
        {"multiplier": Decimal("0.9")},
        {"multiplier": Decimal("0.9"), "acknowledges": frozenset({"below_cost"})},
        {"multiplier": Decimal("1.04")},
        {"multiplier": Decimal("1.04"), "acknowledges": frozenset({"below_floor"})},
        {"multiplier": Decimal(0)},
        {"multiplier": Decimal("99.99")},
        {"multiplier": Decimal("1.23456")},
        {"effective_from": SOON - 30 * DAY},
        {"effective_from": SOON},
        {"effective_until": SOON},
        {"effective_from": SOON, "effective_until": SOON},
        {"effective_until": SOON - 30 * DAY},
        {"scope_type": "provider", "tier": None, "provider": "openai", "effective_until": SOON},
        {"scope_type": "provider", "tier": None, "provider": "acme"},
        {"scope_type": "combination", "provider": "openai"},
        {"scope_type": "combination"},
        {"scope_type": "model", "tier": None, "model": "gpt-9"},
        {"tier": "pro_max", "effective_from": SOON - DAY},
        {"tier": "pro_max", "effective_from": SOON + DAY},
        {"tier": "pro_max", "effective_until": SOON},
    ],
    ids=str,
)
def test_engine_and_database_refuse_the_same_in_the_same_words(
    app: Flask, scheduled: None, connection: Connection, adam: Actor, given: dict[str, Any]
) -> None:
    draft = drafted(**given)
    with app.app_context():
        by_engine = check_price(draft, now())
    assert by_database(Raw(connection), adam, draft) == by_engine


@pytest.fixture(scope="module")
def scheduled(app: Flask) -> None:
    """A price of the tier pro_max that begins later."""
    approved(app, hire(app, ADAM), hire(app, ANNA), tier="pro_max", effective_from=SOON)


def by_database(raw: Raw, author: Actor, draft: PriceDraft) -> dict[str, str]:
    given: dict[str, Any] = terms_of(draft)
    drafted = raw.draft(author, **given)
    answer = PriceAnswer(drafted.outcome, drafted.config_id, None, None)
    if answer.outcome == "done":
        sql = text("select outcome, config_id, at, detail from submit_price(:operator, :id)")
        submitted = {"operator": author.operator_id, "id": answer.config_id}
        answer = PriceAnswer(*raw.connection.execute(sql, submitted).one())
    try:
        settled(answer)
    except InvalidInputError as error:
        return error.errors
    return {}
