"""`flask operator`: who may sign in."""

import sys
from datetime import UTC, datetime

import click
from flask import current_app

from dashboard import db
from dashboard.actions.add_operator import add_operator
from dashboard.actions.disable_operator import disable_operator
from dashboard.actions.invite_again import invite_again
from dashboard.actions.invite_operator import invite_operator
from dashboard.cli import ready
from dashboard.engine.actors import SHELL
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.permissions import ROLES
from dashboard.reports.operators import OperatorRow, operators
from dashboard.reports.sessions import idle_since


@click.group("operator")
def operator() -> None:
    """People who may sign in."""


@operator.command("add")
@click.argument("email")
@click.option("--name", required=True, help="How the pages and the audit log name them.")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--person", "person_email", help="Address of another account of the same human: they count as one.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@ready
def add(email: str, name: str, role: str, person_email: str | None, *, password_stdin: bool) -> None:
    """Add an operator who can sign in at once."""
    password = _password(password_stdin=password_stdin)
    try:
        add_operator(SHELL, email=email, name=name, role=role, password=password, person_email=person_email, now=_now())
    except RuleBrokenError as error:
        raise _refusal(error) from error
    click.echo(f"{email} can sign in as {role}.")


@operator.command("invite")
@click.argument("email")
@click.option("--name", help="Needed for somebody new.")
@click.option("--role", type=click.Choice(ROLES), help="Needed for somebody new.")
@click.option("--person", "person_email", help="Address of another account of the same human: they count as one.")
@ready
def invite(email: str, name: str | None, role: str | None, person_email: str | None) -> None:
    """Print a one-time link, for 72 hours, by which somebody sets their password; again for one who forgot it."""
    known = _by_email(email)
    try:
        if known is not None:
            token = invite_again(SHELL, known.operator_id, now=_now())
        elif name is None or role is None:
            raise click.UsageError(f"{email} is nobody yet: give --name and --role.")
        else:
            token = invite_operator(SHELL, email=email, name=name, role=role, person_email=person_email, now=_now())
    except RuleBrokenError as error:
        raise _refusal(error) from error
    settings = current_app.config["LEDGERLINE"]
    click.echo("Give this link to them alone; it works once, for 72 hours:")
    click.echo(f"http://{settings.host}:{settings.port}/invitations/{token}")


@operator.command("disable")
@click.argument("email")
@ready
def disable(email: str) -> None:
    """Shut an operator out, at once."""
    known = _by_email(email)
    if known is None:
        raise click.ClickException(f"There is no operator with the address {email}; nothing was changed.")
    changed = disable_operator(SHELL, known.operator_id, now=_now())
    click.echo(f"{email} is disabled{' and signed out everywhere' if changed else ' already'}.")


@operator.command("list")
@ready
def list_operators() -> None:
    """List who may sign in."""
    for row in _all():
        click.echo(f"{row.email:<40}{row.role:<10}{row.status:<10}{row.name}")


def _password(*, password_stdin: bool) -> str:
    if password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _by_email(email: str) -> OperatorRow | None:
    return next((row for row in _all() if row.email.lower() == email.strip().lower()), None)


def _all() -> list[OperatorRow]:
    with db.snapshot() as connection:
        return operators.all(connection, now=_now(), idle_since=idle_since(_now()))


def _refusal(error: RuleBrokenError) -> click.ClickException:
    sentence = str(error)
    return click.ClickException(sentence if "othing was changed" in sentence else f"{sentence} Nothing was changed.")


def _now() -> datetime:
    return datetime.now(UTC)
