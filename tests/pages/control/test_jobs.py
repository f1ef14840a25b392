"""Control → Jobs and Webhooks: where each stands, and what an owner does there."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.actions.run_job import JobFailedError, run_job
from dashboard.engine.jobs import JOBS
from tests.cast import AUD, OLGA, csrf_of, signed_in
from tests.jobs.workers import asked

HOOK = {"url": "https://example.com/hooks", "events": "credits.low"}


@pytest.fixture
def olga(fresh_app: Flask) -> FlaskClient:
    return signed_in(fresh_app, OLGA)


def test_before_anything_ran_the_page_says_so(olga: FlaskClient) -> None:
    page = olga.get("/control/jobs").text
    assert "No worker is running." in page
    assert page.count(">Never run<") == len(JOBS)
    assert "No run has failed." in page
    for job in JOBS.values():
        assert job.title in page
        assert job.command in page


def test_what_ran_failed_and_was_missed_is_shown(fresh_app: Flask, olga: FlaskClient) -> None:
    def fails(_now: datetime) -> str:
        raise RuntimeError("the disk <is> full")

    with fresh_app.app_context():
        run_job("seal_audit", lambda _: "12 lines sealed", now=datetime.now(UTC))
        with pytest.raises(JobFailedError):
            run_job("fold_usage", fails, now=datetime.now(UTC))
    page = olga.get("/control/jobs").text
    assert "12 lines sealed" in page
    assert "RuntimeError: the disk &lt;is&gt; full" in page
    assert "1 time in a row" in page
    fresh_app.config["CLOCK"] = lambda: datetime.now(UTC) + timedelta(hours=1)
    assert ">Stale<" in olga.get("/control/jobs").text


def test_olga_runs_a_job_and_it_waits_for_a_worker(fresh_app: Flask, olga: FlaskClient) -> None:
    for said in ("is queued", "waits in the queue already"):
        answer = olga.post("/control/jobs/fold_usage/runs", data={"csrf_token": csrf_of(olga)})
        assert answer.status_code == 303
        assert said in olga.get("/control/jobs").text
    assert asked(fresh_app, "select count(*) from procrastinate_jobs where task_name = 'fold_usage'") == 1
    assert olga.post("/control/jobs/nothing/runs", data={"csrf_token": csrf_of(olga)}).status_code == 404


def test_an_auditor_sees_jobs_and_webhooks_and_changes_none(fresh_app: Flask, olga: FlaskClient) -> None:
    aud = signed_in(fresh_app, AUD)
    assert "Run now" not in aud.get("/control/jobs").text.replace('<span class="vh">Run now</span>', "")
    assert "Only an owner adds or removes webhooks." in aud.get("/control/webhooks").text
    assert aud.post("/control/jobs/fold_usage/runs", data={"csrf_token": csrf_of(aud)}).status_code == 403


def test_olga_adds_a_webhook_whose_secret_is_shown_once_and_removes_it(fresh_app: Flask, olga: FlaskClient) -> None:
    made = olga.post("/control/webhooks", data={**HOOK, "csrf_token": csrf_of(olga)})
    assert made.status_code == 201
    secret = re.search(r"whsec_[\w-]+", made.text)
    assert secret
    listed = olga.get("/control/webhooks").text
    assert HOOK["url"] in listed
    assert secret[0] not in listed
    endpoint = asked(fresh_app, "select id from webhook_endpoint")
    address = f"/control/webhooks/{endpoint}/removal"
    assert "given up" in olga.get(address).text
    assert olga.post(address, data={"csrf_token": csrf_of(olga)}).status_code == 303
    assert "No webhooks yet." in olga.get("/control/webhooks").text
    assert asked(fresh_app, "select string_agg(verb, ' ' order by id) from audit_log") == "add_webhook remove_webhook"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"url": "http://example.com"}, "Only https is taken"),
        ({"url": "https://192.168.0.1"}, "no public address"),
        ({"events": "credits.gone"}, "Choose at least one"),
    ],
)
def test_a_webhook_that_makes_no_sense_is_not_added(olga: FlaskClient, changed: dict[str, str], reason: str) -> None:
    answer = olga.post("/control/webhooks", data={**HOOK, **changed, "csrf_token": csrf_of(olga)})
    assert answer.status_code == 422
    assert reason in answer.text
    assert "Nothing was changed" in answer.text
