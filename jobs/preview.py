"""A dry run: the first people an action would find, with those skipped and why. Nothing is done."""

from dataclasses import replace

from bot.actions.candidates import screened
from bot.actions.filters import REASONS
from bot.actions.targets import Candidate, Search, Target
from bot.core.errors import BotException
from bot.decision.sources import nothing_found, source_failure
from bot.plans.aliases import plan_of
from bot.plans.plan import Plan
from bot.storage.models.values import TargetStatus
from jobs.instance import BotInstance
from jobs.step_kinds import KINDS, Kind
from jobs.step_kinds.step_kind import SKIP_REASONS, Place, Skip

# Each takes two requests at most, and a person waits for the answer.
MAX_EXAMINED = 5
MAX_SHOWN = 20
# The first page of some sources has posts alone, and the people who like them come after it.
MAX_PAGES = 3


def preview(bot: BotInstance, kind_name: str, params: dict[str, object]) -> list[dict[str, object]]:
    """Return the first candidates as `{target, person, accepted, reason, message}`.

    `accepted` is null for those that were not looked up. Raises the errors of the source.
    """
    plan = plan_of(kind_name, params)
    kind, place = KINDS[plan.steps[0].do], Place(plan.steps[0], plan.filters)
    work = Search("", kind_name, plan.steps[0].do, params, None, False)
    shown, examined = [], 0
    skip_if_handled = kind.skip_if_handled(plan.filters)
    for candidate in screened(bot.user_id, work, _found(bot, plan), skip_if_handled=skip_if_handled):
        if candidate.reason is None and examined < MAX_EXAMINED:
            examined += 1
            candidate = replace(candidate, reason=_examined(bot, kind, place, candidate))
            shown.append(_shown(candidate, candidate.reason is None))
        else:
            shown.append(_shown(candidate, False if candidate.reason else None))
    return shown


def _found(bot: BotInstance, plan: Plan) -> list[Candidate]:
    """Return the first candidates of the first part of the sources."""
    part, cursor = plan.parts[0], None
    try:
        for _ in range(MAX_PAGES):
            page = part.find(bot, cursor, plan.unit)
            cursor = page.cursor
            if page.candidates or cursor is None:
                break
    except BotException as error:
        raise source_failure(error.name, part.named) or error from None
    if not page.candidates and page.cursor is None and (empty := nothing_found(part.named)):
        raise empty
    return page.candidates[:MAX_SHOWN]


def _examined(bot: BotInstance, kind: Kind, place: Place, candidate: Candidate) -> str | None:
    target = Target("", candidate.target, candidate.person, candidate.instagram_id, TargetStatus.PENDING)
    try:
        known = kind.examine(bot, place, target)
    except BotException as error:
        if reason := SKIP_REASONS.get(error.name):
            return reason
        raise
    return known.reason if isinstance(known, Skip) else None


def _shown(candidate: Candidate, accepted: bool | None) -> dict[str, object]:
    return {
        "target": candidate.target,
        "person": candidate.person,
        "accepted": accepted,
        "reason": candidate.reason,
        "message": REASONS.get(candidate.reason or ""),
    }
