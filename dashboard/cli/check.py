"""`flask check`: whether everything in the books still holds."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from dashboard.actions.prove_ledger import prove_ledger
from dashboard.cli import ready
from dashboard.db import snapshot
from dashboard.engine.actors import SHELL
from dashboard.engine.proof import Finding
from dashboard.reports.checks import prove

BROKEN = 1


@click.command("check")
@click.pass_context
@ready
def check(context: click.Context) -> None:
    """Run every law of the books; ends with 1 if any is broken."""
    started_at = datetime.now(UTC)
    findings = list(_shown())
    prove_ledger(SHELL, findings, trigger="cli", started_at=started_at, now=datetime.now(UTC))
    broken = [finding for finding in findings if not finding.holds]
    seconds = sum(finding.seconds for finding in findings)
    if broken:
        click.echo(f"\n{len(broken)} of {len(findings)} laws are broken; nothing was changed ({seconds:.2f} s).")
        context.exit(BROKEN)
    click.echo(f"\nAll {len(findings)} laws hold ({seconds:.2f} s).")


def _shown() -> Iterator[Finding]:
    with snapshot() as connection:
        for finding in prove(connection):
            click.echo(_line(finding))
            for found in finding.sample:
                click.echo(f"      {found.object}: {found.detail}")
            if finding.violations > len(finding.sample):
                click.echo(f"      and {finding.violations - len(finding.sample):,} more")
            yield finding


def _line(finding: Finding) -> str:
    sign = "✗" if not finding.holds else "·" if finding.violations else "✓"
    count = f", {finding.violations:,} found" if finding.violations else ""
    return f"{sign} {finding.law:<36}{finding.rows_covered:>12,} rows{finding.seconds:>9.3f} s{count}"
