"""The life of a bot: what may happen to it, by the functions that the pages, the API and the worker call."""

from datetime import timedelta

from sqlalchemy import update

from bot.actions import control
from bot.actions.schedules import Schedule, reschedule
from bot.automation import lifecycle
from bot.automation.verdicts import keep_due_verdicts, keep_verdict
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.decision.troubles import refused_by_vault, unforeseen
from bot.decision.verdicts import RunChore
from bot.linking import outcomes
from bot.linking.unlinking import unlink
from bot.operations.user_admin import UserChange, change_user
from bot.settings import ceilings, preferences
from bot.settings.ceilings import UserCeiling
from bot.settings.preferences import DAYS, OwnLimit, Settings
from bot.steps.catching_up import begin_catching_up
from bot.steps.work import next_work
from bot.storage.models import BotStatus, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.driving import act, chores_done, follow_action, message_action, signed_in
from tests.support.people import give_valid_session

ALL_DAY = {"start": "00:00", "end": "24:00"}
EVENING = {"start": "22:00", "end": "22:01"}


def turn(user, name=None):
    """One turn of the worker, which a fault may end. Chores before it are done."""
    if isinstance(next_work(user.id), RunChore):
        chores_done(user)
        with tenant(user.id) as session:
            session.execute(update(BotStatus).values(caught_up_at=now()))
            session.commit()
    act(user, name)
    keep_verdict(user.id)


class Life:
    """What may happen to a bot, by the functions that the pages, the API and the worker call."""

    def __init__(self, user, admin, clock):
        self.user, self.admin, self.clock = user, signed_in(admin), clock
        self.action = ""

    def rest_for_days(self):
        self.clock.advance(days=3)
        keep_due_verdicts()

    def link(self):
        give_valid_session(self.user.id)

    def start(self):
        lifecycle.start(self.user.id)

    def stop(self):
        lifecycle.stop(self.user.id)

    def place(self):
        self.action = follow_action(self.user)
        # The people were found in a turn of the worker, which ends like this.
        keep_verdict(self.user.id)

    def place_messages(self):
        message_action(self.user, "ann", "ben")

    def pause(self):
        control.pause(self.user.id, self.action)

    def resume(self):
        control.resume(self.user.id, self.action)

    def cancel(self):
        control.cancel(self.user.id, self.action)

    def postpone(self):
        reschedule(self.user.id, self.action, Schedule(start_at=now() + timedelta(hours=3)))

    def step(self):
        turn(self.user)

    def be_blocked(self):
        turn(self.user, "INSTAGRAM_ACTION_BLOCKED")

    def be_refused_by_the_proxy(self):
        turn(self.user, "INSTAGRAM_PROXY_FAILED")

    def be_logged_out(self):
        turn(self.user, "INSTAGRAM_LOGGED_OUT")

    def break_off(self):
        unforeseen(self.user.id, ValueError("odd"))

    def lose_the_key(self):
        with tenant(self.user.id) as session:
            session.execute(
                update(InstagramCredentials).values(session_data_encrypted=b"\x01" + b"gone".ljust(16, b"\0"))
            )
            session.commit()
        refused_by_vault(self.user.id, BotException("VAULT_REFUSED"))

    def doubt(self):
        begin_catching_up(self.user.id)

    def fail_a_chore(self):
        outcomes.chore_failed(self.user.id, "read_replies", BotException("INSTAGRAM_TIMEOUT"))

    def work_in_the_evening(self):
        preferences.change_settings(self.user.id, Settings.model_validate({"week": dict.fromkeys(DAYS, EVENING)}))

    def work_all_day(self):
        preferences.change_settings(self.user.id, Settings.model_validate({"week": dict.fromkeys(DAYS, ALL_DAY)}))

    def lower_own_limit(self):
        preferences.change_limits(self.user.id, {kind: OwnLimit(per_day=0) for kind in DEFAULTS})

    def raise_own_limit(self):
        preferences.change_limits(self.user.id, {kind: OwnLimit() for kind in DEFAULTS})

    def be_given_a_ceiling(self):
        ceilings.change_ceilings(self.admin, self.user.id, {"follow": UserCeiling(ceiling=1)})

    def be_disabled(self):
        change_user(self.admin, self.user.id, UserChange(is_active=False))

    def be_enabled(self):
        change_user(self.admin, self.user.id, UserChange(is_active=True))

    def be_unlinked(self):
        unlink(self.user.id)


ACTS = [name for name in vars(Life) if not name.startswith("_")]
