"""Outgoing webhooks: what may be sent where, how it is signed and how often it is tried."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

LONGEST_URL = 500
LARGEST_PORT = 65535
TIMEOUT_SECONDS = 5
# The last try is 22 h 52 min after the first, so that all of them lie within a day.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 32_400)
)
NAT64 = ip_network("64:ff9b::/96")


class Event(StrEnum):
    """What an endpoint can be told."""

    CREDITS_LOW = "credits.low"
    CREDITS_DEPLETED = "credits.depleted"
    CREDITS_REVERSED = "credits.reversed"
    APPROVAL_REQUESTED = "approval.requested"
    APPROVAL_EXPIRING = "approval.expiring"
    APPROVAL_DECIDED = "approval.decided"
    PRICE_APPROVED = "price.approved"


@dataclass(frozen=True, slots=True)
class Reach:
    """What this installation may speak to besides the public internet over https."""

    loopback: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart."""

    secure: bool
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A customer whose allowance fell to `percent` (0: nothing is left)."""

    percent: int
    kind: str
    event: Event


# The lowest first: of several fallen through at once the lowest is the one worth telling.
NOTICES = (
    Notice(0, "depleted", Event.CREDITS_DEPLETED),
    Notice(10, "low_10", Event.CREDITS_LOW),
    Notice(25, "low_25", Event.CREDITS_LOW),
)


def notices_at(remaining: Decimal, allowance: Decimal) -> tuple[Notice, ...]:
    """Return every step these credits have fallen to, the lowest first; none above a quarter."""
    return tuple(notice for notice in NOTICES if remaining * 100 <= allowance * notice.percent)


def faults_of(url: str, events: Sequence[str], reach: Reach) -> dict[str, str]:
    """Return what is wrong with an endpoint, by field; its name is looked up again at every delivery."""
    found = {}
    try:
        target_of(url, reach)
    except ValueError as error:
        found["url"] = str(error)
    if not events or set(events) - set(Event):
        found["events"] = f"Choose at least one of {', '.join(Event)}."
    return found


def target_of(url: str, reach: Reach) -> Target:
    """Take an address apart; ValueError says why nothing is ever sent there."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"Give an address of at most {LONGEST_URL} plain characters.")
    parts = urlsplit(url)
    host, port = parts.hostname, _port(parts.netloc, parts.scheme)
    if parts.scheme not in {"https", "http"} or not host:
        raise ValueError("Give a whole address; it looks like https://example.com/hooks.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("Leave out user name, password and #fragment; the signature is what proves the sender.")
    if parts.scheme == "http" and not (is_loopback(host) and (reach.loopback or reach.private)):
        raise ValueError("Only https is taken: the body names customers.")
    literal = _literal(host)
    if literal is not None and not may_reach(literal, reach):
        raise ValueError(f"{host} is no public address, and nothing is sent to private ones.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, path)


def may_reach(address: str, reach: Reach) -> bool:
    """Whether a resolved IP address may be connected to: public ones, and what `reach` adds."""
    ip = _unwrapped(ip_address(address.partition("%")[0]))
    if ip.is_loopback:
        return reach.loopback or reach.private
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False
    return ip.is_global or (reach.private and ip.is_private and not ip.is_reserved)


def is_loopback(host: str) -> bool:
    """Whether a host names this machine."""
    literal = _literal(host)
    return host == "localhost" or (literal is not None and ip_address(literal).is_loopback)


def body_of(event_id: object, event: str, created_at: datetime, data: dict[str, object]) -> dict[str, object]:
    """Return an event as it is sent; `data` names a customer by id and by nothing else."""
    return {"id": str(event_id), "type": event, "created_at": created_at.isoformat(), "data": data}


def written(body: object) -> bytes:
    """Return the bytes that are signed and sent."""
    return json.dumps(body, separators=(",", ":"), sort_keys=True).encode()


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return the header: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hex>`."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def wait_before(tries: int) -> timedelta | None:
    """How long to wait after so many failed tries; None when it is given up."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None


def _port(netloc: str, scheme: str) -> int:
    text = netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    if not text:
        return 443 if scheme == "https" else 80
    if text.isdigit() and 0 < int(text) <= LARGEST_PORT:
        return int(text)
    raise ValueError(f"Give a port from 1 to {LARGEST_PORT}, or none.")


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address an IPv6 address stands for: mapped, 6to4, Teredo or translated."""
    if isinstance(ip, IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if inner is None and ip in NAT64:
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip
