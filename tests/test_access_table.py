import pytest

from middleware.access import Access
from tests.support.access_table import PAGE, table, who


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_document_says_of_every_route_what_the_code_does(app):
    assert PAGE.read_text().splitlines() == table(app).splitlines(), "python -m tests.support.access_table"


def test_every_part_of_a_declaration_is_told():
    silent = {"polled", "public", "role"}
    plain = who(Access())
    told = {name for name in Access.__dataclass_fields__ if name not in silent and who(Access(**{name: True})) != plain}
    assert told | silent == set(Access.__dataclass_fields__)
    assert len({who(Access(public=True)), who(Access(role="admin")), plain}) == 3
