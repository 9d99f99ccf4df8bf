"""Entries of the audit log: everything that opens, changes or gives something away, and what was refused."""

from contextlib import suppress
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from bot.alerts import channels
from bot.alerts.channels import NewChannel
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.linking import unlinking
from bot.operations import user_admin
from bot.operations.audit_report import EVERYTHING, audit_csv
from bot.operations.erasure import erase
from bot.operations.user_admin import UserChange
from bot.settings import ceilings
from bot.settings.ceilings import DefaultLimit, UserCeiling
from bot.settings.preferences import OwnLimit, Settings, change_limits, change_settings
from bot.storage.models import AuditEntry
from bot.storage.tenancy import identity
from bot.users import data_export, second_factor_setup
from bot.users.reauthentication import Confirmation, confirm
from tests.bot.driving import signed_in
from tests.bot.linking.test_proxy import link, succeed
from tests.support.people import PASSWORD, VISITOR, Somebody, give_valid_session
from web.audit_words import AUDIT

PROXY = "http://user:secret@127.0.0.1:8080"


@dataclass
class Cast:
    alice: Somebody
    ada: Somebody
    channel: str = ""


def linked(cast, proxy=None):
    succeed(cast.alice, link(cast.alice, proxy))


def with_account(cast):
    give_valid_session(cast.alice.id)


def with_proxy(cast):
    with_account(cast)
    change_settings(cast.alice.id, Settings(proxy=PROXY))


def with_webhook(cast):
    cast.channel = channels.add_channel(cast.alice.id, NewChannel(url="http://127.0.0.1:9/hook")).channel.id


def with_limits(cast):
    change_limits(cast.alice.id, {"follow": OwnLimit(per_day=9, per_hour=2)})


def nothing(cast):
    pass


def confirmed(cast, password):
    confirm(signed_in(cast.alice), Confirmation(password=password), VISITOR)


def defaults(cast, **limits):
    ceilings.change_defaults(signed_in(cast.ada), {"follow": DefaultLimit(**limits)})


def own_ceilings(cast, **limits):
    ceilings.change_ceilings(signed_in(cast.ada), cast.alice.id, {"like": UserCeiling(**limits)})


def of_oneself(cast, **change):
    user_admin.change_user(signed_in(cast.ada), cast.ada.id, UserChange(**change))


