"""The settings an owner may change: what each means, its default and its bounds."""

from dataclasses import dataclass

from dashboard.engine.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class SettingRule:
    """One setting: a whole number of `unit`, from `least` to `most`."""

    key: str
    title: str
    explanation: str
    unit: str
    default: int
    least: int
    most: int

    def parse(self, text: str) -> int:
        """Return the number typed; InvalidInputError says what would be taken instead."""
        digits = text.strip().replace(",", "").replace("\N{NARROW NO-BREAK SPACE}", "")
        bounds = f"a whole number from {self.least:,} to {self.most:,}"
        if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(self.most)):
            raise InvalidInputError({self.key: f"“{text.strip()[:40]}” is not {bounds}."})
        value = int(digits)
        if not self.least <= value <= self.most:
            raise InvalidInputError({self.key: f"{value:,} is outside: give {bounds}."})
        return value


SETTINGS = {
    rule.key: rule
    for rule in (
        SettingRule(
            "expiry_posted_after_hours",
            "Expiry is posted after",
            "How long after a grant ends its unused credits are taken off the balance. Until then usage that is reported late still finds the grant it ran on; spending it anew is never possible.",
            "hours",
            72,
            0,
            720,
        ),
        SettingRule(
            "hold_lives_minutes",
            "A hold lives for",
            "How long credits stay held for a request that is neither settled nor released, unless the one who asks says otherwise. What was used is charged all the same when it is reported later.",
            "minutes",
            10,
            1,
            1_440,
        ),
        SettingRule(
            "replacement_lives_days",
            "Credits given back live for",
            "How long credits can be used that are given back after the grant they came from has expired.",
            "days",
            30,
            1,
            366,
        ),
        SettingRule(
            "price_decided_within_days",
            "A proposed price waits for",
            "How long a proposal that is not urgent waits for a second person; after that it expires and must be asked for anew.",
            "days",
            14,
            1,
            90,
        ),
        SettingRule(
            "urgent_price_decided_within_hours",
            "An urgent price waits for",
            "How long a proposal marked urgent waits for a second person; after that it expires and must be asked for anew.",
            "hours",
            24,
            1,
            336,
        ),
        SettingRule(
            "rejects_kept_days",
            "Refused usage is kept for",
            "How long a usage event that was refused (an unknown customer or provider) is kept, so that it can be repaired and sent again.",
            "days",
            90,
            1,
            365,
        ),
        SettingRule(
            "smtp_port",
            "Port of the mail server",
            "Where the mail server listens: 587 for mail that is handed in.",
            "",
            587,
            1,
            65_535,
        ),
        SettingRule(
            "reminded_before_hours",
            "Approvers are reminded",
            "How long before a proposal or request expires those who may decide it are told once more; 0 for never.",
            "hours before",
            4,
            0,
            168,
        ),
        SettingRule(
            "webhook_log_kept_days",
            "Webhook deliveries are kept for",
            "How long the events that were sent, and the answers to them, are kept; they name customers by id. Reasons of failed jobs and what became of e-mail go with them.",
            "days",
            30,
            1,
            365,
        ),
        SettingRule(
            "api_key_requests_per_minute",
            "An API key may ask, in one minute",
            "What a key without a limit of its own may ask of each web worker in one minute; more is answered with 429 and when to ask again.",
            "requests",
            60_000,
            1,
            10_000_000,
        ),
        SettingRule(
            "api_key_limit_per_call_credits",
            "A new API key may charge, in one call",
            "The limit a new key starts with; keys made before keep theirs.",
            "credits",
            50_000,
            1,
            100_000_000,
        ),
        SettingRule(
            "api_key_limit_per_day_credits",
            "A new API key may charge, in one day",
            "The limit a new key starts with, over one UTC day; keys made before keep theirs.",
            "credits",
            500_000,
            1,
            1_000_000_000,
        ),
    )
}
