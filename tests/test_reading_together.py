"""A page takes one transaction for what it reads, and a form, a download and a failure leave none behind."""

import pytest
from sqlalchemy import event

from bot.storage.engine import db
from tests.support.statements import connections_in_use
from tests.web.browser import Browser


@pytest.fixture
def begins(app):
    """The transactions that were begun."""
    begun = []

    def note(connection):
        begun.append(connection)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "begin", note)
    yield begun
    event.remove(engine, "begin", note)


@pytest.mark.parametrize("path", ["/", "/actions", "/inbox", "/results", "/settings/notifications", "/help"])
def test_a_page_reads_in_one_transaction(app, alice, begins, path):
    browser = Browser(app, alice)
    browser.page(path)
    begins.clear()
    browser.page(path)
    assert len(begins) == 1
    with app.app_context():
        assert connections_in_use() == 0


@pytest.mark.parametrize("path", ["/actions/log.csv", "/nothing/here", "/actions/log?since=x", "/api/bot/actions/x"])
def test_what_is_no_page_leaves_no_transaction(app, alice, path):
    Browser(app, alice).get(path).get_data()
    with app.app_context():
        assert connections_in_use() == 0
