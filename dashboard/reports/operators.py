"""The people who operate Ledgerline."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator as the page lists them."""

    operator_id: UUID
    person_id: UUID
    email: str
    name: str
    role: str
    status: str
    is_demo: bool
    last_sign_in_at: datetime | None
    created_at: datetime
    sessions: int
    invitation_expires_at: datetime | None
    shares_person: bool


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account anybody may use in a demo."""

    email: str
    role: str


operators = Query("control/operators", OperatorRow)
demo_accounts = Query("control/demo_accounts", DemoAccount)
