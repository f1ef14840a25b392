"""`flask coupon …`: coupons seen, redeemed, stopped and taken back from the server's shell, recorded like everybody's."""

from datetime import UTC, datetime
from uuid import UUID

import click
from sqlalchemy import select

from dashboard import db
from dashboard.actions.judging_coupons import RedemptionWanted, judge_coupon
from dashboard.actions.moving_by_hand import customer_named
from dashboard.actions.redeem_coupon import redeem_coupon
from dashboard.actions.reverse_redemption import reverse_redemption
from dashboard.actions.stop_coupon import stop_coupon
from dashboard.cli import ready
from dashboard.engine.actors import SHELL
from dashboard.engine.coupons import REVERSAL_CAUSES, code_of
from dashboard.engine.credits import in_words
from dashboard.engine.errors import RuleBrokenError
from dashboard.reports.billing.coupons import Wanted, coupons
from dashboard.store.coupons import Coupon

MOST = 10_000


@click.group("coupon")
def coupon() -> None:
    """Coupons; new terms are proposed on the page, because they take a second person."""


@coupon.command("list")
@click.option("--code", "search", help="Only codes that start with this.")
@ready
def list_coupons(search: str | None) -> None:
    """List coupons, newest first."""
    with db.snapshot() as connection:
        for row in coupons(connection, Wanted(search=search), _now(), most=MOST):
            most = "no limit" if row.max_uses is None else f"{row.max_uses:,}"
            click.echo(f"{row.code}  {row.status}  {row.total_uses:,} of {most}")


@coupon.command("check")
@click.argument("code")
@click.argument("customer")
@ready
def check(code: str, customer: str) -> None:
    """Show the twelve checks of CODE for CUSTOMER (id or e-mail); nothing is written."""
    user_id = _customer(customer)
    with db.snapshot() as connection:
        for found in judge_coupon(connection, RedemptionWanted(user_id, code), _now()).checks:
            click.echo(f"{'passed ' if found.passed else 'REFUSED'}  {found.code}  {found.detail}".rstrip())


@coupon.command("redeem")
@click.argument("code")
@click.argument("customer")
@ready
def redeem(code: str, customer: str) -> None:
    """Redeem CODE for CUSTOMER (id or e-mail)."""
    try:
        done = redeem_coupon(SHELL, RedemptionWanted(_customer(customer), code), now=_now())
    except RuleBrokenError as error:
        raise click.ClickException(str(error)) from error
    given = f"{in_words(done.credits)} credits" if done.credits else f"${done.discount_usd:,.2f} on the account"
    click.echo(f"{done.code} redeemed, use {done.number:,}: {given}. Redemption {done.redemption_id}.")


@coupon.command("reverse")
@click.argument("customer")
@click.argument("redemption_id", type=click.UUID)
@click.option("--cause", required=True, type=click.Choice(list(REVERSAL_CAUSES)))
@ready
def reverse(customer: str, redemption_id: UUID, cause: str) -> None:
    """Take a redemption of CUSTOMER back, at most what is left of what it gave."""
    try:
        done = reverse_redemption(SHELL, _customer(customer), redemption_id, cause=cause, now=_now())
    except RuleBrokenError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Taken back: {in_words(done.credits)} credits and ${done.discount_usd:,.2f}.")


@coupon.command("pause")
@click.argument("code")
@click.option("--why", required=True)
@ready
def pause(code: str, why: str) -> None:
    """Stop CODE at once; starting it again takes two people, on the page."""
    with db.transaction() as session:
        coupon_id = session.scalars(select(Coupon.id).where(Coupon.code == code_of(code))).one_or_none()
    if coupon_id is None:
        raise click.ClickException("There is no such coupon. Nothing was changed.")
    try:
        stop_coupon(SHELL, coupon_id=coupon_id, why=why, now=_now())
    except RuleBrokenError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{code_of(code)} is paused.")


def _customer(name: str) -> UUID:
    try:
        with db.transaction() as session:
            return customer_named(session, name)
    except RuleBrokenError as error:
        raise click.ClickException(str(error)) from error


def _now() -> datetime:
    return datetime.now(UTC)
