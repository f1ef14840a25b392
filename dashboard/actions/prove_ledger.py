"""Keep what a run of the laws found."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.proof import Finding
from dashboard.store.audit import record
from dashboard.store.proofs import ProofResult, ProofRun


def prove_ledger(
    actor: Actor, findings: Sequence[Finding], *, trigger: str, started_at: datetime, now: datetime
) -> None:
    """Write the run and one result per law; an operator's run is on the audit log."""
    with transaction() as session:
        run = ProofRun(started_at=started_at, finished_at=now, trigger=trigger)
        session.add(run)
        session.flush()
        session.add_all(_result(run.id, finding) for finding in findings)
        if actor.operator_id is not None:
            after = {"laws": len(findings), "broken": [finding.law for finding in findings if not finding.holds]}
            record(session, actor, "prove_ledger", "proof_run", run.id, after=after, now=now)


def _result(run_id: int, finding: Finding) -> ProofResult:
    return ProofResult(
        run_id=run_id,
        law=finding.law,
        rows_covered=finding.rows_covered,
        violations=finding.violations,
        seconds=finding.seconds,
        sample=[{"object": found.object, "detail": found.detail} for found in finding.sample],
    )
