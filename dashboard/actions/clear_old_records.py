"""Forget what is kept for a number of days only."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from dashboard import db
from dashboard.actions.answer_once import KEPT_FOR
from dashboard.store.announcements import ApproverMail, ApproverMailAttempt
from dashboard.store.api_keys import ApiKeyRate
from dashboard.store.idempotency import IdempotencyKey
from dashboard.store.imports import UsageReject
from dashboard.store.jobs import JobFailure
from dashboard.store.settings import value_of
from dashboard.store.webhooks import WebhookAttempt, WebhookDelivery

# The page shows the last hour.
RATES_KEPT_FOR = timedelta(days=2)


def clear_old_records(*, now: datetime) -> int:
    """Delete refused usage, finished deliveries, failed runs, counted calls and answers whose days are over; return how many rows."""
    with db.transaction() as session:
        oldest = now - timedelta(days=value_of(session, "webhook_log_kept_days"))
        over = select(WebhookDelivery.id).where(WebhookDelivery.created_at < oldest, WebhookDelivery.state != "waiting")
        mails = select(ApproverMail.id).where(ApproverMail.created_at < oldest, ApproverMail.state != "waiting")
        deletions = (
            delete(UsageReject).where(UsageReject.keep_until < now),
            delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(over)),
            delete(WebhookDelivery).where(WebhookDelivery.created_at < oldest, WebhookDelivery.state != "waiting"),
            delete(ApproverMailAttempt).where(ApproverMailAttempt.mail_id.in_(mails)),
            delete(ApproverMail).where(ApproverMail.created_at < oldest, ApproverMail.state != "waiting"),
            delete(JobFailure).where(JobFailure.failed_at < oldest),
            delete(ApiKeyRate).where(ApiKeyRate.minute < now - RATES_KEPT_FOR),
            delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT_FOR),
        )
        return sum(session.execute(deletion).rowcount for deletion in deletions)  # type: ignore[attr-defined]  # a deletion has it
