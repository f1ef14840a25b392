"""What the environment decides, read once at the start."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

LARGEST_PORT = 65535
SHORTEST_SECRET = 16


class CannotStart(click.ClickException):
    """Something outside Ledgerline has to change first; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything Ledgerline takes from its environment."""

    data_dir: Path
    database_url: str | None
    app_database_url: str | None
    host: str
    port: int
    demo: bool
    secret_key: str
    # Webhooks may go to private addresses too: for receivers inside the same network.
    webhook_private: bool = False
    # Of the mail server; secrets are never kept among the settings.
    smtp_password: str | None = None
    # Without them everything works with payments recorded by hand.
    stripe_secret_key: str | None = None
    stripe_webhook_secret: str | None = None
    # Where customers come back to after paying; their side of the product, not this one.
    frontend_url: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; makes DATA_DIR and its secret key when they are not there yet."""
        data_dir = Path(environment.get("DATA_DIR") or ".data").expanduser().resolve()
        return cls(
            data_dir=data_dir,
            database_url=environment.get("DATABASE_URL") or None,
            app_database_url=environment.get("APP_DATABASE_URL") or None,
            host=environment.get("HOST") or "127.0.0.1",
            port=_port(environment.get("PORT") or "5000"),
            demo=_yes("DEMO", environment.get("DEMO") or "1"),
            secret_key=_secret_key(environment.get("SECRET_KEY"), data_dir),
            webhook_private=environment.get("WEBHOOK_PRIVATE") == "1",
            smtp_password=environment.get("SMTP_PASSWORD") or None,
            stripe_secret_key=environment.get("STRIPE_SECRET_KEY") or None,
            stripe_webhook_secret=environment.get("STRIPE_WEBHOOK_SECRET") or None,
            frontend_url=environment.get("FRONTEND_URL") or None,
        )


def prepare(data_dir: Path) -> None:
    """Make the data directory, or say in one sentence why that is not possible."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(_unwritable(data_dir, error)) from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise CannotStart(_unwritable(data_dir, PermissionError(0, "permission denied")))


def _yes(name: str, text: str) -> bool:
    if text.lower() in {"1", "yes", "true", "on"}:
        return True
    if text.lower() in {"0", "no", "false", "off"}:
        return False
    raise CannotStart(f"{name} is {text!r}; it is 1 (yes) or 0 (no).")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_PORT:
        return int(text)
    message = f"PORT is “{text}”, which is not a number from 1 to {LARGEST_PORT}."
    raise CannotStart(message)


def _secret_key(given: str | None, data_dir: Path) -> str:
    if given is None or given == "":
        return _kept_secret(data_dir)
    if len(given) < SHORTEST_SECRET:
        message = f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters; give a longer random one."
        raise CannotStart(message)
    return given


def _kept_secret(data_dir: Path) -> str:
    """Return the key in DATA_DIR/secret_key, written once: of two first starts one wins, both use it."""
    kept = data_dir / "secret_key"
    try:
        if not kept.exists():
            prepare(data_dir)
            _write_once(kept, secrets.token_urlsafe(48))
        key = kept.read_text(encoding="ascii").strip()
    except OSError as error:
        raise CannotStart(_unwritable(kept, error)) from error
    if len(key) < SHORTEST_SECRET:
        message = f"{kept} holds no usable key; remove that file and start again (everybody signs in anew)."
        raise CannotStart(message)
    return key


def _write_once(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
    try:
        # A link appears whole or not at all, and never replaces what another start wrote first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _unwritable(path: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"Ledgerline cannot write to {path} ({reason}); make that folder writable, or set DATA_DIR to one that is."
