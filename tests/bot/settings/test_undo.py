"""A change of settings is undone as a whole, and not if one of them was changed again since."""

import pytest
from sqlalchemy import func, select

from bot.actions.filters import Filters
from bot.alerts.channels import NewChannel, add_channel, list_channels, remove_channel
from bot.core.errors import BotException
from bot.decision.limits import limit_reports
from bot.settings.ceilings import UserCeiling, change_ceilings
from bot.settings.changes import KEPT, forget_old_changes
from bot.settings.lists import ListChanges, NameChange, WordChange, change_lists
from bot.settings.notifications import Notifications, choose_notifications, notifications_report
from bot.settings.preferences import (
    DAYS,
    OwnLimit,
    Pace,
    Settings,
    TimeSpan,
    change_limits,
    change_settings,
    settings_report,
)
from bot.settings.presets import Presets, choose_presets
from bot.settings.undo import undo_settings
from bot.storage.models import SettingsChange
from bot.storage.tenancy import identity
from tests.bot.driving import signed_in
from tests.support.mails import verified

NIGHT = TimeSpan(start="22:00", end="04:00")
CHANGES = {
    "timezone": Settings(timezone="Asia/Kathmandu"),
    "week": Settings(week=dict.fromkeys(DAYS, NIGHT) | {"sunday": None}),
    "pause": Settings(pause=NIGHT),
    "warm_up": Settings(warm_up=False),
    "filters": Settings(filters=Filters(followers_min=5, bio_must=["tea"], ratio_max=2.5)),
    "keep": Settings(keep=["ann", "ben"]),
    "stop_words": Settings(stop_words=["basta"]),
    "pace": Settings(pace={"like": Pace(delay_min=9, delay_max=9.5)}),
    "several": Settings(timezone="Europe/Berlin", keep=["cy"], pace={"follow": Pace(delay_min=60, delay_max=90)}),
}


def state(user):
    report = settings_report(user.id)
    own = [(limit.own, limit.own_per_hour, limit.own_delay) for limit in limit_reports(user.id)]
    channels = {channel.id: channel.muted for channel in list_channels(user.id)}
    return report, own, channels, notifications_report(user.id).digest


def refused(work):
    with pytest.raises(BotException) as raised:
        work()
    return raised.value


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_setting_is_undone(alice, change):
    before = state(alice)
    changed = change_settings(alice.id, change)
    assert state(alice) != before
    undone = undo_settings(alice.id, changed.change_id)
    assert state(alice) == before
    undo_settings(alice.id, undone.change_id)
    assert state(alice)[0].filters == changed.filters
    assert state(alice)[0].hours == changed.hours


@pytest.mark.parametrize(
    "work",
    [
        lambda user: change_limits(user.id, {"like": OwnLimit(per_day=7, per_hour=2), "follow": OwnLimit(per_day=9)}),
        lambda user: choose_presets(user.id, Presets(schedule="evenings", pace="careful")).change_id,
        lambda user: (
            change_lists(
                user.id, ListChanges(keep=NameChange(add=["ann"]), stop_words=WordChange(add=["basta"]))
            ).change_id
        ),
        lambda user: (
            choose_notifications(
                user.id, Notifications(channels={channel.id: [] for channel in list_channels(user.id)}, digest=True)
            ).change_id
        ),
    ],
    ids=["limits", "presets", "lists", "notifications"],
)
def test_what_is_saved_elsewhere_is_undone_too(alice, work):
    verified(alice.id, "alice@example.org")
    add_channel(alice.id, NewChannel(kind="email"))
    before = state(alice)
    change_id = work(alice)
    assert state(alice) != before
    undo_settings(alice.id, change_id)
    assert state(alice) == before


def test_what_changes_nothing_cannot_be_undone(alice):
    assert change_settings(alice.id, Settings(warm_up=True)).change_id is None
    assert change_limits(alice.id, {"like": OwnLimit()}) is None


def test_a_setting_that_was_changed_since_is_left_alone_with_all_others_of_the_change(ready):
    first = change_settings(ready.id, Settings(keep=["ann"], warm_up=False))
    change_lists(ready.id, ListChanges(keep=NameChange(add=["ben"])))
    before = state(ready)
    error = refused(lambda: undo_settings(ready.id, first.change_id))
    assert (error.name, error.meta["settings"]) == ("SETTINGS_CHANGED_SINCE", ["keep"])
    assert state(ready) == before


def test_what_was_changed_elsewhere_is_no_hindrance(alice):
    first = change_settings(alice.id, Settings(keep=["ann"]))
    change_settings(alice.id, Settings(warm_up=False))
    assert undo_settings(alice.id, first.change_id).keep == []
    assert not settings_report(alice.id).warm_up


def test_nothing_is_undone_twice(alice):
    change = change_settings(alice.id, Settings(keep=["ann"]))
    undo_settings(alice.id, change.change_id)
    assert refused(lambda: undo_settings(alice.id, change.change_id)).name == "SETTINGS_CHANGED_SINCE"


def test_an_earlier_value_is_refused_if_it_may_not_be_set_any_more(alice, ada):
    change_limits(alice.id, {"like": OwnLimit(per_day=90)})
    change_id = change_limits(alice.id, {"like": OwnLimit(per_day=5)})
    change_ceilings(signed_in(ada), alice.id, {"like": UserCeiling(ceiling=50)})
    before = state(alice)
    assert refused(lambda: undo_settings(alice.id, change_id)).name == "ABOVE_CEILING"
    assert state(alice) == before


def test_the_channel_of_a_change_may_be_gone(alice):
    made = add_channel(alice.id, NewChannel(url="http://127.0.0.1:9/hook")).channel
    change_id = choose_notifications(alice.id, Notifications(channels={made.id: ["blocked"]})).change_id
    remove_channel(alice.id, made.id)
    assert refused(lambda: undo_settings(alice.id, change_id)).name == "SETTINGS_CHANGED_SINCE"


def test_a_change_is_its_users_alone(alice, bob):
    change = change_settings(alice.id, Settings(keep=["ann"]))
    assert refused(lambda: undo_settings(bob.id, change.change_id)).name == "SETTINGS_CHANGE_NOT_FOUND"
    assert settings_report(alice.id).keep == ["ann"]


def test_after_a_day_it_is_too_late_and_the_change_is_deleted(alice, clock):
    change = change_settings(alice.id, Settings(keep=["ann"]))
    clock.moment += KEPT
    assert refused(lambda: undo_settings(alice.id, change.change_id)).name == "SETTINGS_CHANGE_NOT_FOUND"
    later = change_settings(alice.id, Settings(keep=["ben"]))
    forget_old_changes()
    with identity(reading=True) as session:
        assert session.scalars(select(SettingsChange.id)).all() == [later.change_id]
        assert session.scalar(select(func.count(SettingsChange.id))) == 1


def test_no_proxy_is_kept_to_be_undone(ready):
    report = change_settings(ready.id, Settings(proxy="http://somebody:canary-password@127.0.0.1:8080"))
    assert report.change_id is None
    with identity(reading=True) as session:
        assert session.scalar(select(func.count(SettingsChange.id))) == 0
