"""Put a device into a free seat of a licence, or in the place of another; or take it out."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.license_rows import devices_of, locked_license
from dashboard.engine.actors import Actor
from dashboard.engine.errors import InvalidInputError, RuleBrokenError
from dashboard.engine.licences import LONGEST_NAME, read_fingerprint
from dashboard.store.audit import record
from dashboard.store.licences import LicenseActivation, PerpetualLicense

FULL = "All seats of this licence are taken: replace one of its devices. Nothing was changed."
GONE = "This device is in no seat of the licence any more. Nothing was changed."


def activate_device(
    actor: Actor,
    user_id: UUID,
    license_id: UUID,
    *,
    fingerprint: str,
    name: str = "",
    replaces: UUID | None = None,
    now: datetime,
) -> UUID:
    """Activate a device, in a free seat or in that of the one it replaces; one that is in is answered as it stands."""
    wanted = read_fingerprint(fingerprint)
    if len(name) > LONGEST_NAME:
        raise InvalidInputError({"name": f"At most {LONGEST_NAME} characters."})
    with db.transaction() as session:
        held = locked_license(session, user_id, license_id, is_active=True)
        devices = devices_of(session, held)
        known = next((one for one in devices if one.machine_fingerprint == wanted), None)
        if known is not None:
            return known.id
        row = _seated(held, devices, replaces)
        row.machine_fingerprint, row.device_name, row.activated_at = wanted, name.strip() or None, now
        if replaces is not None:
            out = next(one for one in devices if one.id == replaces)
            out.status, out.deactivated_at, out.replaced_by = "replaced", now, row.id
            session.flush()
        session.add(row)
        _record(session, actor, "replace_device" if replaces else "activate_device", row, now)
    return row.id


def deactivate_device(actor: Actor, user_id: UUID, license_id: UUID, device_id: UUID, *, now: datetime) -> None:
    """Take a device out of its seat."""
    with db.transaction() as session:
        held = locked_license(session, user_id, license_id)
        row = next((one for one in devices_of(session, held) if one.id == device_id), None)
        if row is None:
            raise RuleBrokenError(GONE)
        row.status, row.deactivated_at = "deactivated", now
        _record(session, actor, "deactivate_device", row, now)


def _seated(held: PerpetualLicense, devices: list[LicenseActivation], replaces: UUID | None) -> LicenseActivation:
    if replaces is None:
        free = sorted(set(range(1, held.max_activations + 1)) - {one.seat for one in devices})
        if not free:
            raise RuleBrokenError(FULL)
        seat = free[0]
    else:
        out = next((one for one in devices if one.id == replaces), None)
        if out is None:
            raise RuleBrokenError(GONE)
        seat = out.seat
    return LicenseActivation(user_id=held.user_id, id=uuid4(), license_id=held.id, seat=seat)


def _record(session: Session, actor: Actor, verb: str, row: LicenseActivation, now: datetime) -> None:
    after = {"user_id": str(row.user_id), "device": str(row.id), "seat": row.seat}
    record(session, actor, verb, "license", row.license_id, after=after, now=now)
