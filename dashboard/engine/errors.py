"""The ways a rule can be broken. Each message says what happened; nothing was changed."""


class RuleBrokenError(Exception):
    """A rule refused the act; the message is for the person who asked."""


class InvalidInputError(RuleBrokenError):
    """One or more fields cannot be taken; `errors` maps each field to its reason."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in errors.items()))
