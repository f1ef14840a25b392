"""`flask reverse`, `flask grant`: credits moved by hand from the server's shell, recorded like everybody's."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid4

import click

from dashboard import db
from dashboard.actions.grant_credits import grant_credits
from dashboard.actions.moving_by_hand import customer_named
from dashboard.actions.request_approval import AwaitsApproval
from dashboard.actions.reverse_entry import ReversalWanted, reverse_entry
from dashboard.cli import ready
from dashboard.engine.actors import SHELL
from dashboard.engine.by_hand import GRANT_REASONS, GrantOrder
from dashboard.engine.credits import in_words
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.reversals import REASONS


class CreditAmount(click.ParamType[Decimal]):
    """A number of credits; what it may be is for the rules to say."""

    name = "credits"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read the number exactly as typed."""
        try:
            return Decimal(str(value))
        except InvalidOperation:
            self.fail(f"“{value}” is not a number of credits", param, ctx)


@click.command("reverse")
@click.argument("customer")
@click.argument("request_id", type=click.UUID)
@click.option("--credits", "credits_back", type=CreditAmount(), help="How many; without it all that is left.")
@click.option("--reason", required=True, type=click.Choice(list(REASONS)))
@click.option("--note", help="Kept apart from the books, where it can be erased.")
@ready
def reverse(customer: str, request_id: UUID, credits_back: Decimal | None, reason: str, note: str | None) -> None:
    """Give back what a request of CUSTOMER (id or e-mail) was charged."""
    try:
        wanted = ReversalWanted(_customer(customer), reason, request_id=request_id, credits=credits_back, note=note)
        done = reverse_entry(SHELL, wanted, now=_now())
    except RuleBrokenError as error:
        raise _refusal(error) from error
    if isinstance(done, AwaitsApproval):
        _say_waiting(done)
        return
    click.echo(f"{in_words(done.credits)} credits given back; the balance is {in_words(done.balance)}.")
    for lot in done.restored:
        where = "to a new grant, for the one that has expired" if lot["replaces_source_id"] else "to their grant"
        click.echo(f"  {in_words(Decimal(lot['credits']))} credits {where} {lot['source_id']}")
    if done.credits_left:
        click.echo(f"{in_words(done.credits_left)} credits of it are left to give back.")
    if done.credits_lost:
        click.echo(f"{in_words(done.credits_lost)} came from a grant that was clawed back and are not restored.")


@click.command("grant")
@click.argument("customer")
@click.argument("credits_granted", metavar="CREDITS", type=CreditAmount())
@click.option("--reason", required=True, type=click.Choice(list(GRANT_REASONS)))
@click.option("--note", help="Kept apart from the books, where it can be erased.")
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="Never unless given.")
@click.option("--paid-usd", type=CreditAmount(), default="0", help="What was paid for them, US dollars.")
@ready
def grant(
    customer: str,
    credits_granted: Decimal,
    reason: str,
    note: str | None,
    expires_in_days: int | None,
    paid_usd: Decimal,
) -> None:
    """Grant CREDITS to CUSTOMER (id or e-mail)."""
    now = _now()
    expires_at = None if expires_in_days is None else now + timedelta(days=expires_in_days)
    try:
        order = GrantOrder(
            _customer(customer), uuid4(), credits_granted, reason, paid_usd=paid_usd, expires_at=expires_at
        )
        done = grant_credits(SHELL, order, note=note, now=now)
    except RuleBrokenError as error:
        raise _refusal(error) from error
    if isinstance(done, AwaitsApproval):
        _say_waiting(done)
    else:
        click.echo(f"{in_words(done.credits)} credits granted; the balance is {in_words(done.balance)}.")


def _say_waiting(waiting: AwaitsApproval) -> None:
    click.echo(f"Nothing was changed yet: {waiting.why}.")
    click.echo(
        f"An admin or an owner can approve request {waiting.request_id} until {waiting.expires_at:%Y-%m-%d %H:%M} UTC."
    )


def _customer(named: str) -> UUID:
    with db.transaction() as session:
        return customer_named(session, named)


def _refusal(error: RuleBrokenError) -> click.ClickException:
    sentence = str(error)
    return click.ClickException(sentence if "othing was changed" in sentence else f"{sentence} Nothing was changed.")


def _now() -> datetime:
    return datetime.now(UTC)
