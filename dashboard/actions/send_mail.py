"""Send one e-mail to somebody who may decide: logged, tried again for a day, and left out when it is no longer needed."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from dashboard import db
from dashboard.actions.deliver_webhook import TryAgainError
from dashboard.actions.mail_post import MailServer, NotSentError, hand_in
from dashboard.engine.announcing import letter, may_decide, path_of, scope_of, title_of
from dashboard.engine.webhooks import wait_before
from dashboard.store.announcements import ApproverMail, ApproverMailAttempt, Asked, decision_asked
from dashboard.store.jobs import only_one
from dashboard.store.operators import Operator
from dashboard.store.settings import is_on, text_of, value_of


@dataclass(frozen=True, slots=True)
class _Ready:
    server: MailServer
    message: EmailMessage
    tries: int


def send_mail(mail_id: UUID, *, password: str | None, now: datetime) -> str:
    """Send it once and say what came of it; TryAgainError while another try is due.

    A worker killed between hand-in and log sends it twice, under one Message-ID.
    """
    with only_one(f"mail {mail_id}") as alone:
        ready = _ready(mail_id, password, now) if alone else "nothing to send"
        if isinstance(ready, str):
            return ready
        try:
            hand_in(ready.server, ready.message)
        except NotSentError as error:
            wait = None if error.is_final else wait_before(ready.tries + 1)
            _log(mail_id, ready.tries + 1, str(error), "given_up" if wait is None else None, now)
            if wait is None:
                return f"given up: {error}"
            said = str(error)
        else:
            _log(mail_id, ready.tries + 1, None, "sent", now)
            return "sent"
    raise TryAgainError(said, wait)


def _ready(mail_id: UUID, password: str | None, now: datetime) -> _Ready | str:
    with db.transaction() as session:
        mail = session.get(ApproverMail, mail_id)
        if mail is None or mail.state != "waiting":
            return "nothing to send"
        operator = session.get_one(Operator, mail.operator_id)
        found = decision_asked.all(session.connection(), object_kind=mail.object_kind, object_id=mail.object_id)
        if not found or not _is_needed(session, found[0], operator, now):
            mail.state, mail.finished_at = "not_needed", now
            return "not needed any more"
        tries = select(func.count()).select_from(ApproverMailAttempt).where(ApproverMailAttempt.mail_id == mail_id)
        server = MailServer(
            text_of(session, "smtp_host"),
            value_of(session, "smtp_port"),
            is_on(session, "smtp_starttls"),
            text_of(session, "smtp_user"),
            password,
        )
        return _Ready(server, _message(session, mail, found[0], operator), session.execute(tries).scalar_one())


def _is_needed(session: Session, asked: Asked, operator: Operator, now: datetime) -> bool:
    """Whether it still waits, this person may still decide it, and e-mail is still wanted and possible."""
    return (
        asked.state == "pending"
        and (asked.decide_by is None or asked.decide_by > now)
        and operator.status == "active"
        and may_decide(operator.role, operator.person_id, asked.subject, asked.persons)
        and is_on(session, "mail_to_approvers")
        and bool(text_of(session, "smtp_host") and text_of(session, "smtp_from"))
    )


def _message(session: Session, mail: ApproverMail, asked: Asked, operator: Operator) -> EmailMessage:
    scope = scope_of(asked.tier_title, asked.provider_title, asked.model)
    title = title_of(asked.subject, scope, asked.multiplier, asked.code)
    address = (
        f"{text_of(session, 'public_address').rstrip('/')}{path_of(asked.object_kind, asked.object_id, asked.subject)}"
    )
    written = letter(title, mail.event, asked.asked_by, asked.decide_by, address)
    sender = text_of(session, "smtp_from")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, operator.email, written.subject
    message["Date"] = mail.created_at
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(written.words)
    return message


def _log(mail_id: UUID, n: int, error: str | None, state: str | None, now: datetime) -> None:
    with db.transaction() as session:
        session.add(ApproverMailAttempt(mail_id=mail_id, n=n, tried_at=now, error=error))
        if state is not None:
            ended = {"state": state, "finished_at": now}
            session.execute(update(ApproverMail).where(ApproverMail.id == mail_id).values(**ended))