# Before it, what is done, and the entry: event, who, whom and detail. Names of the cast stand for ids.
ACTS = {
    "own data": (
        nothing,
        lambda c: data_export.export(c.alice.id, VISITOR).close(),
        ("data_exported", "alice", None, None),
    ),
    "webhook added": (nothing, with_webhook, ("alert_channel_added", "alice", None, "channel")),
    "webhook tested": (
        with_webhook,
        lambda c: channels.ask_for_test(c.alice.id, c.channel),
        ("alert_channel_tested", "alice", None, "channel"),
    ),
    "webhook removed": (
        with_webhook,
        lambda c: channels.remove_channel(c.alice.id, c.channel),
        ("alert_channel_removed", "alice", None, "channel"),
    ),
    "proxy set": (
        with_account,
        lambda c: change_settings(c.alice.id, Settings(proxy=PROXY)),
        ("proxy_set", "alice", None, None),
    ),
    "proxy removed": (
        with_proxy,
        lambda c: change_settings(c.alice.id, Settings(proxy=None)),
        ("proxy_removed", "alice", None, None),
    ),
    "linked": (nothing, linked, ("account_linked", "alice", None, None)),
    "linked by a proxy": (nothing, lambda c: linked(c, PROXY), ("account_linked", "alice", None, "with a proxy")),
    "unlinked": (with_account, lambda c: unlinking.unlink(c.alice.id), ("account_unlinked", "alice", None, None)),
    "confirmed": (nothing, lambda c: confirmed(c, PASSWORD), ("confirmed", "alice", None, None)),
    "wrong password": (
        nothing,
        lambda c: confirmed(c, "wrong"),
        ("confirmation_failed", "alice", None, "WRONG_CURRENT_PASSWORD"),
    ),
    "default limits": (
        nothing,
        lambda c: defaults(c, per_day=60, per_hour=5),
        ("limits_default", "ada", None, f"follow: per_day {DEFAULTS['follow'].per_day} → 60, per_hour none → 5"),
    ),
    "delays for all": (
        nothing,
        lambda c: defaults(c, delay_min=2.5),
        ("limits_default", "ada", None, "follow: delay_min 2 → 2.5"),
    ),
    "ceilings of one": (
        nothing,
        lambda c: own_ceilings(c, ceiling=40),
        ("limits_ceiling", "ada", "alice", "like: ceiling none → 40"),
    ),
    "ceilings taken back": (
        lambda c: own_ceilings(c, ceiling=40),
        own_ceilings,
        ("limits_ceiling", "ada", "alice", "like: ceiling 40 → none"),
    ),
    "own limits": (
        with_limits,
        lambda c: change_limits(c.alice.id, {"follow": OwnLimit(per_day=8)}),
        ("limits_own", "alice", None, "follow: per_day 9 → 8, per_hour 2 → none"),
    ),
    "own pace": (
        nothing,
        lambda c: change_settings(c.alice.id, Settings(pace={"like": {"delay_min": 9, "delay_max": 12.5}})),
        ("limits_own", "alice", None, "like: delay_min none → 9, delay_max none → 12.5"),
    ),
    "own rights": (nothing, lambda c: of_oneself(c, role="user"), ("admin_refused", "ada", "ada", "OWN_RIGHTS")),
    "last administrator": (
        nothing,
        lambda c: erase(signed_in(c.ada), c.ada.id),
        ("admin_refused", "ada", "ada", "LAST_ADMIN"),
    ),
    "own second factor": (
        nothing,
        lambda c: second_factor_setup.reset_second_factor(c.ada.id, signed_in(c.ada)),
        ("admin_refused", "ada", "ada", "OWN_RIGHTS"),
    ),
}


@pytest.fixture
def cast(alice, ada) -> Cast:
    return Cast(alice, ada)


def entries() -> list[AuditEntry]:
    with identity() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)))


@pytest.mark.parametrize("what", ACTS)
def test_it_leaves_one_entry_with_who_whom_and_what(cast, clock, what):
    before, act, (event, who, whom, detail) = ACTS[what]
    before(cast)
    clock.advance(minutes=1)
    earlier = {entry.id for entry in entries()}
    with suppress(BotException):
        act(cast)
    found = [entry for entry in entries() if entry.id not in earlier and entry.event not in ("sign_in_failed",)]
    ids = {None: None, "alice": cast.alice.id, "ada": cast.ada.id}
    said = f"webhook {cast.channel}" if detail == "channel" else detail
    assert [(entry.event, entry.actor_id, entry.subject_id, entry.detail) for entry in found] == [
        (event, ids[who], ids[whom], said)
    ]
    assert event in AUDIT


def test_what_changes_nothing_leaves_no_entry(cast):
    with_limits(cast)
    with_proxy(cast)
    earlier = len(entries())
    with_limits(cast)
    change_settings(cast.alice.id, Settings(proxy=PROXY))
    defaults(cast, per_day=DEFAULTS["follow"].per_day)
    own_ceilings(cast)
    assert len(entries()) == earlier


def test_no_entry_holds_a_secret_or_where_somebody_is_reached(cast):
    for before, act, _ in ACTS.values():
        with suppress(BotException):
            before(cast)
        with suppress(BotException):
            act(cast)
    kept = "".join(audit_csv(EVERYTHING))
    for hidden in ("secret", "127.0.0.1:8080", "127.0.0.1:9", "9/hook", "insta.name", PASSWORD):
        assert hidden not in kept
