"""What somebody looks for: the start of a name or address, or an id in any of the forms people paste."""

import re
from dataclasses import dataclass
from uuid import UUID

from dashboard.engine.fields import as_uuid
from dashboard.engine.usage import request_id_of

LONGEST = 200
# Shorter beginnings have too many names to look through for a second word.
LONG = 3
ENTRY = re.compile(r"(?P<customer>[0-9a-f-]{36})-(?P<seq>[1-9][0-9]{0,17})")
# Sorts behind everything that begins with what stands before it.
LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question: `words` as typed in lower case, the ids it may name, and an entry as (customer, number)."""

    words: str = ""
    ids: tuple[UUID, ...] = ()
    entry: tuple[UUID, int] | None = None
    is_exact: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked."""
        return not self.words

    def by_longest_word(self) -> tuple[str, list[str]] | None:
        """Take the longest word to begin with, the others as patterns; None for a single word, or without a long one."""
        words = self.words.split()
        longest = max(words, key=len, default="")
        if len(words) < 2 or len(longest) < LONG:  # noqa: PLR2004 - two words
            return None
        return longest, [as_pattern(f" {one}") for one in words if one != longest]


def read_lookup(typed: str) -> Lookup:
    """Read what was typed or pasted; nothing printable is an empty question."""
    words = " ".join("".join(one if one.isprintable() else " " for one in typed[:LONGEST]).split()).lower()
    if not words:
        return Lookup()
    found = as_uuid(words)
    if found is not None:
        return Lookup(words, (found,), is_exact=True)
    entry = ENTRY.fullmatch(words)
    customer = as_uuid(entry["customer"]) if entry else None
    if entry and customer:
        return Lookup(words, (), (customer, int(entry["seq"])), is_exact=True)
    return Lookup(words, tuple(_as_external(typed.strip())))


def as_pattern(text: str) -> str:
    """Write a pattern of LIKE that finds a text anywhere; what is special in it is taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _as_external(given: str) -> list[UUID]:
    """The id a request has here, if this is how its sender calls it."""
    if not given or len(given) > LONGEST or not given.isprintable():
        return []
    return [request_id_of(given)[0]]
