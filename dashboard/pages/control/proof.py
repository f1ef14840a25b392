"""Control → Ledger proof: every law of the books, and what its last run found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import Blueprint, Response, flash, url_for

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.prove_ledger import prove_ledger
from dashboard.db import snapshot
from dashboard.engine.fields import as_uuid
from dashboard.engine.proof import Standing, standing
from dashboard.reports.checks import LAWS, Law, LawResult, last_law_results, prove
from dashboard.ui.format import plural
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("proof", __name__, url_prefix="/control/ledger-proof")


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that breaks a law, with the page that shows it where there is one."""

    object: str
    detail: str
    href: str | None


@dataclass(frozen=True, slots=True)
class LawLine:
    """One law as the page shows it."""

    law: Law
    standing: Standing
    result: LawResult | None
    breaks: tuple[Broken, ...]

    @property
    def unseen(self) -> int:
        """How many breaks are not among those kept."""
        return self.result.violations - len(self.breaks) if self.result else 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All laws together: how many stand where, when the oldest of them last ran, how long the runs took."""

    failed: int
    stale: int
    never_run: int
    laws: int
    oldest: datetime | None
    seconds: Decimal


@bp.get("")
@requires(Permission.PROOF_READ)
def index() -> Response:
    """Show where each law stands."""
    with snapshot() as connection:
        results = {result.law: result for result in last_law_results.all(connection)}
    lines = [_line(law, results.get(law.name)) for law in LAWS]
    return render("control/proof/index.html", lines=lines, verdict=_verdict(lines), now=now())


@bp.post("/runs")
@requires(Permission.PROOF_RUN)
def run() -> Response:
    """Run every law now and keep what was found."""
    started_at = now()
    with snapshot() as connection:
        findings = list(prove(connection))
    prove_ledger(current_actor(), findings, trigger="page", started_at=started_at, now=now())
    broken = sum(not finding.holds for finding in findings)
    if broken:
        flash(f"{plural(broken, 'law')} of {len(findings)} broken. Nothing was changed; see below what breaks.", "bad")
    else:
        flash(f"All {len(findings)} laws hold.", "good")
    return redirect_to(url_for("proof.index"))


def _line(law: Law, result: LawResult | None) -> LawLine:
    ran_at = result.ran_at if result else None
    violations = result.violations if result else 0
    return LawLine(
        law=law,
        standing=standing(ran_at, violations, now(), is_notice=law.is_notice),
        result=result,
        breaks=tuple(_broken(found["object"], found["detail"]) for found in result.sample) if result else (),
    )


def _broken(name: str, detail: str) -> Broken:
    """Find the page of a `request <customer>/<request>`; other things have no page yet."""
    kind, _, key = name.partition(" ")
    customer_id, _, request_id = (as_uuid(part) for part in key.partition("/"))
    if kind == "request" and customer_id and request_id:
        href = url_for("ledger_rows.show", customer_id=customer_id, request_id=request_id)
        return Broken(name, detail, href)
    return Broken(name, detail, None)


def _verdict(lines: Sequence[LawLine]) -> Verdict:
    standings = [line.standing for line in lines]
    results = [line.result for line in lines if line.result]
    return Verdict(
        failed=standings.count(Standing.FAILED),
        stale=standings.count(Standing.STALE),
        never_run=standings.count(Standing.NEVER_RUN),
        laws=len(lines),
        oldest=min((result.ran_at for result in results), default=None),
        seconds=sum((result.seconds for result in results), Decimal(0)),
    )
