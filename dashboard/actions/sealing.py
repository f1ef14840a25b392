"""Secrets that must be read again: encrypted under a key derived from SECRET_KEY."""

from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class UnreadableSecretError(Exception):
    """The secret was sealed under another SECRET_KEY."""

    def __init__(self) -> None:
        super().__init__("its secret was sealed under another SECRET_KEY; remove the endpoint and add it again")


def sealed(secret: str, secret_key: str) -> bytes:
    """Encrypt a secret for the database."""
    return _box(secret_key).encrypt(secret.encode())


def opened(kept: bytes, secret_key: str) -> str:
    """Return the secret; UnreadableSecretError if SECRET_KEY is not the one it was sealed under."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as below

    try:
        return _box(secret_key).decrypt(kept).decode()
    except InvalidToken as error:
        raise UnreadableSecretError from error


@cache
def _box(secret_key: str) -> "Fernet":
    # Pages and commands that open no secret do not load the library.
    from cryptography.fernet import Fernet  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

    derived = HKDF(SHA256(), 32, None, b"ledgerline webhook secrets").derive(secret_key.encode())
    return Fernet(urlsafe_b64encode(derived))
