"""Change a setting."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.mail_settings import MAIL_SETTINGS, SwitchRule, TextRule
from dashboard.engine.settings import SETTINGS, SettingRule
from dashboard.store.audit import record
from dashboard.store.settings import Setting


def change_setting(actor: Actor, key: str, text: str, *, now: datetime) -> bool:
    """Take the value as typed; False if the setting has it already, InvalidInputError if it cannot be taken."""
    rule: SettingRule | TextRule | SwitchRule | None = SETTINGS.get(key) or MAIL_SETTINGS.get(key)
    if rule is None:
        raise RuleBrokenError("There is no such setting. Nothing was changed.")
    value = rule.parse(text)
    with db.transaction() as session:
        setting = session.scalars(select(Setting).where(Setting.key == key).with_for_update()).one_or_none()
        before = setting.value if setting else rule.default
        if before == value:
            return False
        changed = {"value": value, "updated_by": actor.operator_id, "updated_at": now}
        kept = insert(Setting).values(key=key, **changed)
        session.execute(kept.on_conflict_do_update(index_elements=["key"], set_=changed))
        record(
            session, actor, "change_setting", "setting", key, before={"value": before}, after={"value": value}, now=now
        )
    return True
