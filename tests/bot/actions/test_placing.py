"""Placing of actions: the form of each kind, its acceptance, and its refusals."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from bot.actions import control, placing
from bot.actions.candidates import add_candidates
from bot.actions.filters import Filters
from bot.actions.placing import FollowFollowers, FollowHashtag, LikeHashtag, Unfollow, ViewStories
from bot.actions.recurrence import Repeat
from bot.actions.schedules import Schedule, reschedule
from bot.actions.targets import Candidate
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.config.runtime import runtime
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.core.errors import BotException
from bot.decision.snapshot import load
from bot.inputs.validation import checked, checked_json, refuse_controls
from bot.lanes.queue import planned
from bot.messages.sending import Writing, list_results, results_csv, send_messages
from bot.recipients.reading import Recipient, Recipients
from bot.settings import preferences
from bot.settings.preferences import Settings
from bot.storage.engine import db
from bot.storage.models import Activity
from bot.storage.tenancy import tenant
from tests.bot.driving import claim, count, do_step, follow_action, found, message_action, work_of
from tests.support.people import give_valid_session

ACTIONS = {
    "follow-hashtag": (placing.follow_hashtag, FollowHashtag(hashtag="#Coffee", amount=3), "#coffee"),
    "follow-followers": (placing.follow_followers, FollowFollowers(account="@Barista", amount=3), "@barista"),
    "like-hashtag": (placing.like_hashtag, LikeHashtag(hashtag="Coffee", amount=3, order="top"), "#coffee"),
    "view-stories": (placing.view_stories, ViewStories(amount=3), None),
    "unfollow": (placing.unfollow, Unfollow(amount=3), None),
}
KINDS = pytest.mark.parametrize(
    ("kind", "place", "params", "subject"), [(k, *v) for k, v in ACTIONS.items()], ids=ACTIONS
)


@KINDS
def test_every_kind_of_action_is_accepted_and_its_lane_rung(ready, kind, place, params, subject):
    accepted = place(ready.id, params)
    action = accepted.action
    assert (action.kind, action.status, action.total, accepted.pending) == (kind, "queued", 3, 3)
    assert control.subject_of(action) == subject
    assert planned(runtime().redis, [ready.id])[ready.id] is not None
    assert work_of(ready).kind == kind
    with tenant(ready.id, reading=True) as session:
        row = session.scalars(select(Activity).where(Activity.action == "order")).one()
    assert (row.status, row.action_id, row.target) == ("done", action.id, subject)


@KINDS
def test_every_kind_needs_a_valid_session_and_a_running_bot(alice, kind, place, params, subject):
    with pytest.raises(BotException, match="SESSION_INVALID"):
        place(alice.id, params)
    give_valid_session(alice.id)
    with pytest.raises(BotException, match="BOT_STOPPED"):
        place(alice.id, params)
    assert control.list_actions(alice.id, 10, None).items == []


def test_filters_that_are_left_out_are_those_of_the_settings_when_it_was_placed(ready):
    preferences.change_settings(ready.id, Settings(filters=Filters(followers_min=10, bio_must=["tea"])))
    first = placing.follow_hashtag(ready.id, FollowHashtag(hashtag="x", amount=1)).action
    own = placing.follow_hashtag(
        ready.id, FollowHashtag(hashtag="x", amount=1, filters=Filters(verified="skip"))
    ).action
    preferences.change_settings(ready.id, Settings(filters=None))
    assert first.params["filters"] == Filters(followers_min=10, bio_must=["tea"]).model_dump()
    assert own.params["filters"] == Filters(verified="skip").model_dump()


def test_an_action_that_starts_later_waits_and_says_so(ready, clock):
    start = clock.moment + timedelta(hours=5)
    action = placing.follow_hashtag(ready.id, FollowHashtag(hashtag="x", amount=1, start_at=start)).action
    shown = bot_report(ready.id)
    assert (action.start_at, shown.next_step_at) == (start, start)
    assert (shown.verdict.state, shown.verdict.reason, shown.verdict.until) == ("waiting", "STARTS_LATER", start)
    clock.moment = start
    assert work_of(ready).action_id == action.id


def test_the_same_key_gives_the_same_action_also_when_nothing_could_be_placed_any_more(ready):
    params = FollowHashtag(hashtag="x", amount=2, repeat=Repeat(every_days=2), filters=Filters(ratio_max=1.5))
    first = placing.follow_hashtag(ready.id, params, "key")
    lifecycle.stop(ready.id)
    assert placing.follow_hashtag(ready.id, params, "key").action.id == first.action.id


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 3},
        {"hashtag": "tea"},
        {"repeat": Repeat(every_days=2)},
        {"filters": Filters(skip_private=False)},
        {"start_at": "2026-03-11T00:00:00Z"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_key_is_one_action(ready, change):
    same = {"hashtag": "x", "amount": 2}
    placing.follow_hashtag(ready.id, FollowHashtag(**same), "key")
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        placing.follow_hashtag(ready.id, FollowHashtag(**{**same, **change}), "key")
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        placing.like_hashtag(ready.id, LikeHashtag(**same), "key")
    assert len(control.list_actions(ready.id, 10, None).items) == 1


def test_a_request_sent_again_is_the_same_though_settings_and_schedule_have_changed(ready, clock):
    params = FollowHashtag(hashtag="#Coffee", amount=2)
    first = placing.follow_hashtag(ready.id, params, "key").action
    preferences.change_settings(ready.id, Settings(filters=Filters(skip_private=False)))
    reschedule(ready.id, first.id, Schedule(start_at=clock.moment + timedelta(hours=1)))
    assert placing.follow_hashtag(ready.id, params, "key").action.id == first.id
    written = message_action(ready, "ann", key="message")
    reschedule(ready.id, written, Schedule(start_at=clock.moment + timedelta(hours=1)))
    assert message_action(ready, "ann", key="message") == written


def test_keys_of_two_users_have_nothing_to_do_with_each_other(ready, bob):
    first = placing.follow_hashtag(ready.id, FollowHashtag(hashtag="x", amount=2), "key").action
    give_valid_session(bob.id)
    lifecycle.start(bob.id)
    assert placing.follow_hashtag(bob.id, FollowHashtag(hashtag="y", amount=1), "key").action.id != first.id


def test_a_refused_action_leaves_its_key_free(ready):
    lifecycle.stop(ready.id)
    with pytest.raises(BotException, match="BOT_STOPPED"):
        placing.follow_hashtag(ready.id, FollowHashtag(hashtag="x", amount=2), "key")
    lifecycle.start(ready.id)
    assert placing.follow_hashtag(ready.id, FollowHashtag(hashtag="x", amount=2), "key").action.status == "queued"


def problems(model, text):
    with pytest.raises(BotException) as raised:
        checked_json(model, text)
    return [(problem["field"], problem["code"]) for problem in raised.value.meta["errors"]]


@pytest.mark.parametrize(
    ("model", "text", "problem"),
    [
        (FollowHashtag, '{"amount": 1}', ("hashtag", "MISSING")),
        (FollowHashtag, '{"hashtag": "x", "amount": "1"}', ("amount", "WRONG_TYPE")),
        (FollowHashtag, '{"hashtag": "x", "amount": true}', ("amount", "WRONG_TYPE")),
        (FollowHashtag, '{"hashtag": "x", "amount": 1.5}', ("amount", "WRONG_TYPE")),
        (FollowHashtag, '{"hashtag": "x", "amount": 0}', ("amount", "BELOW_MINIMUM")),
        (FollowHashtag, '{"hashtag": "x", "amount": 201}', ("amount", "ABOVE_MAXIMUM")),
        (FollowHashtag, '{"hashtag": "x", "amount": 1' + "0" * 400 + "}", ("amount", "ABOVE_MAXIMUM")),
        (FollowHashtag, '{"hashtag": ["x"], "amount": 1}', ("hashtag", "WRONG_TYPE")),
        (FollowHashtag, '{"hashtag": "a b", "amount": 1}', ("hashtag", "WRONG_FORM")),
        (FollowHashtag, '{"hashtag": "x\\n", "amount": 1, "more": 1}', ("more", "UNKNOWN_FIELD")),
        (FollowHashtag, '{"hashtag": "x", "amount": 1, "dry_run": "yes"}', ("dry_run", "WRONG_TYPE")),
        (FollowHashtag, '{"hashtag": "x", "amount": 1, "start_at": "tomorrow"}', ("start_at", "WRONG_FORM")),
        (FollowHashtag, '{"hashtag": "x", "amount": 1, "start_at": "2026-03-10T12:00:00"}', ("start_at", "WRONG_FORM")),
        (
            FollowHashtag,
            '{"hashtag": "x", "amount": 1, "start_at": "9999-12-31T23:59:59-12:00"}',
            ("start_at", "ABOVE_MAXIMUM"),
        ),
        (
            FollowHashtag,
            '{"hashtag": "x", "amount": 1, "start_at": "0001-01-01T00:00:00+14:00"}',
            ("start_at", "BELOW_MINIMUM"),
        ),
        (
            FollowHashtag,
            '{"hashtag": "x", "amount": 1, "repeat": {"every_days": 0}}',
            ("repeat.every_days", "BELOW_MINIMUM"),
        ),
        (
            FollowHashtag,
            '{"hashtag": "x", "amount": 1, "repeat": {"every_days": 1, "at": "24:00"}}',
            ("repeat.at", "WRONG_FORM"),
        ),
        (FollowHashtag, '{"hashtag": "x", "amount": 1, "filters": {"no": 1}}', ("filters.no", "UNKNOWN_FIELD")),
        (FollowFollowers, '{"account": "a/b", "amount": 1}', ("account", "WRONG_FORM")),
        (FollowFollowers, '{"account": "' + "a" * 31 + '", "amount": 1}', ("account", "WRONG_FORM")),
        (LikeHashtag, '{"hashtag": "x", "amount": 1, "order": "best"}', ("order", "NOT_ALLOWED")),
        (ViewStories, "{}", ("", "INVALID")),
        (ViewStories, '{"usernames": []}', ("usernames", "TOO_SHORT")),
        (ViewStories, '{"usernames": "ann"}', ("usernames", "WRONG_TYPE")),
        (ViewStories, '{"usernames": ["ann", "a b"]}', ("usernames.1", "WRONG_FORM")),
        (Unfollow, '{"amount": 1, "older_than_days": 0}', ("older_than_days", "BELOW_MINIMUM")),
        (Unfollow, '{"amount": 1, "older_than_days": 366}', ("older_than_days", "ABOVE_MAXIMUM")),
        (Unfollow, '{"amount": 1, "keep": [""]}', ("keep.0", "WRONG_FORM")),
    ],
)
def test_bad_input_is_refused_with_its_field_and_a_code(model, text, problem):
    assert problem in problems(model, text)


@pytest.mark.parametrize("text", ["a\0b", "a\x1b[2J", "\ud800", "\x85"])
def test_control_characters_are_refused_wherever_they_stand(text):
    for data in ({"hashtag": text}, {"keep": ["ann", text]}, {text: 1}):
        with pytest.raises(BotException, match="INVALID_INPUT"):
            refuse_controls(data)


def test_a_form_gives_the_same_action_as_json():
    assert checked(FollowHashtag, {"hashtag": " #Coffee ", "amount": "3"}) == checked_json(
        FollowHashtag, '{"hashtag": "#Coffee", "amount": 3}'
    )


def test_stories_of_a_list_name_each_person_once_and_in_one_form(ready):
    accepted = placing.view_stories(ready.id, ViewStories(usernames=["@Ann", "ann", "BEN"]))
    assert (accepted.action.params["usernames"], accepted.action.total) == (["ann", "ben"], 2)
    assert accepted.action.listed


def settle(user, clock, action_id, *names, skipped=0):
    """The action's list is taken over as its candidates; some of them are left out at once."""
    reasons = [None] * (len(names) - skipped) + ["no_story"] * skipped
    people = [Candidate(name, name, name, reason) for name, reason in zip(names, reasons, strict=True)]
    add_candidates(user.id, work_of(user), people, None, skip_if_handled=False)
    progress = control.get_action(user.id, action_id)
    return progress.done + progress.failed + progress.skipped + progress.unknown + progress.pending


