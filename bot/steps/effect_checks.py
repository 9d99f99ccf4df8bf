"""Look-ups of effects that only Instagram's answer to the call tells of, minutes after it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, func, or_, select

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.decision.decide import EVERYTHING
from bot.decision.kinds import ANSWER_SAYS_NOTHING
from bot.decision.pushback import NOT_DONE
from bot.storage.models import ActionTarget, Activity, BotStatus, CoolDown
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession

# Instagram shows what it took after seconds; the rest is for copies of its data that lag behind.
RECONCILE_AFTER = timedelta(minutes=5)
DEMO_RECONCILE_AFTER = timedelta(seconds=3)
# All of the first acts of a kind after a push-back are looked up: a block often goes on quietly (the product's own
# figure).
AFTER_PUSHBACK = 5
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def look_up_time(answered_at: datetime) -> datetime:
    """Return the time at which the effect of a call with this time of its answer is to be looked up."""
    return answered_at + (DEMO_RECONCILE_AFTER if runtime().config.instagram_sandbox else RECONCILE_AFTER)


def is_checked(session: TenantSession, kind: StepKind) -> bool:
    """Return whether the effect of the step whose call has just been acknowledged is to be looked up.

    It is if Instagram's answer says nothing, for a random share of the steps and for the first ones after a push-back.
    """
    if kind not in ANSWER_SAYS_NOTHING:
        return False
    one_in = runtime().config.effect_check_one_in
    drawn = runtime().uniform(0.0, 1.0)
    if one_in and drawn >= 1 - 1 / one_in:
        return True
    known = {"kind": kind, "long_ago": _LONG_AGO, "not_done": BotException(NOT_DONE).code}
    return session.run(_PUSHED_BACK, known).first() is not None


_AT = ActionTarget.claimed_at.type
_EARLIER = (
    select(ActionTarget.claimed_at)
    .where(ActionTarget.step_kind == bindparam("kind"), ActionTarget.claimed_at.is_not(None))
    .order_by(ActionTarget.claimed_at.desc())
    # The latest claim is that of the call itself.
    .offset(AFTER_PUSHBACK)
    .limit(1)
    .scalar_subquery()
)
_SINCE = func.coalesce(_EARLIER, bindparam("long_ago", type_=_AT), type_=_AT)
_RESTED = select(CoolDown.id).where(
    or_(CoolDown.kind == bindparam("kind"), CoolDown.kind == EVERYTHING), CoolDown.created_at > _SINCE
)
_WAS_NOT_DONE = select(Activity.id).where(
    Activity.at > _SINCE, Activity.action == bindparam("kind"), Activity.error_code == bindparam("not_done")
)
_PUSHED_BACK = select(BotStatus.user_id).where(or_(_RESTED.exists(), _WAS_NOT_DONE.exists()))
