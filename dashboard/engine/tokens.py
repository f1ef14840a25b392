"""Secrets handed out once: how they are recognised without being kept."""

from hashlib import sha256

API_KEY_START = "llk_"


def fingerprint(token: str) -> bytes:
    """Return what the database keeps of a token of 256 random bits; such a token needs no slow hash."""
    return sha256(token.encode("utf-8", "replace")).digest()
