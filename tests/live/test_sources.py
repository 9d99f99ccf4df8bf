"""Sources that are not there, against the sandbox: the dry run, the action and each run of a repeat say the same."""

import pytest
from sqlalchemy import select

from bot.actions import control, placing
from bot.actions.filters import Filters
from bot.actions.recurrence import Repeat
from bot.core.errors import BotException
from bot.storage.models import Activity
from bot.storage.tenancy import tenant
from tests.support.live_bots import ACTIONS

NOBODY_FITS = Filters(followers_min=999_999_999)
MISSING = [
    ("follow-followers", {"account": "natgeoo_typo"}, "INSTAGRAM_PERSON_NOT_FOUND", "account"),
    ("follow-hashtag", {"hashtag": "nobodyhere"}, "HASHTAG_EMPTY", "hashtag"),
    ("like-hashtag", {"hashtag": "nobodyhere"}, "HASHTAG_EMPTY", "hashtag"),
    ("like-hashtag", {"hashtag": "nobodyhere", "order": "top"}, "HASHTAG_EMPTY", "hashtag"),
    ("follow-hashtag", {"hashtag": "nobodyhere", "order": "clips"}, "HASHTAG_EMPTY", "hashtag"),
]
missing = pytest.mark.parametrize(("kind", "params", "name", "param"), MISSING)


def refused(bot, kind, **params) -> BotException:
    with pytest.raises(BotException) as caught:
        placing.dry_run(bot.id, kind, ACTIONS[kind][0](amount=3, **params))
    return caught.value


@missing
def test_a_source_that_is_not_there_fails_by_the_same_rule_everywhere(bot, kind, params, name, param):
    told = refused(bot, kind, **params)
    assert told.name == name
    assert [problem["field"] for problem in told.meta["errors"]] == [param]
    assert bot.status().last_error_code is None

    action = bot.place(kind, amount=3, repeat=Repeat(every_days=1), **params)
    bot.drive(action)
    ended = bot.progress(action)
    assert (ended.action.status, ended.outcome, ended.action.error_code) == ("failed", "none", told.code)
    assert (ended.trouble.message, ended.trouble.remedy) == (told.message, told.remedy)
    with tenant(bot.id, reading=True) as session:
        row = session.scalars(select(Activity).where(Activity.action_id == action, Activity.status == "failed")).one()
    assert (row.action, row.error_code, row.error_message) == ("order", told.code, told.message)

    # The next run of the series comes to the same end.
    again = next(one.action.id for one in control.list_actions(bot.id, 5, None).items if one.action.series == action)
    bot.drive(again)
    assert (bot.progress(again).action.status, bot.progress(again).outcome) == ("failed", "none")


def test_nothing_done_because_all_were_rightly_skipped_is_no_failure_and_says_why(bot):
    action = bot.place("follow-hashtag", hashtag="rarebird", amount=2, filters=NOBODY_FITS)
    bot.drive(action)
    ended = bot.progress(action)
    assert (ended.action.status, ended.outcome, ended.done) == ("succeeded", "none", 0)
    assert ended.action.error_code == BotException("CANDIDATES_EXHAUSTED").code
    assert sum(ended.skips.values()) == ended.skipped > 0
