"""One of alice's objects for every parameter of an address, and the input with which each call succeeds."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select, update

from bot.actions import control
from bot.alerts import channels
from bot.alerts.channels import NewChannel
from bot.auth.sessions import sessions
from bot.config.runtime import now
from bot.contacts import do_not_contact
from bot.contacts.answers import Reply
from bot.contacts.do_not_contact import LeaveAlone
from bot.contacts.people import allow_contact, leave_alone, meet
from bot.contacts.replies import take_in
from bot.core.tokens import digest, new_token
from bot.mail.links import issue
from bot.messages import replying, sending
from bot.messages.replying import Typed
from bot.messages.sending import SendMessages
from bot.settings import preferences
from bot.settings.preferences import Settings
from bot.storage.bot_lock import locked_status
from bot.storage.models import (
    AccountRequest,
    ActionTarget,
    Contact,
    KnownDevice,
    Registration,
    User,
    UserSession,
    new_id,
)
from bot.storage.models.values import TargetStatus
from bot.storage.tenancy import identity, tenant
from tests.support.authenticators import switch_on
from tests.support.people import PASSWORD, VISITOR, Somebody, give_valid_session, make_somebody, set_running

_numbers = itertools.count(1)


@dataclass
class Owner:
    """A user with one of every object that an address can name, made on first use, in an app context."""

    somebody: Somebody = field(default_factory=lambda: make_somebody(f"owner{next(_numbers)}"))

    def __post_init__(self) -> None:
        give_valid_session(self.id, username=f"insta.{self.somebody.username}")
        set_running(self.id)

    @property
    def id(self) -> str:
        return self.somebody.id

    @cached_property
    def action_id(self) -> str:
        """Return an action that sends messages to two people."""
        params = SendMessages(usernames=["ann", "ben"], message="Hello {username}")
        return sending.send_messages(self.id, params, sending.recipients_of(params), None).action.id

    @cached_property
    def target(self) -> str:
        """Return a target of that action whose message may have arrived, a day ago."""
        of_action = ActionTarget.action_id == self.action_id
        with tenant(self.id) as session:
            target = session.scalars(select(ActionTarget).where(of_action, ActionTarget.target == "ann")).one()
            target.status, target.claimed_at = TargetStatus.UNKNOWN, now() - timedelta(days=1)
            session.commit()
        return target.id

    @cached_property
    def request(self) -> str:
        """Return a dry run whose result was not fetched."""
        row = AccountRequest(id=new_id(), user_id=self.id, kind="preview", status="done", created_at=now())
        row.result, row.params = {"candidates": []}, {"kind": "follow-hashtag", "params": {"hashtag": "coffee"}}
        with tenant(self.id) as session:
            session.add(row)
            session.commit()
        return row.id

    @cached_property
    def test(self) -> str:
        """Return a test of the session that an administrator waits for."""
        row = AccountRequest(id=new_id(), user_id=self.id, kind="test", status="done", created_at=now())
        row.result = {"session_valid": True}
        with tenant(self.id) as session:
            session.add(row)
            session.commit()
        return row.id

    @cached_property
    def reset(self) -> str:
        """Return the token of a link for a new password, which works for anyone who holds it."""
        with identity() as session:
            user = session.get_one(User, self.id)
            user.email, user.email_verified_at = f"{user.username}@example.org", now()
            token = issue(session, user.id, "reset", user.email)
            session.commit()
        return token

    @cached_property
    def sign_in(self) -> str:
        """Return a sign-in on another device."""
        with identity() as session:
            token = sessions.issue(session, session.get_one(User, self.id), VISITOR)
            session.commit()
            return session.scalars(select(UserSession.id).where(UserSession.token_hash == digest(token))).one()

    @cached_property
    def device(self) -> str:
        """Return a device that the owner has signed in on."""
        row = KnownDevice(id=new_id(), token_hash=digest(new_token()), created_at=now(), last_used_at=now())
        row.user_id = self.id
        with tenant(self.id) as session:
            session.add(row)
            session.commit()
        return row.id

    @cached_property
    def verification(self) -> str:
        """Return the token of a registration's link, which works for anyone who holds it."""
        token = new_token()
        row = Registration(id=new_id(), username="carol", email="carol@example.org", password="-", ip="192.0.2.1")
        row.token_hash, row.created_at, row.expires_at = digest(token), now(), now() + timedelta(days=1)
        with identity() as session:
            session.add(row)
            session.commit()
        return token

    @cached_property
    def left_alone(self) -> str:
        """Return a person on the do-not-contact list, and on the one for every bot."""
        do_not_contact.add_own(self.id, LeaveAlone(username="zoe"))
        return "zoe"

    @cached_property
    def person(self) -> str:
        """Return a person that the bot has written to, who has answered and is on the do-not-contact list."""
        with tenant(self.id) as session:
            locked_status(session)
            person_id = meet(session, {"4711": "cleo"})["4711"]
            row = Contact(user_id=self.id, instagram_id="4711", username="cleo", written_at=now() - timedelta(days=1))
            session.add(row)
            session.flush()
            take_in(session, [Reply("item-1", "4711", "Who are you?", now())])
            session.commit()
        leave_alone(self.id, person_id)
        return person_id

    @cached_property
    def channel(self) -> str:
        """Return a webhook on this machine that has no listener."""
        return channels.add_channel(self.id, NewChannel(url="http://127.0.0.1:1/hook")).channel.id

    @property
    def change(self) -> str:
        """Return a change of settings that can be undone."""
        change_id = preferences.change_settings(self.id, Settings(stop_words=[new_id()])).change_id
        if change_id is None:
            raise RuntimeError("other stop words are a change")
        return change_id


