"""The books of one customer, proven after each test."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.holds import world


@pytest.fixture
def books(fresh_app: Flask) -> Iterator[Flask]:
    """Ada with 100 credits; every law holds when the test is over."""
    world.open_world(fresh_app)
    with fresh_app.app_context():
        yield fresh_app
        world.laws_hold()


@pytest.fixture(scope="module")
def still(app: Flask) -> Flask:
    """The same books for many tests: none of them changes a row."""
    world.open_world(app)
    return app
