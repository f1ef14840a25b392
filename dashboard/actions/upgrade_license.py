"""Let a licence reach a newer major version, for a price."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, select

from dashboard import db
from dashboard.actions.invoicing import raise_invoice
from dashboard.actions.license_rows import locked_license, pay_outside
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.invoices import Line
from dashboard.engine.licences import UpgradePrice, Version, read_version, upgrade_price
from dashboard.store.audit import record
from dashboard.store.licences import VersionUpgrade, extend


def upgrade_license(
    actor: Actor, user_id: UUID, license_id: UUID, *, to: Version, released_at: datetime, reference: str, now: datetime
) -> UpgradePrice:
    """Sell an upgrade to a version the licence does not reach; one it reaches costs nothing and is refused."""
    with db.transaction() as session:
        held = locked_license(session, user_id, license_id, is_active=True)
        reaches = read_version(held.eligible_until_version)
        if to <= reaches:
            raise RuleBrokenError(f"This licence reaches {reaches} already. Nothing was changed.")
        earlier = select(func.count()).select_from(VersionUpgrade).where(
            VersionUpgrade.user_id == user_id, VersionUpgrade.license_id == license_id
        )  # fmt: skip
        price = upgrade_price(released_at, session.scalars(earlier).one(), now)
        upgrade_id = uuid5(license_id, f"upgrade to {to}")
        line = Line(f"Licence upgrade to version {to}", "licence_upgrade", price.price_usd)
        invoice = raise_invoice(
            session, user_id=user_id, reason="licence_upgrade", period_start=now, period_end=now, lines=[line], now=now,
            id=upgrade_id,
        )  # fmt: skip
        pay_outside(session, actor, invoice, reference, now)
        session.add(
            VersionUpgrade(
                user_id=user_id,
                id=upgrade_id,
                license_id=license_id,
                from_version=str(reaches),
                to_version=str(to),
                list_price_usd=price.list_usd,
                upgrade_price_usd=price.price_usd,
                discount=price.discount,
                invoice_id=invoice.id,
                purchased_at=now,
            )
        )
        session.flush()
        extend.one(session.connection(), user_id=user_id, license_id=license_id, version=str(to.last_of_major))
        session.expire(held)
        after = {"user_id": str(user_id), "version": str(to), "price_usd": f"{price.price_usd:f}"}
        record(session, actor, "upgrade_license", "license", license_id, after=after, now=now)
    return price
