"""What happened to a request, in sentences, and what its time adds."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.reports.support.approvals import WholeApproval


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, or will; `words` are what somebody said with it."""

    at: datetime
    text: str
    words: str | None = None
    is_to_come: bool = False


def history_of(whole: WholeApproval) -> list[Moment]:
    """Asked, reminded, decided, carried out; the oldest first."""
    row, detail = whole.row, whole.detail
    found = [Moment(row.asked_at, f"{row.asked_by or 'The command line'} asked")]
    if detail.reminded_at is not None:
        found.append(Moment(detail.reminded_at, "Those who may decide were reminded: it was soon over"))
    if row.state == "pending" and row.decide_by is not None:
        found.append(Moment(row.decide_by, "Expires, if nobody decides it before", is_to_come=True))
    elif row.state == "expired" and row.decide_by is not None:
        found.append(Moment(row.decide_by, "Expired: nobody decided it in time; nothing was done"))
    elif row.decided_at is not None:
        found.append(Moment(row.decided_at, f"{row.decided_by or 'Somebody'} {_did(row.state)}", row.decision_reason))
    if detail.carried_out_at is not None and detail.entry_seq is not None:
        found.append(Moment(detail.carried_out_at, f"Carried out as entry {detail.entry_seq:,}"))
    return found


def _did(state: str) -> str:
    return {"approved": "approved it", "rejected": "rejected it", "withdrawn": "withdrew it"}.get(state, state)
