"""`flask subscription`: begin, change and end plans from the server's shell, and let the clock act on them."""

from datetime import UTC, datetime
from uuid import UUID

import click

from dashboard import db
from dashboard.actions.advance_subscriptions import advance_subscriptions
from dashboard.actions.cancel_subscription import REASONS, cancel_subscription, reactivate_subscription
from dashboard.actions.change_interval import change_interval
from dashboard.actions.change_plan import change_plan
from dashboard.actions.moving_by_hand import customer_named
from dashboard.actions.subscribe import Order, subscribe
from dashboard.actions.subscription_rows import running_plan_of
from dashboard.actions.suspend_subscription import resume_subscription, suspend_subscription
from dashboard.cli import ready
from dashboard.engine.actors import SHELL
from dashboard.engine.credits import in_words
from dashboard.engine.errors import RuleBrokenError

CYCLES = click.Choice(["monthly", "annual"])


class Refusing(click.Group):
    """A group whose commands say a refusal in one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except RuleBrokenError as error:
            raise click.ClickException(str(error)) from error


@click.group("subscription", cls=Refusing)
def subscription() -> None:
    """Plans billed here; CUSTOMER is an id or an e-mail."""


@subscription.command("begin")
@click.argument("customer")
@click.argument("tier")
@click.option("--billing-cycle", type=CYCLES, default="monthly", show_default=True)
@click.option("--trial", is_flag=True, help="Free and without credits until the trial ends.")
@click.option(
    "--reset-day", type=click.IntRange(1, 31), help="The day of the month allowances come; that of the start."
)
@ready
def begin(customer: str, tier: str, billing_cycle: str, *, trial: bool, reset_day: int | None) -> None:
    """Begin a subscription of CUSTOMER to TIER."""
    order = Order(_customer(customer), tier, billing_cycle, with_trial=trial, reset_day=reset_day)
    done = subscribe(SHELL, order, now=_now())
    click.echo(
        f"Subscription {done.subscription_id} is {done.status}: ${done.price_usd:,.2f} {billing_cycle}, "
        f"{in_words(done.monthly_credits)} credits a month."
    )


@subscription.command("change")
@click.argument("customer")
@click.argument("tier")
@ready
def change(customer: str, tier: str) -> None:
    """Move CUSTOMER to TIER: a larger one at once and prorated, a smaller one at the period's end."""
    found = change_plan(SHELL, *_plan(customer), tier, now=_now())
    if not found.at_once:
        click.echo(f"From {found.effective_at:%Y-%m-%d} on the plan is {found.new.tier}.")
    elif found.proration is None:
        click.echo(f"The plan is {found.new.tier}; the trial goes on.")
    else:
        share = found.proration
        click.echo(
            f"The plan is {found.new.tier}: ${share.new_usd:,.2f} − ${share.unused_usd:,.2f} unused = "
            f"${share.net_usd:,.2f}; {in_words(share.credits_granted)} credits granted, "
            f"{in_words(share.credits_withdrawn)} withdrawn."
        )


@subscription.command("bill")
@click.argument("customer")
@click.argument("billing_cycle", type=CYCLES)
@ready
def bill(customer: str, billing_cycle: str) -> None:
    """Bill CUSTOMER by the month or the year from the next period on."""
    begins = change_interval(SHELL, *_plan(customer), billing_cycle, now=_now())
    click.echo(f"From {begins:%Y-%m-%d} on the plan is billed {billing_cycle}.")


@subscription.command("cancel")
@click.argument("customer")
@click.option("--at-once", is_flag=True, help="Now, not with the period.")
@click.option("--reason", required=True, type=click.Choice(list(REASONS)))
@ready
def cancel(customer: str, *, at_once: bool, reason: str) -> None:
    """End the subscription of CUSTOMER with its period, or at once."""
    ends = cancel_subscription(SHELL, *_plan(customer), at_once=at_once, reason=reason, now=_now())
    click.echo(f"The subscription ends at {ends:%Y-%m-%d %H:%M} UTC.")


@subscription.command("reactivate")
@click.argument("customer")
@ready
def reactivate(customer: str) -> None:
    """Let the subscription of CUSTOMER go on that was to end."""
    reactivate_subscription(SHELL, *_plan(customer), now=_now())
    click.echo("The subscription goes on.")


@subscription.command("suspend")
@click.argument("customer")
@ready
def suspend(customer: str) -> None:
    """Suspend the subscription of CUSTOMER."""
    suspend_subscription(SHELL, *_plan(customer), now=_now())
    click.echo("The subscription is suspended.")


@subscription.command("resume")
@click.argument("customer")
@ready
def resume(customer: str) -> None:
    """Let the suspended subscription of CUSTOMER go on."""
    resume_subscription(SHELL, *_plan(customer), now=_now())
    click.echo("The subscription goes on.")


@subscription.command("advance")
@ready
def advance() -> None:
    """Renew, grant, change, remind and end whatever is due by now."""
    done = advance_subscriptions(_now())
    click.echo(f"{done.plans:,} subscriptions moved on, {done.failed:,} failed.")


def _plan(customer: str) -> tuple[UUID, UUID]:
    with db.transaction() as session:
        user_id = customer_named(session, customer)
        return user_id, running_plan_of(session, user_id)


def _customer(named: str) -> UUID:
    with db.transaction() as session:
        return customer_named(session, named)


def _now() -> datetime:
    return datetime.now(UTC)