def test_counts_of_a_list_add_up_to_all_who_are_named(ready, clock):
    names = ["ann", "ben", "cid", "dan"]
    action_id = placing.view_stories(ready.id, ViewStories(usernames=names)).action.id
    assert settle(ready, clock, action_id, *names, skipped=2) == 4
    do_step(ready, clock)
    progress = control.get_action(ready.id, action_id)
    assert (progress.done, progress.skipped, progress.pending) == (1, 2, 1)


def test_a_list_of_which_only_some_are_asked_for_goes_on_until_they_are_done(ready, clock):
    names = ["ann", "ben", "cid", "dan"]
    action = placing.view_stories(ready.id, ViewStories(usernames=names, amount=2)).action
    assert action.total == 2
    settle(ready, clock, action.id, *names, skipped=2)
    assert control.get_action(ready.id, action.id).pending == 2
    do_step(ready, clock)
    assert control.get_action(ready.id, action.id).pending == 1
    do_step(ready, clock)
    ended = control.get_action(ready.id, action.id)
    assert (ended.action.status, ended.done, ended.pending) == ("succeeded", 2, 0)


def test_more_stories_than_people_named_are_as_many_as_there_are(ready):
    assert placing.view_stories(ready.id, ViewStories(usernames=["ann"], amount=9)).action.total == 1


