"""Control → Audit log: one line at its own address, the head that is kept elsewhere, and the file others can check."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.reports.audit import Head
from dashboard.store.audit import record
from tests.cast import ADAM, AUD, hire, key, signed_in
from tests.unchanged import unchanged

LOG = "/control/audit-log"
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SESSION = uuid4()


@pytest.fixture(scope="module")
def aud(app: Flask) -> FlaskClient:
    """Aud, who reads what Adam did in one session and a key in none."""
    adam = hire(app, ADAM)
    in_session = Actor(adam.name, adam.role, adam.operator_id, adam.person_id, SESSION, "203.0.113.7")
    for number in range(3):
        _act(app, in_session, "change_setting", f"setting-{number}")
    _, key_id = key(app, "credits:write")
    _act(app, Actor("a program", "api_key", api_key_id=key_id), "grant_credits", "wëil")
    with app.app_context(), db.transaction() as session:
        # A key's lines are chained by the job; here by the next act of a person.
        record(session, in_session, "sign_out", "operator", adam.operator_id, now=AT)
    return signed_in(app, AUD)


def _act(app: Flask, actor: Actor, verb: str, name: str) -> None:
    with app.app_context(), db.transaction() as session:
        before, after = {"days": 7, "kept": "yes"}, {"days": 30, "kept": "yes"}
        record(session, actor, verb, "setting", name, before=before, after=after, reason="ticket 7", now=AT)


def reads(client: FlaskClient, path: str, status: int = 200, **query: str) -> str:
    response = client.get(f"{LOG}{path}", query_string=query)
    assert response.status_code == status
    return unescape(response.text)


def line_of(app: Flask, object_id: str) -> int:
    with app.app_context(), db.snapshot() as connection:
        found = connection.execute(text("select id from audit_log where object_id = :id"), {"id": object_id})
        return int(found.scalar_one())


@pytest.fixture
def changed(app: Flask) -> Iterator[int]:
    """A line somebody with every right wrote over, until the test is done."""
    line = line_of(app, "setting-1")
    sql = text("update audit_log set actor_name = :name where id = :id")
    with app.app_context(), db.owner_connection() as owner:
        owner.execute(sql, {"name": "Nobody", "id": line})
        yield line
        owner.execute(sql, {"name": ADAM.name, "id": line})


def test_a_line_has_an_address_that_says_all_there_is_to_know(app: Flask, aud: FlaskClient) -> None:
    line = line_of(app, "setting-0")
    assert f'href="{LOG}/{line}"' in reads(aud, "")
    page = reads(aud, f"/{line}")
    person = hire(app, ADAM)
    for words in (
        "Changed a setting", "Adam", "admin", "setting-0", "ticket 7", "203.0.113.7", str(SESSION), str(person.person_id),
        str(person.operator_id), "1 Mar 2026, 12:00:00 UTC", "Seal matches", "Recomputed now from what stands here",
    ):  # fmt: skip
        assert words in page, words
    row = re.search(r'<th scope="row">days</th><td>7</td><td><strong>30</strong></td>', page)
    assert row, "what differs stands out"
    assert '<th scope="row">kept</th><td>yes</td><td>yes</td>' in page


def test_a_line_nobody_wrote_is_not_found(aud: FlaskClient) -> None:
    for number in ("0", "999999", str(2**70)):
        assert aud.get(f"{LOG}/{number}").status_code == 404


def test_a_line_that_was_written_over_says_so_at_its_own_address(aud: FlaskClient, changed: int) -> None:
    page = reads(aud, f"/{changed}")
    assert "This line does not hold." in page
    assert f"does not match audit line {changed}: the line was changed" in page


def test_lines_are_found_by_role_key_and_session(app: Flask, aud: FlaskClient) -> None:
    page = reads(aud, "", session=str(SESSION))
    assert page.count("203.0.113.7") == 4
    assert "a program" not in page.partition("<tbody>")[2]
    assert f"Session: {str(SESSION)[:8]}" in page
    listed = reads(aud, "", role="api_key").partition("<tbody>")[2]
    assert "a program" in listed
    assert "Adam" not in listed
    with app.app_context(), db.snapshot() as connection:
        found = connection.execute(text("select api_key_id from audit_log where api_key_id is not null"))
        key_id = UUID(str(found.scalar_one()))
    assert "a program" in reads(aud, "", key=str(key_id)).partition("<tbody>")[2]
    assert "Nothing was done that fits" in reads(aud, "", key=str(uuid4()))
    assert "“x” is no session; the lines of every session are shown." in reads(aud, "", session="x")


def exported(aud: FlaskClient, **query: str) -> list[dict[str, object]]:
    with aud.get(f"{LOG}/export/jsonl", query_string=query) as response:
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].endswith('.jsonl"')
        return [json.loads(line) for line in response.get_data(as_text=True).splitlines()]


def test_somebody_else_can_recompute_the_chain_from_the_file_alone(aud: FlaskClient) -> None:
    lines = exported(aud)
    previous = bytes(32)
    for number, one in enumerate(lines, start=1):
        # As the page of the head describes it, with none of our own code.
        covered = json.dumps(one["line"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        link = sha256(previous + covered.encode() + b"\n" + str(one["sealed_at"]).encode()).digest()
        assert (one["seq"], one["prev_sha256"], one["sha256"]) == (number, previous.hex(), link.hex())
        previous = link
    head = aud.get(f"{LOG}/head.json").get_json()
    assert (head["seq"], head["sha256"]) == (len(lines), previous.hex())


def test_the_file_of_lines_keeps_the_filters(aud: FlaskClient) -> None:
    assert {one["line"]["object_id"] for one in exported(aud, role="api_key")} == {"wëil"}  # type: ignore[index]


def test_the_head_can_be_printed_and_taken_away_and_reading_it_changes_nothing(app: Flask, aud: FlaskClient) -> None:
    reads(aud, "/head")
    with unchanged(app):
        page = reads(aud, "/head")
        response = aud.get(f"{LOG}/head.json")
    head = response.get_json()
    assert f"Seal {head['seq']}" in page
    assert " ".join(re.findall(".{8}", head["sha256"])) in page
    assert "How to check it later" in page
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="audit-head-{head["seq"]}-')


def test_a_kept_head_is_found_in_the_chain_whether_pasted_as_file_or_as_printed(app: Flask, aud: FlaskClient) -> None:
    kept = aud.get(f"{LOG}/head.json")
    head = kept.get_json()
    _act(app, Actor("Adam", "admin"), "change_setting", "after the head was taken")
    printed = f"Seal {head['seq']:,}\n{' '.join(re.findall('.{8}', head['sha256'])).upper()}\nSealed 20 Nov 2026"
    for pasted in (kept.text, printed):
        page = reads(aud, "/chain", head=pasted)
        assert "The chain still contains your head." in page
        assert "1 line came after it" in page


def test_a_head_the_chain_does_not_contain_is_an_alarm(aud: FlaskClient) -> None:
    head = aud.get(f"{LOG}/head.json").get_json()
    longer = json.dumps({"seq": head["seq"] + 5, "sha256": head["sha256"]})
    assert f"The chain ends before the exported head {head['seq'] + 5}" in reads(aud, "/chain", head=longer)
    other = json.dumps({"seq": head["seq"], "sha256": "ab" * 32})
    page = reads(aud, "/chain", head=other)
    assert f"Seal {head['seq']} is not the exported head: the chain was rewritten." in page
    assert "The chain still contains" not in page


@pytest.mark.parametrize(
    "typed", ["nonsense", "Seal 4", '{"seq": 4}', '{"seq": "x", "sha256": "ab"}', "[]", "ab " * 900]
)
def test_what_is_no_head_is_refused_in_a_sentence_and_the_chain_is_checked_anyway(aud: FlaskClient, typed: str) -> None:
    page = reads(aud, "/chain", status=422, head=typed)
    assert "This is no exported head" in page
    assert "nothing was changed" in page
    assert "Every link holds." in page


def test_a_head_reads_as_it_was_written() -> None:
    sha = "0123456789abcdef" * 4
    assert Head.read(json.dumps({"seq": 12, "sha256": sha, "exported_at": "2026-11-20"})) == Head(12, sha)
    assert Head.read(f"Seal 1,204 of 20 Nov 2026: {sha[:32]} {sha[32:]}") == Head(1204, sha)
    for wrong in ("", sha, f"Seal -1 {sha}", f"Seal 1 {sha}0", json.dumps({"seq": -1, "sha256": sha})):
        with pytest.raises(ValueError, match="no exported head"):
            Head.read(wrong)
