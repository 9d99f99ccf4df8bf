"""What the kinds of actions read from the stored parameters of an action."""

import pytest

from bot.actions.targets import Search
from jobs.actions.kind import tab_of


@pytest.mark.parametrize(("params", "tab"), [({"order": "clips"}, "clips"), ({}, "recent")])
def test_an_action_of_an_earlier_version_searches_the_newest_posts(params: dict[str, object], tab: str) -> None:
    assert tab_of(Search("", "follow-hashtag", "follow", params, None, False)) == tab
