"""Users whose bots run: what journeys begin with that are about the work of a bot."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, create_engine, insert, update

from bot.storage.models import ActionTarget, PlatformDay, UserSession
from bot.storage.models.values import TargetStatus
from e2e.api import POLL_INTERVAL, Api
from e2e.installation import Installation, Login
from e2e.visitor import HOME, Visitor
from local.processes import wait_until

REPLY_PATIENCE = 60


@dataclass(frozen=True)
class Owner:
    """A user whose bot runs; `account` is its name at the sandbox."""

    installation: Installation
    login: Login
    account: str
    api: Api

    @classmethod
    def of_new_bot(cls, installation: Installation, name: str, **settings: object) -> "Owner":
        """A new user, with a new account and these settings."""
        login, account = installation.member(name), installation.plain_account()
        api = installation.sign_in(login)
        api.link(account)
        if settings:
            api.put("/bot/settings", **settings)
        api.post("/bot/start")
        return cls(installation, login, account["username"], api)

    def comes(self, visitor: Visitor, path: str) -> Visitor:
        """Signs in and opens a page."""
        visitor.sign_in(self.login)
        visitor.sees(visitor.heading(HOME))
        visitor.open(path)
        return visitor

    def arrived(self, kind: str) -> list[str]:
        """What of a kind the sandbox's ledger says that this account did, in order."""
        return self.installation.sandbox.targets(self.account, kind)

    def newest_action(self) -> str:
        return str(self.api.get("/bot/actions")["items"][0]["id"])

    def waits_for_stop(self, username: str) -> None:
        """Until this bot has read that somebody wants to be left alone."""
        self._waits_until_listed(username, "/bot/do-not-contact")

    def waits_for_answer(self, username: str) -> None:
        """Until this bot has read what somebody wrote and left unanswered."""
        self._waits_until_listed(username, "/bot/conversations?state=unread")

    def _waits_until_listed(self, username: str, address: str) -> None:
        def listed() -> bool:
            return username in {one["username"] for one in self.api.get(address)["items"]}

        assert wait_until(listed, REPLY_PATIENCE, every=POLL_INTERVAL)


def follows_were(installation: Installation, user_id: str, **ago: float) -> None:
    """Puts back the time of everybody's follow by this user's bot: no journey lasts for days."""
    with _database(installation).begin() as database:
        rows = update(ActionTarget).where(ActionTarget.user_id == user_id, ActionTarget.step_kind == "follow")
        database.execute(rows.values(claimed_at=datetime.now(UTC) - timedelta(**ago)))


def waits_are_over(installation: Installation, user_id: str) -> None:
    """Ends the waits of people in this user's plans: no journey lasts for days."""
    with _database(installation).begin() as database:
        waits = (
            ActionTarget.user_id == user_id,
            ActionTarget.status == TargetStatus.PENDING,
            ActionTarget.due_at.is_not(None),
        )
        database.execute(update(ActionTarget).where(*waits).values(due_at=datetime.now(UTC)))


def nobody_was_there(installation: Installation, user_id: str, **since: float) -> None:
    """Puts back the time at which this user's sign-ins were seen last."""
    with _database(installation).begin() as database:
        rows = update(UserSession).where(UserSession.user_id == user_id)
        database.execute(rows.values(last_seen_at=datetime.now(UTC) - timedelta(**since)))


def results_of_all(installation: Installation) -> None:
    """Adds results of all users for the days before today, as the nightly count does."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    told = {
        "steps": {"done": 60, "skipped": 20, "failed": 2},
        "follow_back_7": {"yes": 12, "no": 25, "unsure": 3, "open": 9},
    }
    rows = [
        {"day": yesterday - timedelta(days=ago), "step_kind": "follow", "measure": name, "outcome": outcome}
        | {"count": number, "users": 3}
        for ago in range(9)
        for name, outcomes in told.items()
        for outcome, number in outcomes.items()
    ]
    with _database(installation).begin() as database:
        database.execute(insert(PlatformDay), rows)


def _database(installation: Installation) -> Engine:
    return create_engine(installation.stack.config.sqlalchemy_url)
