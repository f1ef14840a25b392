"""`flask api-key`: keys of the API."""

from datetime import UTC, datetime, timedelta

import click

from dashboard import db
from dashboard.actions.create_api_key import create_api_key
from dashboard.actions.revoke_api_key import revoke_api_key
from dashboard.actions.rotate_api_key import rotate_api_key
from dashboard.cli import ready
from dashboard.engine.actors import SHELL
from dashboard.engine.api_keys import LONGEST_OVERLAP, MOST_PER_MINUTE, KeyWanted
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.permissions import Scope
from dashboard.reports.api_keys import KeyRow, api_keys
from dashboard.reports.settings import new_key_limits


@click.group("api-key")
def api_key() -> None:
    """Keys of the API."""


@api_key.command("create")
@click.option("--name", required=True, help="Whose key it is.")
@click.option(
    "--scope",
    "scopes",
    required=True,
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="Can be repeated.",
)
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="For ever unless given.")
@click.option("--per-minute", type=click.IntRange(1, MOST_PER_MINUTE), help="Requests; by default the setting.")
@ready
def create(name: str, scopes: tuple[str, ...], expires_in_days: int | None, per_minute: int | None) -> None:
    """Make a key and print it as the last line; it is never shown again."""
    expires_at = None if expires_in_days is None else _now() + timedelta(days=expires_in_days)
    with db.snapshot() as connection:
        per_call, per_day = new_key_limits(connection)
    try:
        wanted = KeyWanted(name, scopes, per_call, per_day, expires_at, per_minute)
        made = create_api_key(SHELL, wanted, now=_now())
    except RuleBrokenError as error:
        raise click.ClickException(f"{error} Nothing was changed.") from error
    click.echo(f"Key “{name}” with {', '.join(scopes)}. Keep it now; it is not shown again:")
    click.echo(made.key)


@api_key.command("rotate")
@click.argument("key")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, LONGEST_OVERLAP.days * 24),
    default=24,
    show_default=True,
    help="How long the old key works on.",
)
@ready
def rotate(key: str, overlap_hours: int) -> None:
    """Replace a key and print the new one as the last line; KEY is its name or its start (llk_…)."""
    found = _active(key)
    try:
        rotated = rotate_api_key(SHELL, found.api_key_id, overlap=timedelta(hours=overlap_hours), now=_now())
    except RuleBrokenError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Key “{found.name}” is replaced; {found.prefix}… works until {rotated.old_until:%Y-%m-%d %H:%M} UTC. "
        "Keep the new one now; it is not shown again:"
    )
    click.echo(rotated.new.key)


@api_key.command("revoke")
@click.argument("key")
@click.option("--reason", help="Kept in the audit log.")
@ready
def revoke(key: str, reason: str | None) -> None:
    """Take a key out of force, at once; KEY is its name or its start (llk_…)."""
    found = _active(key)
    revoke_api_key(SHELL, found.api_key_id, reason=reason, now=_now())
    click.echo(f"Key “{found.name}” ({found.prefix}…) is revoked.")


@api_key.command("list")
@ready
def list_keys() -> None:
    """List every key, never its secret."""
    for row in _all():
        click.echo(f"{row.prefix:<14}{row.state(_now()):<10}{', '.join(row.scopes):<32}{row.name}")


def _active(key: str) -> KeyRow:
    active = [row for row in _all() if row.state(_now()) == "active"]
    found = [row for row in active if row.name == key or key.startswith(row.prefix)]
    if not found:
        raise click.ClickException("There is no key in force of that name or start; nothing was changed.")
    if len(found) > 1:
        starts = ", ".join(row.prefix for row in found)
        raise click.ClickException(f"More than one key has this name; nothing was changed: name one of {starts}.")
    return found[0]


def _all() -> list[KeyRow]:
    with db.snapshot() as connection:
        return api_keys.all(connection, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)
