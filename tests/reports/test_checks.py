"""Every law finds its break: whoever changes the books behind Ledgerline's back is seen."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from dashboard.embedded import Urls
from dashboard.reports.checks import LAWS, NOTICES, broken, prove
from tests.conftest import owned
from tests.engine.scene import build, post
from tests.reports.small_books import WORLD
from tests.reports.tampering import TAMPERING, WITHOUT_CONSTRAINTS


@pytest.fixture(scope="module")
def books(database: Urls) -> Iterator[Connection]:
    with owned(database) as connection:
        connection.execution_options(isolation_level="READ COMMITTED")
        build(connection, WORLD)
        assert post(connection, WORLD, WORLD.batches[0]) == ["charged"] * 3
        connection.execute(text("select fold_usage(), fold_movements()"))
        connection.commit()
        yield connection


def test_untouched_books_break_no_law(books: Connection) -> None:
    assert broken(books) == {}
    findings = {finding.law: finding for finding in prove(books)}
    assert [finding.law for finding in findings.values() if finding.violations] == []
    assert findings["amounts_recompute"].rows_covered == 3
    books.rollback()


@pytest.mark.parametrize(("law", "tampering"), TAMPERING, ids=[f"{law}-{n}" for n, (law, _) in enumerate(TAMPERING)])
def test_tampering_is_found(books: Connection, law: str, tampering: str) -> None:
    books.execute(text(WITHOUT_CONSTRAINTS))
    books.execute(text(tampering))
    findings = {finding.law: finding for finding in prove(books)}
    together = broken(books)
    books.rollback()
    assert findings[law].violations > 0
    assert findings[law].sample[0].detail
    assert {name for name, finding in findings.items() if not finding.holds} == together.keys()
    assert (law in together) is (law not in NOTICES)


def test_every_law_is_tampered_with() -> None:
    assert {law for law, _ in TAMPERING} == {law.name for law in LAWS}
