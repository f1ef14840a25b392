"""The settings of e-mail to approvers: words and switches an owner may change; the password is never one of them."""

import re
from dataclasses import dataclass

from dashboard.engine.errors import InvalidInputError

LONGEST = 200
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,198}[A-Za-z0-9])?")
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,126}[A-Za-z0-9])?")
SITE = re.compile(r"https?://[A-Za-z0-9]([A-Za-z0-9.:-]{0,198}[A-Za-z0-9])?/?")
SHAPES = {
    "host": (HOST, "a host’s name or address, like smtp.example.com"),
    "mailbox": (MAILBOX, "an e-mail address, like ledgerline@example.com"),
    "site": (SITE, "an address without a path, like https://ledgerline.example.com"),
}


@dataclass(frozen=True, slots=True)
class TextRule:
    """A setting in words: empty, or of a shape (`host`, `mailbox`, `site`; none is any printable text)."""

    key: str
    title: str
    explanation: str
    shape: str = ""
    default: str = ""

    def parse(self, text: str) -> str:
        """Return the words typed; InvalidInputError says what would be taken instead."""
        value = text.strip()
        if len(value) > LONGEST or not value.isprintable():
            raise InvalidInputError({self.key: f"Give at most {LONGEST} printable characters."})
        if value and self.shape and not SHAPES[self.shape][0].fullmatch(value):
            raise InvalidInputError({self.key: f"“{value[:40]}” is not {SHAPES[self.shape][1]}."})
        return value


@dataclass(frozen=True, slots=True)
class SwitchRule:
    """A setting that is on or off."""

    key: str
    title: str
    explanation: str
    default: bool = False

    def parse(self, text: str) -> bool:
        """Return what was chosen; InvalidInputError names the choices."""
        if text not in {"on", "off"}:
            raise InvalidInputError({self.key: "Choose on or off."})
        return text == "on"


MAIL_SETTINGS: dict[str, TextRule | SwitchRule] = {
    rule.key: rule
    for rule in (
        SwitchRule(
            "mail_to_approvers",
            "E-mail to those who may decide",
            "When a price is proposed or something else waits for a second person, everybody who may decide it, and did not ask for it, gets an e-mail; and another before its time is over. Webhooks are told either way.",
        ),
        TextRule("smtp_host", "Mail server", "Where e-mail is handed in; without it none is sent.", "host"),
        SwitchRule(
            "smtp_starttls",
            "Encrypt the way to the mail server",
            "Asks for STARTTLS and proves the server’s certificate; a server that cannot is sent nothing.",
            default=True,
        ),
        TextRule(
            "smtp_user",
            "User name at the mail server",
            "Leave empty for a server that asks none. The password is read from the environment, SMTP_PASSWORD, and kept nowhere.",
        ),
        TextRule("smtp_from", "Sender of e-mail", "The address e-mail comes from; without it none is sent.", "mailbox"),
        TextRule(
            "public_address",
            "Address of this Ledgerline",
            "Put before the links in e-mail; without it they name the page alone.",
            "site",
        ),
    )
}
