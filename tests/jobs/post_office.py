"""A mail server on loopback: it keeps what it is handed, and refuses as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.processes import free_port


@dataclass
class PostOffice:
    """What came, who signed in, and what to answer next instead of taking a recipient or a letter."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    came: list[EmailMessage] = field(default_factory=list)
    signed_in: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def recipients(self) -> list[str]:
        return sorted(str(message["To"]) for message in self.came)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - the library calls it by this name
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library calls it by this name
        if self.answers:
            return self.answers.pop(0)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.came.append(message)
        return "250 OK"


@contextmanager
def post_office(*answers: str, tls: SSLContext | None = None) -> Iterator[PostOffice]:
    office = PostOffice(port=free_port(), answers=list(answers))

    def authenticated(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        office.signed_in.append((given.login, given.password))
        return AuthResult(success=True)

    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        tls_context=tls,
        authenticator=authenticated,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
