"""`flask erase-customer`: ask for a person to be erased, from the server's shell."""

from datetime import UTC, datetime

import click

from dashboard import db
from dashboard.actions.erase_customer import erase_customer as ask
from dashboard.actions.moving_by_hand import customer_named
from dashboard.cli import ready
from dashboard.engine.actors import SHELL
from dashboard.engine.erasing import CAUSES, ErasureOrder
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.reports.support.erasure import preview_of
from dashboard.ui.format import count


@click.command("erase-customer")
@click.argument("customer")
@click.option("--reason", required=True, type=click.Choice(list(CAUSES)))
@click.option(
    "--confirm", default="", help="The customer's e-mail address, typed; without it only the preview is printed."
)
@ready
def erase_customer(customer: str, reason: str, confirm: str) -> None:
    """Show what erasing CUSTOMER (id or e-mail) takes, and ask a second person for it."""
    try:
        with db.transaction() as session:
            user_id = customer_named(session, customer)
        with db.snapshot() as connection:
            preview = preview_of(connection, user_id)
        for title, how, rows in preview.goes if preview else ():
            click.echo(f"goes   {title}{'' if rows is None else f' ({count(rows)})'}: {how}")
        for title, _, figure in preview.stays if preview else ():
            click.echo(f"stays  {title}: {figure:,}")
        if not confirm:
            click.echo("Nothing was changed. Type the e-mail address with --confirm to ask for it.")
            return
        waiting = ask(SHELL, ErasureOrder(user_id, reason), confirmation=confirm, now=datetime.now(UTC))
    except InvalidInputError as error:
        raise click.ClickException(f"{' '.join(error.errors.values())} Nothing was changed.") from error
    except RuleBrokenError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Nothing was erased yet. An admin or an owner can approve request {waiting.request_id} within 24 hours."
    )
