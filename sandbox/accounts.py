"""The named accounts of the sandbox: their credentials, and Instagram's behavior towards each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.limits import DAY, Limit
from sandbox.people import Person
from sandbox.rng import Rng
from sandbox.unkindness import KIND, Unkindness

FIRST_ID = 1_000_000_000
POSTS = 6
EXPIRED_CODE = "000000"

_ASKING = frozenset({"two_factor", "challenge_email", "challenge_phone", "challenge_at_sign_in"})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Instagram's treatment of an account: questions at sign-in, a fault that some calls always meet, limits.

    `does` says in one line what its owner will see. `methods` are the ways of a second factor, the one that Instagram
    offers first in front.
    """

    name: str
    does: str
    sign_in: str = ""
    calls: str = ""
    fault: str = ""
    limits: tuple[Limit, ...] = ()
    methods: tuple[str, ...] = ()
    unkind: Unkindness = KIND

    @property
    def asks_code(self) -> bool:
        return self.sign_in in _ASKING or self.fault == "challenge"


PLAIN = Behaviour("plain", "Signs in right away")
_FEW = (("follow", 3), ("like", 3), ("message", 2))
A_LITTLE_A_DAY = tuple(Limit("strict", *limit, DAY) for limit in _FEW)
LITTLE = Unkindness(reads=20, seconds=600.0)
SPECIAL = (
    Behaviour(
        "two_factor",
        "Asks for a code of an app, or a backup code",
        sign_in="two_factor",
        methods=("totp", "backup_codes"),
    ),
    Behaviour("challenge_email", "Asks once for a code from an e-mail", sign_in="challenge_email"),
    Behaviour("challenge_at_sign_in", "Asks once for a mailed code while it signs in", sign_in="challenge_at_sign_in"),
    Behaviour("challenge_phone_only", "Waits until you confirm on your phone", sign_in="challenge_phone_only"),
    Behaviour("hangs_at_sign_in", "Never answers the sign-in", calls="login", fault="hang"),
    Behaviour("blocked_follow", "Gets its follows paused", calls="follow", fault="feedback_required"),
    Behaviour("logged_out", "Is signed out at its first step", calls="act", fault="login_required"),
    Behaviour("challenged", "Asks for a code at its first step", calls="act", fault="challenge"),
    Behaviour("please_wait", "Is told to wait at every step", calls="act", fault="please_wait"),
    Behaviour("throttled", "Hears of too many requests at every step", calls="act", fault="throttled"),
    Behaviour("server_error", "Meets a server error at every step", calls="act", fault="server_error"),
    Behaviour("html", "Gets a web page instead of an answer", calls="act", fault="html"),
    Behaviour("hangs", "Gets no answer to any step", calls="act", fault="hang"),
    Behaviour("cut", "Gets half an answer to every step", calls="act", fault="cut"),
    Behaviour("drop", "Loses the connection after every step", calls="act", fault="drop"),
    Behaviour("suspended", "Is suspended once it is signed in", calls="work", fault="suspended"),
    Behaviour("consent", "Has to accept new terms in the app", calls="work", fault="consent"),
    Behaviour("strict", f"May do {', '.join(f'{count} {kind}s' for kind, count in _FEW)} a day", limits=A_LITTLE_A_DAY),
    # Add new ones at the end: an account's id is its place in this list.
    Behaviour(
        "two_factor_sms", "Asks for a code from a text message", sign_in="two_factor", methods=("sms", "backup_codes")
    ),
    Behaviour(
        "two_factor_whatsapp", "Asks for a code from WhatsApp", sign_in="two_factor", methods=("whatsapp", "sms")
    ),
    Behaviour(
        "two_factor_many",
        "Asks for a code and offers four ways to get it",
        sign_in="two_factor",
        methods=("totp", "sms", "whatsapp", "backup_codes"),
    ),
    Behaviour(
        "approve_on_device",
        "Waits for a tap on another phone",
        sign_in="approve_on_device",
        methods=("trusted_notification",),
    ),
    Behaviour("challenge_phone", "Asks once for a code from a phone", sign_in="challenge_phone"),
    Behaviour("old_app", "Refuses the app as too old at sign-in", unkind=Unkindness(oldest_app="9999.0")),
    Behaviour("old_app_at_work", "Refuses the app as too old at work", calls="work", fault="needs_upgrade"),
    Behaviour("reads_little", f"May read {LITTLE.reads} times in {LITTLE.seconds / 60:g} minutes", unkind=LITTLE),
    Behaviour("quiet_no", "Hears yes to every step, and nothing happens", unkind=Unkindness(quiet=1.0)),
    Behaviour("messages_refused", "Gets every message refused", calls="message", fault="dm-item-ack-403"),
    Behaviour("follows_full", "Follows as many people as it may", calls="follow", fault="feedback-max-follows"),
    Behaviour(
        "address_blocked", "Has its address blocked at the first step", calls="act", fault="sentry-block-at-follow"
    ),
    Behaviour("wrong_country", "Is refused because of its country", calls="act", fault="geoblock-at-follow"),
    Behaviour("disabled", "Is disabled once it is signed in", calls="work", fault="inactive-user-at-follow"),
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
        posts=POSTS,
        is_private=False,
        is_verified=False,
        is_business=False,
        has_picture=True,
    )