def test_keep_lists_and_names_are_in_one_form(ready):
    action = placing.unfollow(ready.id, Unfollow(amount=1, keep=["@Ben", "ann", "Ann"])).action
    assert action.params["keep"] == ["ann", "ben"]


def test_who_is_on_a_list_of_the_untouchable_is_left_out_of_a_list_at_once(ready):
    add_own(ready.id, LeaveAlone(username="ann"))
    action_id = message_action(ready, "ann", "ben")
    progress = control.get_action(ready.id, action_id)
    assert (progress.skipped, progress.pending, progress.skips) == (1, 1, {"do_not_contact": 1})


def test_ten_thousand_people_are_accepted_and_worked_on_like_ten(ready, clock, record_property):
    people = Recipients([Recipient(f"person.{number}") for number in range(10_000)])
    began = time.monotonic()
    action = send_messages(ready.id, Writing(message="Hello {username}"), people).action
    record_property("seconds", time.monotonic() - began)
    assert (action.total, count(ready, action.id, "pending")) == (10_000, 10_000)
    assert do_step(ready, clock).person == "person.0"
    assert [one.target.person for one in list_results(ready.id, action.id, 2, None).items] == ["person.0", "person.1"]
    assert "".join(results_csv(ready.id, action.id)).count("\r\n") == 10_001


def statements_of(call):
    """Return the queries of a call, without the beginnings of transactions."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return [one for one in seen if one.startswith("SELECT") and "set_config" not in one]


def decide_anew(user, clock):
    with tenant(user.id, reading=True) as session:
        load(session, clock.moment)


def test_a_decision_asks_the_database_as_often_for_many_open_actions_as_for_one(ready, clock):
    follow_action(ready, people=3)
    for_one = statements_of(lambda: decide_anew(ready, clock))
    for _ in range(placing.MAX_OPEN - 1):
        action_id = follow_action(ready, people=3)
        found(ready, action_id, ["zoe"])
    claim(ready)
    for_many = statements_of(lambda: decide_anew(ready, clock))
    assert len(for_one) <= len(for_many) <= 15
    assert len(for_many) - len(for_one) <= 1
