"""What each job calls: one action, and a sentence of what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dashboard.actions.advance_subscriptions import advance_subscriptions
from dashboard.actions.allocate_period import allocate_period
from dashboard.actions.clear_old_records import clear_old_records
from dashboard.actions.compare_price_library import compare_price_library
from dashboard.actions.deliver_webhook import TryAgainError, deliver_webhook
from dashboard.actions.expire_approvals import expire_approvals
from dashboard.actions.expire_prices import expire_prices
from dashboard.actions.fold_usage import fold_usage
from dashboard.actions.post_expiries import post_expiries
from dashboard.actions.prove_ledger import prove_ledger
from dashboard.actions.raise_notices import raise_notices
from dashboard.actions.remind_approvers import remind_approvers
from dashboard.actions.run_batches import run_batches
from dashboard.actions.run_corrections import BusyError, run_corrections
from dashboard.actions.run_impact import Replaying, run_impact
from dashboard.actions.run_job import Work, last_success, run_job
from dashboard.actions.seal_audit import seal_audit
from dashboard.actions.send_mail import send_mail
from dashboard.engine.actors import Actor
from dashboard.engine.jobs import JOBS
from dashboard.engine.proof import Finding
from dashboard.engine.webhooks import Reach

WORKER = Actor(name="worker", role="worker")
# Allowances of periods that began before the last run saw them, and were entered after it.
CATCH_UP = timedelta(days=1)
LOOK_AGAIN = timedelta(seconds=10)
SEAL_SECONDS = JOBS["seal_audit"].every.seconds


class SubscriptionsLeftError(Exception):
    """Some plans could not be moved on; the others were."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What jobs need from outside: the laws, replays, the key that opens secrets, where webhooks may go."""

    prove: Callable[[], Sequence[Finding]]
    replay: Replaying
    secret_key: str
    reach: Reach
    smtp_password: str | None = None


def perform(job: str, around: Surroundings, *, now: datetime) -> str | None:
    """Run a job by its name; None if it runs elsewhere already."""
    return run_job(job, _works(around)[job], now=now)


def deliver(delivery_id: str, around: Surroundings, *, now: datetime) -> str:
    """Deliver one event; raises TryAgainError while another try is due."""
    return deliver_webhook(UUID(delivery_id), secret_key=around.secret_key, reach=around.reach, now=now)


def send(mail_id: str, around: Surroundings, *, now: datetime) -> str:
    """Send one e-mail; raises TryAgainError while another try is due."""
    return send_mail(UUID(mail_id), password=around.smtp_password, now=now)


def replay(run_id: str, around: Surroundings, *, now: datetime) -> str:
    """Replay what somebody asked for; again from the start if a worker was killed at it."""
    return run_impact(UUID(run_id), around.replay, now=now)


def correct(run_id: str, *, now: datetime) -> str:
    """Post the corrections somebody asked for; looks again while another process is at it, for it may be killed."""
    try:
        return run_corrections(UUID(run_id), now=now)
    except BusyError:
        raise TryAgainError("another process posts these corrections", LOOK_AGAIN) from None


def _works(around: Surroundings) -> dict[str, Work]:
    return {
        "fold_usage": lambda _: f"{fold_usage():,} deltas folded",
        "raise_notices": lambda now: f"{raise_notices(last_success('raise_notices'), now=now):,} notices",
        # Once a minute it looks everywhere, else among the latest: the log grows for ever.
        "seal_audit": lambda now: f"{seal_audit(now=now, everywhere=now.second < SEAL_SECONDS):,} lines sealed",
        "post_expiries": lambda now: f"{post_expiries(now):,} expiries posted",
        "allocate_allowances": _allocate,
        "advance_subscriptions": _advance,
        "expire_approvals": lambda now: f"{expire_approvals(WORKER, now=now):,} requests expired",
        "expire_prices": lambda now: f"{expire_prices(now):,} proposals expired",
        "remind_approvers": lambda now: f"{remind_approvers(now=now):,} reminders",
        "prove_ledger": lambda now: _prove(around, now),
        "compare_prices": _compare_prices,
        "run_batches": lambda now: f"{run_batches(now=now):,} deductions handled",
        "clear_old_records": lambda now: f"{clear_old_records(now=now):,} rows deleted",
    }


def _allocate(now: datetime) -> str:
    """Grant what is missing since the last run; the first one only looks at the periods running now."""
    before = last_success("allocate_allowances")
    since = before - CATCH_UP if before else now
    return f"{allocate_period(since, now + timedelta(seconds=1)):,} allowances granted"


def _advance(now: datetime) -> str:
    done = advance_subscriptions(now)
    if done.failed:
        message = f"{done.failed:,} subscriptions could not be moved on, {done.plans:,} were; the log says why"
        raise SubscriptionsLeftError(message)
    return f"{done.plans:,} subscriptions moved on"


def _compare_prices(now: datetime) -> str:
    filed = compare_price_library(WORKER, now)
    return f"{filed.waiting:,} differences wait, {filed.unchanged:,} unchanged, {filed.blocked:,} blocked"


def _prove(around: Surroundings, now: datetime) -> str:
    findings = around.prove()
    prove_ledger(WORKER, findings, trigger="job", started_at=now, now=datetime.now(UTC))
    broken = [finding.law for finding in findings if not finding.holds]
    if broken:
        return f"{len(broken)} of {len(findings)} laws broken: {', '.join(broken)}"
    return f"all {len(findings)} laws hold"
