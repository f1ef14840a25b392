"""Record many requests as they are reported: good ones land, the others are named with their reasons."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.actions.keep_rejects import RawReject, keep_rejects
from dashboard.actions.record_usage import Keep, Recorded, as_row, charge, prepare
from dashboard.engine.usage import UsageEvent

# What somebody here can repair: add the customer or the provider, and send the event again.
REPAIRABLE = {"unknown_customer": "customer", "unknown_provider": "provider"}
FIELDS = {**REPAIRABLE, "erased_customer": "customer"}


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that is not in the books, by its place in the array."""

    index: int
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of an array."""

    accepted: int = 0
    replayed: int = 0
    rejected: Sequence[Rejected] = field(default_factory=list)
    is_kept: bool = True


def report_usage(read: Sequence[UsageEvent | Rejected], *, keep: Keep, now: datetime) -> Reported:
    """Charge the events in one transaction; unknown customers and providers are kept to be repaired."""
    events = [(index, event) for index, event in enumerate(read) if isinstance(event, UsageEvent)]
    rejected = [row for row in read if isinstance(row, Rejected)]
    wanted = Keep.NONE if keep is Keep.ALL and rejected else keep
    results = charge(prepare([event for _, event in events]), keep=wanted) if events else []
    kept = []
    for (index, event), result in zip(events, results, strict=True):
        if result.reason is not None:
            rejected.append(Rejected(index, {FIELDS.get(result.outcome, "request_id"): result.reason}))
            if result.outcome in REPAIRABLE:
                kept.append(_raw(event, result.outcome, result.reason))
    if kept and keep is Keep.GOOD:
        keep_rejects(kept, import_run_id=None, now=now)
    return _counted(results, sorted(rejected, key=lambda row: row.index), keep)


def keep_reject(event: UsageEvent, code: str, reason: str, now: datetime) -> None:
    """Keep one event that names somebody unknown."""
    keep_rejects([_raw(event, code, reason)], import_run_id=None, now=now)


def _counted(results: Sequence[Recorded], rejected: Sequence[Rejected], keep: Keep) -> Reported:
    accepted = sum(result.outcome == "charged" for result in results)
    replayed = sum(result.outcome == "replayed" for result in results)
    if keep is Keep.ALL and rejected:
        return Reported(0, 0, rejected, is_kept=False)
    return Reported(accepted, replayed, rejected, is_kept=accepted + replayed > 0)


def _raw(event: UsageEvent, code: str, reason: str) -> RawReject:
    """The event in its one form, as it can be sent again."""
    row = as_row(event)
    unnamed = ("external_id", "body_sha256", "reported_cost_usd", "model_id")
    raw = {name: value for name, value in row.items() if name not in unnamed and value is not None}
    raw |= {"customer": event.customer, "provider": event.provider, "model": event.model}
    if event.external_id is not None:
        raw["external_id"] = event.external_id
    if row["reported_cost_usd"] is not None:
        raw["vendor_cost_usd"] = row["reported_cost_usd"]
    return RawReject(None, code, reason, json.loads(json.dumps(raw)))
