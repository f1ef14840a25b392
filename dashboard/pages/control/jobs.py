"""Control → Jobs: what runs by the clock, what it did last, and a run by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, flash, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.request_job import NoSuchJobError, request_job
from dashboard.db import snapshot
from dashboard.engine.jobs import DAY, HOUR, JOBS, MINUTE, Job, JobStanding
from dashboard.reports.jobs import JobRun, failures, job_states, queue_now, waiting_runs
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("jobs", __name__, url_prefix="/control/jobs")

FAILURES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job as the page shows it."""

    job: Job
    standing: JobStanding
    run: JobRun | None
    next_at: datetime

    @property
    def rhythm(self) -> str:
        """How often it runs, in words."""
        at = f"{int(self.job.offset / HOUR):02}:{int(self.job.offset % HOUR / (HOUR / 60)):02}"
        if self.job.every == DAY:
            return f"Every day at {at} UTC"
        if self.job.every == HOUR:
            return f"Every hour at :{at[3:]}"
        if self.job.every >= MINUTE:
            return f"Every {self.job.every // MINUTE} minutes"
        return f"Every {self.job.every.seconds} seconds"


@bp.get("")
@requires(Permission.JOBS_READ)
def index() -> Response:
    """Show where each job stands."""
    with snapshot() as connection:
        runs = {run.job: run for run in job_states.all(connection)}
        queued = {run.job: run.runs_at for run in waiting_runs.all(connection, now=now())}
        queue = queue_now.one(connection, now=now())
        failed = failures.all(connection, most=FAILURES_SHOWN)
    lines = [_line(job, runs.get(job.name), queued) for job in JOBS.values()]
    standings = [line.standing for line in lines]
    return render(
        "control/jobs/index.html",
        lines=lines,
        queue=queue,
        failures=failed,
        jobs=JOBS,
        failed=standings.count(JobStanding.FAILED),
        stale=standings.count(JobStanding.STALE),
        now=now(),
    )


@bp.post("/<job>/runs")
@requires(Permission.JOBS_RUN)
def run(job: str) -> Response:
    """Ask the workers to run it now."""
    try:
        queued = request_job(current_actor(), job, now=now())
    except NoSuchJobError:
        abort(404)
    title = JOBS[job].title
    if queued:
        flash(f"“{title}” is queued; a worker takes it within seconds. Load the page again to see its result.", "good")
    else:
        flash(f"“{title}” waits in the queue already. Nothing was changed.", "info")
    return redirect_to(url_for("jobs.index"))


def _line(job: Job, run: JobRun | None, queued: Mapping[str, datetime]) -> JobLine:
    return JobLine(
        job,
        job.standing(
            running=run is not None and run.is_running,
            finished_at=run.finished_at if run else None,
            failures=run.failures_in_a_row if run else 0,
            now=now(),
        ),
        run,
        max(now(), queued.get(job.name, job.due_after(now()))),
    )
