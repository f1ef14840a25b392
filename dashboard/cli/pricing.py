"""`flask pricing`: proposals from the server's shell, in the name of an account; nobody approves there."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import wraps
from uuid import UUID

import click
from sqlalchemy import select

from dashboard import db
from dashboard.actions.approve_price import approve_price
from dashboard.actions.draft_price import draft_price
from dashboard.actions.reject_price import reject_price
from dashboard.actions.submit_price import submit_price
from dashboard.actions.withdraw_price import withdraw_price
from dashboard.cli import ready
from dashboard.cli.by_hand import CreditAmount
from dashboard.engine.actors import SHELL, Actor
from dashboard.engine.credits import in_words
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.fields import FieldError, day_or_instant
from dashboard.engine.price_scopes import SCOPES
from dashboard.engine.pricing import ACKNOWLEDGEMENTS, REASONS, PriceDraft
from dashboard.engine.proposals import standing
from dashboard.store.operators import Operator
from dashboard.store.proposals import Listed, listed, timeline


class Moment(click.ParamType[datetime]):
    """A moment in UTC, or a date for its midnight."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read a time with its zone, or a plain date."""
        try:
            return day_or_instant(value)
        except FieldError as error:
            self.fail(str(error), param, ctx)


@click.group()
def pricing() -> None:
    """Multipliers, and proposals to change them."""


def acting(function: Callable[..., None]) -> Callable[..., None]:
    """Decorate an act: it runs as the account named by --as, and a refusal is one sentence on stderr."""

    @click.option("--as", "email", required=True, help="The e-mail of the account in whose name this is done.")
    @ready
    @wraps(function)
    def done(email: str, **given: object) -> None:
        try:
            function(_account(email), datetime.now(UTC), **given)
        except RuleBrokenError as error:
            raise _refusal(error) from error

    return done


@pricing.command("list")
@click.option("--all", "everything", is_flag=True, help="Superseded and closed ones too.")
@ready
def list_prices(*, everything: bool) -> None:
    """List the prices that hold or will, and the proposals that are open."""
    now = datetime.now(UTC)
    with db.snapshot() as connection:
        rows = listed.all(connection, config_id=None)
    for row in rows:
        stands = standing(row.state, row.effective_from, row.effective_until, now)
        if everything or stands in {"draft", "pending", "scheduled", "active"}:
            click.echo(
                f"{row.id}  {_name(row):<10}{stands:<11}{_scope(row):<36}× {in_words(row.multiplier):<8}{_window(row)}"
            )


@pricing.command("show")
@click.argument("config_id", type=click.UUID)
@ready
def show(config_id: UUID) -> None:
    """Show one version and everything that happened to it."""
    with db.snapshot() as connection:
        found = listed.all(connection, config_id=config_id)
        events = timeline.all(connection, config_id=config_id)
    if not found:
        raise click.ClickException("There is no such price.")
    row = found[0]
    stands = standing(row.state, row.effective_from, row.effective_until, datetime.now(UTC))
    click.echo(f"{_name(row)}, {stands}: {_scope(row)} × {in_words(row.multiplier)}, {_window(row)}")
    click.echo(f"{REASONS[row.reason]}{f': {row.reason_details}' if row.reason_details else ''}")
    for event in events:
        why = f": {event.reason}" if event.reason else ""
        click.echo(f"  {event.at:%Y-%m-%d %H:%M:%S} UTC  {event.kind} by {event.actor_name}{why}")


@pricing.command("draft")
@click.argument("scope_type", type=click.Choice(SCOPES))
@click.argument("multiplier", type=CreditAmount())
@click.option("--tier")
@click.option("--provider")
@click.option("--model")
@click.option("--from", "effective_from", type=Moment(), help="At its approval unless given.")
@click.option("--until", "effective_until", type=Moment(), help="Open unless given.")
@click.option("--reason", required=True, type=click.Choice(list(REASONS)))
@click.option("--details", "reason_details")
@click.option("--urgent", is_flag=True)
@click.option("--acknowledge", multiple=True, type=click.Choice(list(ACKNOWLEDGEMENTS)))
@acting
def draft(actor: Actor, now: datetime, multiplier: Decimal, acknowledge: tuple[str, ...], **terms: object) -> None:
    """Draft MULTIPLIER for a tier, provider, model or combination; it waits until it is submitted."""
    drafted = PriceDraft(multiplier=multiplier, acknowledges=frozenset(acknowledge), **terms)  # type: ignore[arg-type]  # the options are its fields
    click.echo(f"Drafted as {draft_price(actor, drafted, now)}; `flask pricing submit` submits it.")


@pricing.command("submit")
@click.argument("config_id", type=click.UUID)
@acting
def submit(actor: Actor, now: datetime, config_id: UUID) -> None:
    """Submit a draft; another person decides it, signed in."""
    submit_price(actor, config_id, now)
    click.echo("Submitted: another admin or an owner decides it, signed in.")


@pricing.command("withdraw")
@click.argument("config_id", type=click.UUID)
@click.option("--reason", required=True)
@acting
def withdraw(actor: Actor, now: datetime, config_id: UUID, reason: str) -> None:
    """Withdraw an open proposal, or an approved price that has not begun."""
    withdraw_price(actor, config_id, reason, now)
    click.echo("Withdrawn.")


@pricing.command("approve")
@click.argument("config_id", type=click.UUID)
@ready
def approve(config_id: UUID) -> None:
    """Refused: whoever approves a price is signed in, so that it is known who it was."""
    _decided(lambda now: approve_price(SHELL, config_id, "", now))


@pricing.command("reject")
@click.argument("config_id", type=click.UUID)
@click.option("--reason", required=True)
@ready
def reject(config_id: UUID, reason: str) -> None:
    """Refused: whoever rejects a price is signed in, so that it is known who it was."""
    _decided(lambda now: reject_price(SHELL, config_id, reason, now))


def _decided(decide: Callable[[datetime], None]) -> None:
    try:
        decide(datetime.now(UTC))
    except RuleBrokenError as error:
        raise _refusal(error) from error


def _account(email: str) -> Actor:
    with db.transaction() as session:
        operator = session.scalars(select(Operator).where(Operator.email == email.strip().lower())).one_or_none()
    if operator is None:
        raise click.ClickException(f"No account has the e-mail {email}. Nothing was changed.")
    return Actor(f"{operator.name} (shell)", operator.role, operator.id, operator.person_id)


def _refusal(error: RuleBrokenError) -> click.ClickException:
    if isinstance(error, InvalidInputError):
        return click.ClickException("\n".join([*error.errors.values(), "Nothing was changed."]))
    return click.ClickException(str(error))


def _name(row: Listed) -> str:
    return f"PC-{row.number:04d}" + (f" v{row.version}" if row.version > 1 else "")


def _scope(row: Listed) -> str:
    return " · ".join(part for part in (row.scope_type, row.tier, row.provider, row.model) if part)


def _window(row: Listed) -> str:
    start = f"from {row.effective_from:%Y-%m-%d %H:%M} UTC" if row.effective_from else "from its approval"
    return start + (f" until {row.effective_until:%Y-%m-%d %H:%M} UTC" if row.effective_until else "")
