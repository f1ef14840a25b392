"""What the page of one customer shows: the address read, each part asked of its report."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import Connection

from dashboard.pages.support.accounts.figures import figures_of
from dashboard.pages.support.accounts.lines import (
    KIND_TITLES,
    REASONS,
    acts_on,
    cause_of,
    entry_of,
    receipt_of,
    title_of,
)
from dashboard.pages.support.accounts.place import read_cursor, written_cursor
from dashboard.reports.holds import balance_now, on_the_wire
from dashboard.reports.support.account import account_now, whole_account
from dashboard.reports.support.timeline import KINDS, Cursor, sums_of, timeline_page
from dashboard.ui.links import url_with


def shown(connection: Connection, customer_id: UUID, *, now: datetime) -> dict[str, Any] | None:
    """Everything the page and each of its regions needs; None if nobody has this id."""
    found = account_now(connection, customer_id, now=now)
    if found is None:
        return None
    problems: list[str] = []
    kind = kind_asked(problems)
    page = timeline_page(connection, customer_id, kind, _cursor(problems), now=now)
    in_api = balance_now.one(connection, customer=str(customer_id), now=now)
    return {
        "account": found,
        "whole": whole_account(connection, found, now=now),
        "in_api_json": json.dumps(on_the_wire(in_api, as_of=now), indent=2),
        "timeline": page,
        "sums": sums_of(connection, customer_id, found.balance) if kind == "all" else [],
        "kind": kind,
        "kinds": [(title, url_with(kind=name, cursor=None), name == kind) for name, title in KIND_TITLES.items()],
        "older": url_with(cursor=written_cursor(page.older)) if page.older else None,
        "newest": url_with(cursor=None) if request.args.get("cursor") else None,
        "problems": problems,
        "reason_titles": REASONS,
        "acts": acts_on(customer_id),
        "title_of": title_of,
        "entry_link": lambda seq: entry_of(customer_id, seq),
        "cause_of": cause_of,
        "receipt_of": receipt_of,
        "figures": figures_of(connection, customer_id, now=now),
        "now": now,
    }


def kind_asked(problems: list[str]) -> str:
    """Which lines of the timeline are asked for."""
    kind = request.args.get("kind", "all")
    if kind in KINDS:
        return kind
    problems.append("The address asks for an unknown kind of line; everything is shown.")
    return "all"


def _cursor(problems: list[str]) -> Cursor:
    text = request.args.get("cursor", "")
    found = read_cursor(text) if text else Cursor()
    if found is None:
        problems.append("The place in the timeline could not be read; the newest lines are shown.")
    return found or Cursor()
