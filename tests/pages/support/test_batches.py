"""Support → Reversals → Incident batches: choose, see, confirm, watch, steer, and read what came of it."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.actions.reject import reject
from dashboard.actions.run_batches import run_batches
from tests.cast import ADAM, ANNA, AUD, FIONA, SAM, csrf_of, hire, signed_in
from tests.incidents import approve_all, numbers, ordered, play, standing, wanted
from tests.unchanged import unchanged

NEW, BATCHES, REVERSALS = "/support/reversals/batches/new", "/support/reversals/batches", "/support/reversals"
STORY = """
    day 0: grant A 1000 for $10 until 9000
    day 1: use 60
    day 2: use 30
    day 3: use 10
"""
REGION = {"HX-Request": "true", "HX-Request-Type": "partial"}
SEEN = re.compile(r'name="seen" value="([0-9a-f]{64})"')


@pytest.fixture(scope="module")
def adam(app: Flask) -> FlaskClient:
    return signed_in(app, ADAM)


def asked(name: str, **given: str) -> dict[str, str]:
    return {"from": "2026-09-01T00:00", "until": "2026-09-20T00:00", "customers": f"{name}@example.com"} | given


def page(client: FlaskClient, name: str, **given: str) -> str:
    return client.get(NEW, query_string=asked(name, **given)).get_data(as_text=True)


def order(client: FlaskClient, name: str, confirmation: str, **given: str) -> TestResponse:
    seen = SEEN.search(page(client, name))
    words = {"seen": seen.group(1) if seen else "", "reason": "incident", "confirmation": confirmation}
    return client.post(BATCHES, data=asked(name) | words | given | {"csrf_token": csrf_of(client)})


def run(app: Flask) -> None:
    with app.app_context():
        run_batches(now=datetime.now(UTC))


def text_of(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def test_support_sees_what_a_batch_would_do_orders_it_and_reads_what_came_of_it(app: Flask) -> None:
    sam = signed_in(app, SAM)
    user = play(app, "alma", STORY + "day 4: reverse 3 by 10")
    shown = page(sam, "alma")
    assert "A part was given back before" in shown
    assert "Give 90 credits back" in shown
    answer = order(sam, "alma", "90", note="The model answered nonsense.")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    waiting = sam.get(address).get_data(as_text=True)
    assert 'hx-trigger="every 1s"' in waiting
    assert "0 of 3" in waiting
    run(app)
    done = text_of(sam.get(address))
    assert "3 of 3 deductions handled" in done
    assert "90 credits given back" in done
    assert "The model answered nonsense." in done
    receipt = text_of(sam.get(f"{address}/customers/{user}"))
    assert "We have given 90 credits back to your account." in receipt
    assert "Given back already" in text_of(sam.get(NEW, query_string=asked("alma")))
    listed = text_of(sam.get(REVERSALS))
    assert "IB-0" in listed
    assert "Entry 3 given back" in listed


def test_the_export_has_every_deduction_with_its_outcome(app: Flask, adam: FlaskClient) -> None:
    play(app, "bert", STORY)
    address = order(adam, "bert", "100").headers["Location"]
    run(app)
    lines = adam.get(f"{address}/deductions/csv").get_data(as_text=True).splitlines()
    assert len(lines) == 5
    assert [line.split(",")[9] for line in lines[1:4]] == ["done"] * 3
    with adam.get(f"{address}/deductions/xlsx") as sheet:
        assert sheet.status_code == 200
    assert adam.get(f"{REVERSALS}/export/csv").status_code == 200


def test_a_second_click_and_the_back_button_order_a_batch_once(app: Flask, adam: FlaskClient) -> None:
    play(app, "dina", STORY)
    html = page(adam, "dina")
    fields = {name: re.findall(rf'name="{name}" value="([^"]+)"', html)[-1] for name in ("seen", "form_id")}
    words = asked("dina") | fields | {"reason": "incident", "confirmation": "100"}
    first = adam.post(BATCHES, data=words | {"csrf_token": csrf_of(adam)})
    run(app)
    with unchanged(app):
        again = adam.post(BATCHES, data=words | {"csrf_token": csrf_of(adam)})
        assert again.headers["Location"] == first.headers["Location"]
        assert "was ordered by this form already" in text_of(adam.get(first.headers["Location"]))
        other = adam.post(BATCHES, data=words | {"seen": "0" * 64, "csrf_token": csrf_of(adam)})
    assert other.status_code == 409


def test_a_wrong_number_typed_orders_nothing_and_keeps_what_was_written(app: Flask, adam: FlaskClient) -> None:
    play(app, "cora", STORY)
    with unchanged(app):
        answer = order(adam, "cora", "99", note="A note to keep")
    assert answer.status_code == 422
    assert "Type 100, the credits this batch gives back." in text_of(answer)
    assert "A note to keep" in answer.get_data(as_text=True)


def test_a_preview_that_is_old_is_refused_with_the_new_one(app: Flask, adam: FlaskClient) -> None:
    play(app, "dirk", STORY)
    with unchanged(app):
        answer = order(adam, "dirk", "100", seen="0" * 64)
    assert answer.status_code == 409
    assert "not the deductions you were shown" in text_of(answer)
    assert SEEN.search(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"until": "2026-08-01T00:00"}, "The window ends before it begins"),
        ({"until": "2026-12-01T00:00"}, "at most 31 days"),
        ({"from": "yesterday"}, "Give a day and a time"),
        ({"share": "101"}, "above 0 and up to 100"),
        ({"share": "NaN"}, "above 0 and up to 100"),
        ({"customers": "nobody@example.com"}, "Nobody is known as nobody@example.com"),
    ],
)
def test_a_filter_that_cannot_be_taken_says_why(adam: FlaskClient, given: dict[str, str], words: str) -> None:
    answer = adam.get(NEW, query_string=asked("nobody", customers="") | given)
    assert answer.status_code == 200
    assert words in text_of(answer)


def test_the_page_says_beforehand_that_a_second_person_must_agree(app: Flask) -> None:
    sam = signed_in(app, SAM)
    play(app, "rosa", "day 0: grant A 90000 for $10\nday 1: use 60000")
    assert "Ask for approval to give 60,000 credits back" in page(sam, "rosa")
    address = order(sam, "rosa", "60,000").headers["Location"]
    assert "Waits for a second person." in text_of(sam.get(address))
    batch_id = address.rpartition("/")[2]
    ((request,),) = numbers(app, "select approval_id from incident_batch where id = :id", id=batch_id)
    approve_all(app, hire(app, ANNA), request)
    run(app)
    assert "1 of 1 deduction handled" in text_of(sam.get(address))


def test_of_a_batch_that_was_rejected_nothing_is_given_back_and_its_page_says_why(app: Flask) -> None:
    sam, anna = signed_in(app, SAM), hire(app, ANNA)
    play(app, "rita", "day 0: grant A 90000 for $10\nday 1: use 60000")
    address = order(sam, "rita", "60000").headers["Location"]
    sql = (
        "select request.id, encode(payload_sha256, 'hex') from approval_request as request join incident_batch as batch"
    )
    given = {"id": address.rpartition("/")[2]}
    ((request, sha256),) = numbers(app, f"{sql} on batch.approval_id = request.id where batch.id = :id", **given)
    with app.app_context():
        reject(anna, request, seen_sha256=sha256, reason="That was no incident.", now=datetime.now(UTC))
    run(app)
    shown = text_of(sam.get(address))
    assert "Rejected. Nothing was or will be given back by this batch. Anna: That was no incident." in shown
    assert "Rejected" in text_of(sam.get(f"{REVERSALS}?kind=batches"))


def test_a_batch_is_paused_let_go_on_and_cancelled_from_its_page(app: Flask, adam: FlaskClient) -> None:
    play(app, "emil", STORY)
    address = order(adam, "emil", "100").headers["Location"]
    token = {"csrf_token": csrf_of(adam)}
    assert adam.post(f"{address}/pause", data=token).status_code == 303
    assert "Let it go on" in text_of(adam.get(address))
    assert adam.post(f"{address}/resumption", data=token).status_code == 303
    assert adam.post(f"{address}/cancellation", data=token).status_code == 303
    with unchanged(app):
        refused = adam.post(f"{address}/resumption", data=token)
    assert refused.status_code == 409
    assert "can no longer be resumed. Nothing was changed." in text_of(refused)
    with unchanged(app):
        assert adam.post(f"{address}/retry", data=token).status_code == 409
    assert "The batch was cancelled before its turn" in text_of(adam.get(address))


@pytest.mark.parametrize("person", [FIONA, AUD])
def test_who_reads_sees_the_preview_without_the_form(app: Flask, person: object) -> None:
    play(app, f"fay-{person.name.lower()}", STORY)  # type: ignore[attr-defined]
    client = signed_in(app, person)  # type: ignore[arg-type]
    shown = page(client, f"fay-{person.name.lower()}")  # type: ignore[attr-defined]
    assert "Reading only." in shown
    assert "confirmation" not in shown
    with unchanged(app):
        assert client.post(BATCHES, data={"csrf_token": csrf_of(client)}).status_code == 403


def test_progress_is_a_region_that_asks_again_by_itself(app: Flask, adam: FlaskClient) -> None:
    user = play(app, "gert", STORY)
    batch = ordered(app, hire(app, ADAM), wanted([user]))
    address = f"{BATCHES}/{batch.batch_id}"
    region = adam.get(address, headers=REGION).get_data(as_text=True)
    assert region.lstrip().startswith('<div id="support-batches-batch"')
    assert "<progress" in region
    run(app)
    assert "hx-trigger" not in adam.get(address, headers=REGION).get_data(as_text=True).partition(">")[0]
    assert standing(app, batch.batch_id)[0] == "done"


def test_an_unknown_batch_is_not_found(adam: FlaskClient) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert adam.get(f"{BATCHES}/{nobody}").status_code == 404
    assert adam.post(f"{BATCHES}/{nobody}/pause", data={"csrf_token": csrf_of(adam)}).status_code == 404
    assert adam.get(f"{REVERSALS}?cursor=rubbish").status_code == 200
