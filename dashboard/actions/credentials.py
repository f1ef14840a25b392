"""Passwords and tokens: made here, kept only as hashes."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.engine.tokens import API_KEY_START

_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the argon2id hash to keep."""
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is none to compare with."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def new_token() -> str:
    """256 random bits, for a cookie or a link."""
    return secrets.token_urlsafe(32)


def new_api_key() -> tuple[str, str]:
    """Return a key and the part of it that may be shown again."""
    prefix = f"{API_KEY_START}{secrets.token_hex(4)}"
    return f"{prefix}_{secrets.token_urlsafe(32)}", prefix


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
