"""What runs by the clock: what each job does, how often, and where it stands."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A run that is this many times as old as it should be has been missed, not delayed.
MISSED_RUNS = 2
SHORTEST_STALE = timedelta(minutes=2)
LONGEST_REASON = 500


class JobStanding(StrEnum):
    """Where a job stands now."""

    PASSED = "passed"
    RUNNING = "running"
    FAILED = "failed"
    STALE = "stale"
    NEVER_RUN = "never_run"


@dataclass(frozen=True, slots=True)
class Job:
    """One job: `every` so often, `offset` after the full minute, hour or day; `command` does the same by hand."""

    name: str
    title: str
    explanation: str
    every: timedelta
    command: str
    offset: timedelta = timedelta()

    @property
    def cron(self) -> str:
        """The same times for the queue: minute hour day month weekday, and seconds where it is oftener."""
        minutes, hours = int(self.offset.total_seconds()) // 60 % 60, int(self.offset.total_seconds()) // 3600
        if self.every < MINUTE:
            return f"* * * * * */{int(self.every.total_seconds())}"
        if self.every == DAY:
            return f"{minutes} {hours} * * *"
        return f"{minutes} * * * *" if self.every == HOUR else f"*/{int(self.every / MINUTE)} * * * *"

    def due_before(self, now: datetime) -> datetime:
        """Return the latest time it should have started."""
        return now - (now - EPOCH - self.offset) % self.every

    def due_after(self, now: datetime) -> datetime:
        """Return the next time it will start."""
        return self.due_before(now) + self.every

    def standing(self, *, running: bool, finished_at: datetime | None, failures: int, now: datetime) -> JobStanding:
        """Say where it stands, from its last run."""
        if running:
            return JobStanding.RUNNING
        if finished_at is None:
            return JobStanding.NEVER_RUN
        if failures:
            return JobStanding.FAILED
        oldest = now - max(SHORTEST_STALE, self.every * MISSED_RUNS)
        return JobStanding.STALE if finished_at < oldest else JobStanding.PASSED


def wait_after(failures: int) -> timedelta:
    """How long to wait before the next try of a job that failed so often in a row: 5 s, doubled, at most 10 min."""
    return min(timedelta(seconds=5 * 2 ** min(failures - 1, 10)), timedelta(minutes=10))


def reason_of(error: BaseException) -> str:
    """Return what is kept of an error: its kind and first line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:LONGEST_REASON]


JOBS = {
    job.name: job
    for job in (
        Job(
            "fold_usage",
            "Fold usage",
            "Moves what charging left behind into the daily and hourly summaries, until nothing waits. Pages are exact before and after; they only get faster.",
            timedelta(seconds=10),
            "flask fold",
        ),
        Job(
            "raise_notices",
            "Notice low credits",
            "Finds customers whose credits fell to 25%, 10% or nothing of their allowance, notes it once per allowance and sends it to the webhooks.",
            timedelta(seconds=10),
            "flask raise-notices",
        ),
        Job(
            "seal_audit",
            "Seal the audit log",
            "Chains what keys did through the API, in order; what people do is chained with the act itself, and here where that failed.",
            timedelta(seconds=4),
            "flask audit seal",
        ),
        Job(
            "post_expiries",
            "Post expiries",
            "Takes expired credits off the balances, once the time for late usage is over.",
            HOUR,
            "flask post-expiries",
            5 * MINUTE,
        ),
        Job(
            "allocate_allowances",
            "Grant allowances",
            "Grants every running plan the credits of its period; after an outage it catches up from its last run.",
            HOUR,
            "flask allocate",
            10 * MINUTE,
        ),
        Job(
            "advance_subscriptions",
            "Move subscriptions on",
            "Renews what is billed here, ends trials and cancelled plans, begins scheduled ones, grants their allowances and looks after unpaid invoices; after an outage it catches up.",
            HOUR,
            "flask subscription advance",
            2 * MINUTE,
        ),
        Job(
            "expire_approvals",
            "Expire requests",
            "Closes requests for a second person that nobody decided within 24 hours; they could not be approved any more anyway.",
            HOUR,
            "flask expire-approvals",
            20 * MINUTE,
        ),
        Job(
            "expire_prices",
            "Expire proposals",
            "Closes proposals for a price that nobody decided in time; they could not be approved any more anyway.",
            HOUR,
            "flask expire-prices",
            25 * MINUTE,
        ),
        Job(
            "remind_approvers",
            "Remind approvers",
            "Tells those who may decide, once, that a proposal or request expires soon; how long before is a setting.",
            10 * MINUTE,
            "flask remind-approvers",
        ),
        Job(
            "prove_ledger",
            "Prove the ledger",
            "Runs every law of the books, as the Ledger proof page does.",
            DAY,
            "flask check",
            2 * HOUR + 15 * MINUTE,
        ),
        Job(
            "compare_prices",
            "Compare vendor prices",
            "Compares the bundled price library with the prices known and files the differences; a person decides each of them.",
            DAY,
            "flask compare-prices",
            4 * HOUR + 15 * MINUTE,
        ),
        Job(
            "run_batches",
            "Run incident batches",
            "Gives back the deductions of incident batches that were started or approved, and goes on where a run broke off.",
            timedelta(seconds=10),
            "flask run-batches",
        ),
        Job(
            "clear_old_records",
            "Clear old records",
            "Forgets refused usage, answers kept for repeated requests, webhook bodies and failed runs after their days.",
            DAY,
            "flask clear-old-records",
            3 * HOUR + 15 * MINUTE,
        ),
    )
}
