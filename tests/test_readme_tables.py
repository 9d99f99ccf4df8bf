import pytest

from tests.support.readme_tables import PAGE, with_tables


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_tables_of_the_readme_are_those_of_the_code(app):
    text = PAGE.read_text()
    assert text == with_tables(text, app), "python -m tests.support.readme_tables"
    assert "`POST /bot/login`" in text
