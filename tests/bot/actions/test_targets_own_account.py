"""Candidates with the bot's own account or one of its posts, and their records."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.actions.candidates import screened
from bot.actions.targets import Candidate, Search
from bot.decision.kinds import STEP_KIND
from bot.steps.step import Step
from bot.storage.models import InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.driving import count, message_action, target_of, work_of

OWN = "insta.name"


@pytest.fixture
def own_id(ready):
    with tenant(ready.id, reading=True) as session:
        return session.scalars(select(InstagramCredentials.instagram_id)).one()


def reasons(user, kind, *candidates):
    work = Search("", kind, STEP_KIND[kind], {}, None, False)
    return [one.reason for one in screened(user.id, work, candidates, skip_if_handled=False)]


@pytest.mark.parametrize("kind", ["follow-followers", "follow-hashtag", "view-stories", "unfollow"])
def test_the_own_account_is_left_out_by_its_id_or_by_its_name(ready, own_id, kind):
    assert reasons(ready, kind, Candidate("new.name", "new.name", own_id)) == ["own_account"]
    assert reasons(ready, kind, Candidate(OWN, OWN)) == ["own_account"]
    # Somebody else has that name by now.
    assert reasons(ready, kind, Candidate(OWN, OWN, "1")) == [None]


def test_own_posts_are_left_out_and_those_of_others_are_not(ready, own_id):
    mine, theirs = Candidate("Ab", "new.name", f"5_{own_id}"), Candidate("Cd", "ann", "6_1")
    assert reasons(ready, "like-hashtag", mine, theirs) == ["own_account", None]


def test_an_action_to_write_leaves_the_own_name_out_at_once(ready):
    action_id = message_action(ready, f"@{OWN}", "ann")
    row = target_of(ready, action_id, OWN)
    assert (row.status, row.reason) == ("skipped", "own_account")
    assert target_of(ready, action_id, "ann").status == "pending"


def test_a_claim_takes_no_message_to_the_own_account(ready, own_id):
    action_id = message_action(ready, "new.name")
    work = work_of(ready)
    Step(ready.id, work).claim(replace(work.pending[0], instagram_id=own_id))
    assert count(ready, action_id, "skipped") == 1
