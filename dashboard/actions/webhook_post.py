"""One POST to a webhook: only where it may go, without redirects, for five seconds at most."""

import socket
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer

from dashboard.engine.webhooks import TIMEOUT_SECONDS, Reach, Target, may_reach, target_of


class NotDeliveredError(Exception):
    """Nothing was answered; the message says why."""


def post(url: str, body: bytes, headers: dict[str, str], reach: Reach) -> int:
    """Send and return the status; the address is resolved, checked and connected to as one."""
    try:
        target = target_of(url, reach)
        connection = _connection(target, _checked_address(target, reach))
    except ValueError as error:
        raise NotDeliveredError(str(error)) from error
    # A timeout of the socket starts anew with every byte; this one does not.
    deadline = Timer(TIMEOUT_SECONDS, lambda: _cut(connection))
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", target.path, body, {"Host": _host(target), **headers})
        return connection.getresponse().status
    except (OSError, HTTPException, AttributeError) as error:
        raise NotDeliveredError(_said(error)) from error
    finally:
        deadline.cancel()
        connection.close()


def _checked_address(target: Target, reach: Reach) -> str:
    """Resolve the host; one forbidden address among several is enough to refuse."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDeliveredError(f"{target.host} cannot be found.") from error
    addresses = [str(entry[4][0]) for entry in found]
    forbidden = [address for address in addresses if not may_reach(address, reach)]
    if forbidden or not addresses:
        raise NotDeliveredError(f"{target.host} is {', '.join(forbidden)}, which is no public address.")
    return addresses[0]


def _connection(target: Target, address: str) -> HTTPConnection:
    """Connect to the address that was checked, whatever the name means a moment later; the name is what TLS proves."""
    kind = _Secure if target.secure else _Plain
    return kind(target.host, address, target.port)


class _Plain(HTTPConnection):
    def __init__(self, host: str, address: str, port: int) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), TIMEOUT_SECONDS)


class _Secure(HTTPSConnection):
    def __init__(self, host: str, address: str, port: int) -> None:
        self.context = ssl.create_default_context()
        super().__init__(host, port, timeout=TIMEOUT_SECONDS, context=self.context)
        self.address = address

    def connect(self) -> None:
        # Kept before the handshake, so that the deadline can cut that too.
        self.sock = socket.create_connection((self.address, self.port), TIMEOUT_SECONDS)
        self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)


def _host(target: Target) -> str:
    name = f"[{target.host}]" if ":" in target.host else target.host
    return name if target.port == (443 if target.secure else 80) else f"{name}:{target.port}"


def _cut(connection: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"There was no answer within {TIMEOUT_SECONDS} s."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not valid ({error.verify_message})."
    if isinstance(error, ConnectionRefusedError):
        return "Nothing listens there."
    return f"The connection broke off or took longer than {TIMEOUT_SECONDS} s."
