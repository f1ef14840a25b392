"""`flask audit`: whether the audit log is whole."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from dashboard import db
from dashboard.actions.seal_audit import seal_audit
from dashboard.cli import ready
from dashboard.reports.audit import Head, state_of
from dashboard.reports.audit import verify as verified


@click.group("audit")
def audit() -> None:
    """Check the audit log and the chain over it."""


@audit.command("seal")
@ready
def seal() -> None:
    """Chain the lines that are not sealed yet."""
    click.echo(f"Sealed {seal_audit(now=_now()):,} lines.")


@audit.command("head")
@click.option("--output", type=click.Path(path_type=Path), help="Write it to this file, kept outside the database.")
@ready
def head(output: Path | None) -> None:
    """Print the end of the chain, to be kept elsewhere: only against it a cut tail can be seen."""
    with db.snapshot() as connection:
        state = state_of(connection)
    kept = {
        "seq": state.head_seq or 0,
        "sha256": (state.head_sha256 or bytes(32)).hex(),
        "exported_at": _now().isoformat(timespec="seconds"),
    }
    line = json.dumps(kept)
    if output is None:
        click.echo(line)
        return
    try:
        output.write_text(f"{line}\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written ({error.strerror}); nothing was changed.") from error
    click.echo(f"The head of the chain, seal {kept['seq']}, is in {output}.")


@audit.command("verify")
@click.option(
    "--head", "head_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An exported head."
)
@ready
def verify(head_file: Path | None) -> None:
    """Check every link of the chain; exits with 1 if one does not hold or a line waits for more than a minute."""
    exported = _head(head_file) if head_file else None
    with db.snapshot() as connection:
        found = verified(connection, exported=exported, now=_now())
    for fault in found.faults:
        click.echo(f"✗ {fault}")
    if found.faults:
        raise click.ClickException(f"The audit log does not hold: {len(found.faults)} faults in {found.lines:,} lines.")
    compared = f", seal {exported.seq} is the exported head" if exported else ""
    click.echo(f"✓ {found.lines:,} lines, every link holds{compared}.")


def _head(path: Path) -> Head:
    try:
        return Head.read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"{path} is not an exported head; `flask audit head --output` writes one."
        ) from error


def _now() -> datetime:
    return datetime.now(UTC)
