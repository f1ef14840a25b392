"""Deliver one event to one endpoint: signed, logged, to be tried again for a day."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from time import perf_counter_ns
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from dashboard import db
from dashboard.actions.run_job import NANOSECONDS
from dashboard.actions.sealing import UnreadableSecretError, opened
from dashboard.actions.webhook_post import NotDeliveredError, post
from dashboard.engine.webhooks import Reach, signature, wait_before, written
from dashboard.store.jobs import only_one
from dashboard.store.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint


class TryAgainError(Exception):
    """The event was not taken; `wait` is how long until the next try."""

    def __init__(self, said: str, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class _Waiting:
    url: str
    sealed_secret: bytes
    event: str
    body: Any
    tries: int


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int | None
    error: str | None

    @property
    def taken(self) -> bool:
        return self.error is None


def deliver_webhook(delivery_id: UUID, *, secret_key: str, reach: Reach, now: datetime) -> str:
    """Send it once and say what came of it; TryAgainError while another try is due.

    A worker killed between answer and log sends it twice: receivers know it by its id.
    """
    with only_one(f"deliver {delivery_id}") as alone:
        waiting = _waiting(delivery_id) if alone else None
        if waiting is None:
            return "nothing to deliver"
        began = perf_counter_ns()
        answer = _sent(delivery_id, waiting, secret_key, reach)
        wait = None if answer.taken else wait_before(waiting.tries + 1)
        _log(delivery_id, waiting.tries + 1, answer, Decimal(perf_counter_ns() - began) / NANOSECONDS, now)
        if wait is None:
            _finish(delivery_id, "delivered" if answer.taken else "given_up")
            return f"answered {answer.status}" if answer.taken else f"given up: {answer.error}"
    raise TryAgainError(str(answer.error), wait)


def _waiting(delivery_id: UUID) -> _Waiting | None:
    """Return what is to be sent; an endpoint that was removed is sent nothing any more."""
    tries = select(func.count()).select_from(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    with db.transaction() as session:
        delivery = session.get(WebhookDelivery, delivery_id)
        if delivery is None or delivery.state != "waiting":
            return None
        endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id)
        if not endpoint.active:
            delivery.state, delivery.finished_at = "given_up", datetime.now(UTC)
            return None
        return _Waiting(
            endpoint.url, endpoint.sealed_secret, delivery.event, delivery.body, session.execute(tries).scalar_one()
        )


def _sent(delivery_id: UUID, waiting: _Waiting, secret_key: str, reach: Reach) -> _Answer:
    body = written(waiting.body)
    try:
        secret = opened(waiting.sealed_secret, secret_key)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Ledgerline",
            "Ledgerline-Event": waiting.event,
            "Ledgerline-Delivery": str(delivery_id),
            "Ledgerline-Signature": signature(secret, body, datetime.now(UTC)),
        }
        status = post(waiting.url, body, headers, reach)
    except (NotDeliveredError, UnreadableSecretError) as error:
        return _Answer(None, str(error))
    return _Answer(status, _refused(status))


def _refused(status: int) -> str | None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"It answered {status}; redirects are not followed."
    return f"It answered {status}."


def _log(delivery_id: UUID, n: int, answer: _Answer, seconds: Decimal, now: datetime) -> None:
    with db.transaction() as session:
        session.add(
            WebhookAttempt(
                delivery_id=delivery_id, n=n, tried_at=now, seconds=seconds, status=answer.status, error=answer.error
            )
        )


def _finish(delivery_id: UUID, state: str) -> None:
    with db.transaction() as session:
        ended = {"state": state, "finished_at": datetime.now(UTC)}
        session.execute(update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(**ended))