@dataclass(frozen=True)
class Parameter:
    """How to fill a parameter of an address in. `owned`: it names a row of one user, so a stranger finds nothing."""

    value: Callable[[Owner], str]
    owned: bool = True


PARAMETERS = {
    "user_id": Parameter(lambda owner: owner.id),
    "channel_id": Parameter(lambda owner: owner.channel),
    "change_id": Parameter(lambda owner: owner.change),
    "action_id": Parameter(lambda owner: owner.action_id),
    "person_id": Parameter(lambda owner: owner.person),
    "target_id": Parameter(lambda owner: owner.target),
    "request_id": Parameter(lambda owner: owner.request),
    "sign_in_id": Parameter(lambda owner: owner.sign_in),
    "device_id": Parameter(lambda owner: owner.device),
    # Usernames at Instagram, codes, files and kinds are the same for every caller.
    "username": Parameter(lambda owner: owner.left_alone, owned=False),
    "name": Parameter(lambda owner: owner.left_alone, owned=False),
    "code": Parameter(lambda owner: "E-API-E-0005", owned=False),
    "slug": Parameter(lambda owner: "page-not-found", owned=False),
    "filename": Parameter(lambda owner: "troupe.css", owned=False),
    "token": Parameter(lambda owner: owner.reset, owned=False),
    "kind": Parameter(lambda owner: "follow-hashtag", owned=False),
    # A page that moved looks at nothing of its address.
    "gone": Parameter(lambda owner: owner.request, owned=False),
    "gone_part": Parameter(lambda owner: owner.request, owned=False),
}

_LIMIT = {"limits": {"follow": {"per_day": 5}}}
_NEW_PASSWORD = {"current_password": PASSWORD, "new_password": "another battery staple"}

BODIES: dict[str, dict[str, Any]] = {
    "api.actions.rename": {"name": "Coffee people"},
    "api.actions.reschedule": {},
    "api.conversations.mark_conversation": {"mark": "question"},
    "api.conversations.reply": {"text": "20 euros"},
    "api.devices.name_my_device": {"name": "Phone"},
    "api.limits.change_ceilings": {"limits": {"follow": {"ceiling": 5}}},
    "api.limits.change_limits": _LIMIT,
    "api.messages.resolve": {"outcome": "not_sent"},
    "api.registration.change_email": {"email": "new@example.org"},
    "api.users.change_password": _NEW_PASSWORD,
    "api.users.change_user": {},
    "web.actions.resolve": {"outcome": "not_sent"},
    "web.inbox.reply": {"text": "20 euros", "idempotency_key": "5f2b6a52-2a0e-4f7e-8df5-000000000001"},
    "web.inbox.read": {"until": "2030-01-01T00:00:00+00:00"},
    "web.profile.name": {"name": "Phone"},
    "web.composer.wait": {"what": "follow-hashtag", "hashtag": "coffee", "amount": "5"},
    "web.users.save": {"username": "renamed", "role": "user"},
}
"""Bodies of calls that name a user's row: JSON of the API, fields of a form of the pages. Other calls have none."""

