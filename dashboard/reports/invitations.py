"""Links by which someone gets in."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom a link is for."""

    name: str
    email: str
    role: str
    expires_at: datetime


invitation_of_token = Query("control/invitation_of_token", Invitation)
