"""One-click drafts that answer a change of a vendor's price: proposals like any other, written together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboard.actions.draft_price import write
from dashboard.db import transaction
from dashboard.engine.actors import Actor
from dashboard.engine.price_effect import PlannedRule
from dashboard.engine.pricing import PriceDraft
from dashboard.engine.proposals import terms_of
from dashboard.store.audit import record


@dataclass(frozen=True, slots=True)
class Answer:
    """The variant chosen for a line, in words and as rules; without `effective_from` they hold from their approval."""

    line_id: UUID
    variant: str
    provider: str
    model: str
    details: str
    rules: Sequence[PlannedRule]
    effective_from: datetime | None = None


def draft_answers(actor: Actor, answer: Answer, now: datetime) -> list[UUID]:
    """Write a draft for every rule of the answer, all or none, and return their ids."""
    with transaction() as session:
        found = []
        for rule in answer.rules:
            draft = PriceDraft(
                scope_type=rule.scope,
                tier=rule.tier,
                provider=answer.provider,
                model=answer.model,
                multiplier=rule.multiplier,
                reason="vendor_price_change",
                reason_details=answer.details,
                effective_from=answer.effective_from,
                source={"kind": "vendor_price", "line": str(answer.line_id), "variant": answer.variant},
            )
            config_id = write(session, actor, draft, now)
            record(session, actor, "draft_price", "pricing_config", config_id, after=terms_of(draft), now=now)
            found.append(config_id)
        return found
