"""How long sessions and invitations live, and how often someone may guess."""

from datetime import UTC, datetime, timedelta

# A working day at most, and a long lunch: then the password is asked for again.
LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=2)
INVITATION_LIFETIME = timedelta(hours=72)

# Counted in fixed windows. A person at an address they signed in from lately has tries of
# their own there, so that a stranger guessing elsewhere cannot lock them out.
WINDOW = timedelta(minutes=15)
KNOWN_ADDRESS_FOR = timedelta(days=30)
TRIES = {"account": 10, "address": 50, "known": 10}


def window_start(now: datetime) -> datetime:
    """When the window began that this moment falls into."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
