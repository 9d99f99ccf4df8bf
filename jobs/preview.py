"""A dry run: the first people an action would find, with those skipped and why. Nothing is done."""

from dataclasses import replace

from bot.actions import targets
from bot.actions.filters import REASONS
from bot.actions.targets import Candidate, Search, Target
from bot.core.errors import BotException
from bot.decision.kinds import STEP_KIND
from bot.decision.sources import nothing_found, source_failure
from bot.storage.models.values import TargetStatus
from jobs.actions import KINDS
from jobs.actions.kind import SKIP_REASONS, Kind, Skip
from jobs.instance import BotInstance

# Each takes two requests at most, and a person waits for the answer.
MAX_EXAMINED = 5
MAX_SHOWN = 20


def preview(bot: BotInstance, kind_name: str, params: dict[str, object]) -> list[dict[str, object]]:
    """Return the first candidates as `{target, person, accepted, reason, message}`.

    `accepted` is null for those that were not looked up. Raises the errors of the source.
    """
    kind = KINDS[kind_name]
    work = Search("", kind_name, STEP_KIND[kind_name], params, None, False)
    shown, examined = [], 0
    for candidate in targets.screened(
        bot.user_id, work, _found(bot, kind, work), skip_if_handled=kind.skip_if_handled(work)
    ):
        if candidate.reason is None and examined < MAX_EXAMINED:
            examined += 1
            candidate = replace(candidate, reason=_examined(bot, kind, work, candidate))
            shown.append(_shown(candidate, candidate.reason is None))
        else:
            shown.append(_shown(candidate, False if candidate.reason else None))
    return shown


def _found(bot: BotInstance, kind: Kind, work: Search) -> list[Candidate]:
    try:
        page = kind.find(bot, work)
    except BotException as error:
        raise source_failure(error.name, work.params) or error from None
    if not page.candidates and page.cursor is None and (empty := nothing_found(work.params)):
        raise empty
    return page.candidates[:MAX_SHOWN]


def _examined(bot: BotInstance, kind: Kind, work: Search, candidate: Candidate) -> str | None:
    target = Target("", candidate.target, candidate.person, candidate.instagram_id, TargetStatus.PENDING)
    try:
        known = kind.examine(bot, work, target)
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
