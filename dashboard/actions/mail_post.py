"""One e-mail handed in at the mail server: encrypted where a password goes, and within half a minute."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from smtplib import SMTP, SMTP_SSL, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from threading import Timer

from dashboard.engine.webhooks import is_loopback

TIMEOUT_SECONDS = 10
LONGEST_SECONDS = 30
PORT_TLS = 465
PERMANENT = 500


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in; without a user nobody signs in."""

    host: str
    port: int
    starttls: bool
    user: str
    password: str | None


class NotSentError(Exception):
    """The server did not take it; `is_final` when it never will. The message names no address."""

    def __init__(self, said: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(said)


def hand_in(server: MailServer, message: EmailMessage) -> None:
    """Hand an e-mail in, or raise NotSentError."""
    is_secure = server.starttls or server.port == PORT_TLS
    if server.user and server.password is None:
        raise NotSentError("The mail server wants a password and SMTP_PASSWORD is not set.")
    if server.user and not is_secure and not is_loopback(server.host):
        raise NotSentError("A password is never sent over an open line; switch encryption on.")
    try:
        _hand_in(server, message)
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise NotSentError(
            f"The mail server refused the recipient ({codes[0]}).", is_final=min(codes) >= PERMANENT
        ) from error
    except SMTPResponseException as error:
        raise NotSentError(f"The mail server answered {error.smtp_code}.") from error
    except (SMTPException, OSError) as error:
        raise NotSentError(_said(error)) from error


def _hand_in(server: MailServer, message: EmailMessage) -> None:
    context = ssl.create_default_context()
    if server.port == PORT_TLS:
        smtp: SMTP = SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        smtp = SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    # A timeout of the socket starts anew with every byte; this one does not.
    deadline = Timer(LONGEST_SECONDS, lambda: _cut(smtp))
    deadline.daemon = True
    deadline.start()
    try:
        with smtp:
            if server.starttls and server.port != PORT_TLS:
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, server.password or "")
            smtp.send_message(message)
    finally:
        deadline.cancel()


def _cut(smtp: SMTP) -> None:
    with suppress(OSError, AttributeError):
        if smtp.sock is not None:
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The mail server’s certificate is not valid ({error.verify_message})."
    if isinstance(error, ConnectionRefusedError):
        return "No mail server listens there."
    if isinstance(error, socket.gaierror):
        return "The mail server’s host cannot be found."
    if isinstance(error, TimeoutError):
        return f"The mail server did not answer within {TIMEOUT_SECONDS} s."
    return f"The mail server broke off ({type(error).__name__})."
