"""The named accounts of the sandbox: their credentials, and Instagram's behavior towards each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.limits import DAY, Limit
from sandbox.people import Person
from sandbox.rng import Rng
from sandbox.unkindness import KIND, Unkindness

FIRST_ID = 1_000_000_000
EXPIRED_CODE = "000000"

_ASKING = frozenset({"two_factor", "challenge_email", "challenge_phone", "challenge_at_sign_in"})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Instagram's treatment of an account: questions at sign-in, a fault that some calls always meet, limits.

    `methods` are the ways of a second factor, the one that Instagram offers first in front.
    """

    name: str
    sign_in: str = ""
    calls: str = ""
    fault: str = ""
    limits: tuple[Limit, ...] = ()
    methods: tuple[str, ...] = ()
    unkind: Unkindness = KIND

    @property
    def asks_code(self) -> bool:
        return self.sign_in in _ASKING or self.fault == "challenge"


PLAIN = Behaviour("plain")
A_LITTLE_A_DAY = tuple(Limit("strict", *limit, DAY) for limit in (("follow", 3), ("like", 3), ("message", 2)))
SPECIAL = (
    Behaviour("two_factor", sign_in="two_factor", methods=("totp", "backup_codes")),
    Behaviour("challenge_email", sign_in="challenge_email"),
    Behaviour("challenge_at_sign_in", sign_in="challenge_at_sign_in"),
    Behaviour("challenge_phone_only", sign_in="challenge_phone_only"),
    Behaviour("hangs_at_sign_in", calls="login", fault="hang"),
    Behaviour("blocked_follow", calls="follow", fault="feedback_required"),
    Behaviour("logged_out", calls="act", fault="login_required"),
    Behaviour("challenged", calls="act", fault="challenge"),
    Behaviour("please_wait", calls="act", fault="please_wait"),
    Behaviour("throttled", calls="act", fault="throttled"),
    Behaviour("server_error", calls="act", fault="server_error"),
    Behaviour("html", calls="act", fault="html"),
    Behaviour("hangs", calls="act", fault="hang"),
    Behaviour("cut", calls="act", fault="cut"),
    Behaviour("drop", calls="act", fault="drop"),
    Behaviour("suspended", calls="work", fault="suspended"),
    Behaviour("consent", calls="work", fault="consent"),
    Behaviour("strict", limits=A_LITTLE_A_DAY),
    # Add new ones at the end: an account's id is its place in this list.
    Behaviour("two_factor_sms", sign_in="two_factor", methods=("sms", "backup_codes")),
    Behaviour("two_factor_whatsapp", sign_in="two_factor", methods=("whatsapp", "sms")),
    Behaviour("two_factor_many", sign_in="two_factor", methods=("totp", "sms", "whatsapp", "backup_codes")),
    Behaviour("approve_on_device", sign_in="approve_on_device", methods=("trusted_notification",)),
    Behaviour("challenge_phone", sign_in="challenge_phone"),
    Behaviour("old_app", unkind=Unkindness(oldest_app="9999.0")),
    Behaviour("old_app_at_work", calls="work", fault="needs_upgrade"),
    Behaviour("reads_little", unkind=Unkindness(reads=20, seconds=600.0)),
    Behaviour("quiet_no", unkind=Unkindness(quiet=1.0)),
    Behaviour("messages_refused", calls="message", fault="dm-item-ack-403"),
    Behaviour("follows_full", calls="follow", fault="feedback-max-follows"),
    Behaviour("address_blocked", calls="act", fault="sentry-block-at-follow"),
    Behaviour("wrong_country", calls="act", fault="geoblock-at-follow"),
    Behaviour("disabled", calls="work", fault="inactive-user-at-follow"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account that can sign in. `code` answers every question to it.

    `backup_code` works in its place if the account's second factor has such codes.
    """

    person: Person
    password: str
    code: str
    backup_code: str
    phone: str
    behaviour: Behaviour

    @property
    def id(self) -> str:
        return self.person.id

    @property
    def username(self) -> str:
        return self.person.username

    @property
    def email(self) -> str:
        return f"{self.username[0]}*****@example.com"


class Accounts:
    """Every account by name and by id: `plain_01`, `plain_02`, … and one named after each other behavior."""

    def __init__(self, seed: int, plain: int) -> None:
        self.plain = plain
        named = [(f"plain_{number:02}", PLAIN) for number in range(1, plain + 1)]
        named += [(behaviour.name, behaviour) for behaviour in SPECIAL]
        self._by_name = {account.username: account for account in _made(seed, named)}
        self._by_id = {account.id: account for account in self}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_name.values())

    def named(self, username: str) -> Account | None:
        return self._by_name.get(username)

    def with_id(self, account_id: str) -> Account | None:
        return self._by_id.get(account_id)


def _made(seed: int, named: Iterable[tuple[str, Behaviour]]) -> Iterator[Account]:
    for number, (username, behaviour) in enumerate(named):
        rng = Rng(seed, "account", username)
        yield Account(
            person=_person(str(FIRST_ID + number), username),
            password=f"Sandbox-{rng.below(16**10):010x}",
            code=f"{100_000 + rng.below(900_000)}",
            backup_code=f"{10**7 + rng.below(9 * 10**7)}",
            phone=f"+49 *** *****{rng.below(100):02}",
            behaviour=behaviour,
        )


def _person(account_id: str, username: str) -> Person:
    return Person(
        id=account_id,
        username=username,
        full_name=username.replace("_", " ").title(),
        biography="lives in a sandbox",
        followers=40,
        following=0,
        posts=0,
        is_private=False,
        is_verified=False,
        is_business=False,
        has_picture=True,
    )