REFUSED_HERE = {
    # No user has a verified address.
    "api.recovery.send_reset": "RESET_NOT_POSSIBLE",
    "web.users.send_reset": "RESET_NOT_POSSIBLE",
    # No worker and no clock runs.
    "api.health.ready": "NOT_READY",
    # There is no METRICS_TOKEN.
    "metrics.show": "404",
    # They are erased by then; the name is not repeated.
    "api.users.erase_user": "AUTHENTICATION_REQUIRED",
    "web.users.erase": "INVALID_INPUT",
    "web.my_data.erase": "INVALID_INPUT",
    # The administrator's test, for which no worker runs, is still waiting.
    "api.accounts.test_session": "INSTANCE_BUSY",
    # No username is given.
    "web.lanes.find": "404",
    # No bot waits for its user.
    "api.fleet.remind_user": "NOTHING_TO_REMIND",
    "web.fleet.remind": "NOTHING_TO_REMIND",
    # There is no demo user, and no sandbox.
    "web.demo.sign_in": "404",
    "web.demo.confirm_in_app": "404",
    "api.demo.sandbox_accounts": "INSTAGRAM_UNREACHABLE",
    "api.demo.answering_people": "INSTAGRAM_UNREACHABLE",
    # No setup was begun.
    "web.second_factor.show_setup": "SECOND_FACTOR_OFF",
    "web.sessions.ask_code": "SIGN_IN_EXPIRED",
}
"""Routes that refuse a permitted caller for another reason."""


_OF_REPLIES = {"api.conversations.reply", "api.conversations.cancel_reply", "web.inbox.reply", "web.inbox.cancel"}


def prepare(owner: Owner, endpoint: str, arguments: set[str]) -> dict[str, str]:
    """Return the values of these parameters, and bring the owner into the state that the call needs."""
    values = {name: PARAMETERS[name].value(owner) for name in sorted(arguments)}
    if endpoint.startswith("web.lists.") and "name" in values:
        values["name"] = "keep"
    if endpoint == "web.registration.show_verification":
        values["token"] = owner.verification
    if endpoint == "api.accounts.show_session_test":
        values["request_id"] = owner.test
    if endpoint in _OF_REPLIES:
        allow_contact(owner.id, owner.person)
        if "action_id" in values:
            values["action_id"] = replying.reply(owner.id, owner.person, Typed(text="20 euros"), None).action_id
    if endpoint.endswith(".resume"):
        control.pause(owner.id, owner.action_id)
    if endpoint.endswith(".reset_second_factor"):
        switch_on(owner.somebody)
    return values


def make_cast() -> dict[str, Somebody]:
    """Return one caller for every way to arrive. Each has a running bot and a sign-in that was valid once."""
    cast = {name: make_somebody(name) for name in ("stranger", "newcomer", "coded", "stale", "disabled")}
    cast |= {name: make_somebody(f"matrix.{name}", "admin") for name in ("admin", "obliged")}
    # The two ways in which an id of the first version comes.
    cast |= {"id": of_first_version(make_somebody("id")), "id cookie": of_first_version(make_somebody("idcookie"))}
    for somebody in cast.values():
        give_valid_session(somebody.id, username=f"insta.{somebody.username}")
        set_running(somebody.id)
    with identity() as session:
        session.execute(update(User).where(User.id == cast["newcomer"].id).values(must_change_password=True))
        session.execute(update(User).where(User.id == cast["disabled"].id).values(is_active=False))
        # The other administrator has no second factor, although one is required.
        session.execute(update(User).where(User.id == cast["admin"].id).values(totp_confirmed_at=now()))
        session.commit()
    for name, values in SIGN_INS.items():
        change_sign_ins(cast[name], values)
    return cast


def of_first_version(somebody: Somebody) -> Somebody:
    """Return the caller with an id as /api/login gives it, in place of the token."""
    with identity() as session:
        token = sessions.issue(session, session.get_one(User, somebody.id), VISITOR, kind="first_version")
        session.commit()
    return Somebody(somebody.id, somebody.username, token)


SIGN_INS: dict[str, dict[str, Any]] = {"coded": {"needs_code": True}, "stale": {"confirmed_at": None}}
"""Callers whose sign-in differs from a new one."""


def change_sign_ins(somebody: Somebody, values: dict[str, Any]) -> None:
    with identity() as session:
        session.execute(update(UserSession).where(UserSession.user_id == somebody.id).values(**values))
        session.commit()
