"""A worker at a replay: once, again after a kill, cancelled, broken."""

from typing import Any

import pytest
from flask import Flask

from dashboard import db
from dashboard.actions.cancel_impact import cancel_impact
from dashboard.actions.run_impact import run_impact
from dashboard.engine.impact import Ordered
from dashboard.reports.pricing.impact import evidence, impact_run, simulate
from tests.cast import ADAM, FIONA, hire, signed_in
from tests.pages.pricing.replays import WINDOW, raised, waiting
from tests.shop import NOW, open_shop


@pytest.fixture(scope="module")
def shop(app: Flask) -> Flask:
    open_shop(app, requests=600, folded=False)
    return app


def replayed(ordered: Ordered, tell: Any) -> dict[str, Any]:
    with db.snapshot() as connection, db.same_snapshot(connection) as beside:
        return evidence(connection, ordered, tell, beside=beside)


def test_a_worker_replays_several_scenarios_once_and_a_killed_one_again(shop: Flask) -> None:
    run_id = waiting(shop)
    with shop.app_context():

        def killed(_ordered: Ordered, tell: Any) -> dict[str, Any]:
            tell(100)
            raise SystemExit

        with pytest.raises(SystemExit):
            run_impact(run_id, killed, now=NOW)
        with pytest.raises(SystemExit):
            run_impact(run_id, killed, now=NOW)
        again = signed_in(shop, FIONA).get(f"/pricing/impacts/{run_id}").get_data(as_text=True)
        assert "Begun again" in again
        assert "100 of " in again, "what the first had read does not count"
        assert run_impact(run_id, replayed, now=NOW) == "replayed"
        assert run_impact(run_id, replayed, now=NOW) == "nothing to replay"
        with db.snapshot() as connection:
            run = impact_run(connection, run_id)
            assert run
            _, dearer, cheaper = run.impacts
            assert run.requests_done == dearer.requests
            live = simulate(connection, *WINDOW, [raised("1.1"), raised("0.9")], at=NOW)
            assert [dearer, cheaper] == live[1:]
            assert dearer.after.credits_due > cheaper.after.credits_due


def test_a_cancelled_replay_stops_and_keeps_nothing(shop: Flask) -> None:
    run_id = waiting(shop)
    with shop.app_context():

        def cancelled_meanwhile(_ordered: Ordered, tell: Any) -> dict[str, Any]:
            assert cancel_impact(hire(shop, ADAM), run_id, NOW)
            tell(100)
            raise AssertionError

        assert run_impact(run_id, cancelled_meanwhile, now=NOW) == "cancelled"
        assert not cancel_impact(hire(shop, ADAM), run_id, NOW)
        with db.snapshot() as connection:
            run = impact_run(connection, run_id)
        assert run
        assert (run.status, run.evidence) == ("cancelled", None)


def test_a_replay_that_breaks_says_why(shop: Flask) -> None:
    run_id = waiting(shop)
    with shop.app_context():

        def broken(_ordered: Ordered, _tell: Any) -> dict[str, Any]:
            message = "no light"
            raise LookupError(message)

        with pytest.raises(LookupError):
            run_impact(run_id, broken, now=NOW)
    page = signed_in(shop, FIONA).get(f"/pricing/impacts/{run_id}").get_data(as_text=True)
    assert "LookupError: no light" in page
