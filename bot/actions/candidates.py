"""Candidates of an action's search: who of them becomes a target, and who is skipped at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, select

from bot.actions.searches import SEARCHED, all_ended, source_of
from bot.actions.targets import Candidate, Search, locked_action, mark_running, own_account
from bot.config.runtime import now
from bot.contacts.do_not_contact import untouchable
from bot.contacts.people import meet
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.history.activity import record
from bot.storage.bot_lock import lock
from bot.storage.models import Action, ActionTarget, Activity, id_of_person, new_id
from bot.storage.models.values import ActivityStatus, StepKind
from bot.storage.target_states import find, find_skipped
from bot.storage.tenancy import TenantSession, tenant

# It is built once: building it costs more than running it.
_ADD = insert(ActionTarget)


def add_candidates(
    user_id: str,
    work: Search,
    found: Sequence[Candidate],
    cursor: str | None,
    *,
    skip_if_handled: bool,
    limited: bool = False,
    label: str = "",
) -> None:
    """Record a page of candidates of a part of the sources, called `label`, and the state of the search. Commits.

    `skip_if_handled` skips the candidates that another action with this kind of step has handled. `limited` says that
    Instagram shows only a part of the list, which the activity tells once.
    """
    with tenant(user_id) as session:
        lock(session)
        action = locked_action(session, work.action_id)
        position = _last_position(session, action.id)
        candidates = _screened(session, work, found, skip_if_handled=skip_if_handled)
        if candidates:
            people = _met(session, work, candidates)
            rows = enumerate(candidates, position + 1)
            session.run(_ADD, [_row(action, work, one, number, people) for number, one in rows])
        part = source_of(session, work, label)
        part.cursor, part.ended = cursor, SEARCHED if cursor is None else None
        part.asked += 1
        part.found += len(found)
        part.kept += sum(one.reason is None for one in candidates)
        action.searched = cursor is None and all_ended(session, work)
        mark_running(action)
        if limited and not is_told_limited(session, action.id):
            error = BotException("INSTAGRAM_LIST_LIMITED")
            record(session, "order", ActivityStatus.WARNED, action_id=action.id, error=error)
        session.commit()
    about = {"source": work.source, "count": len(candidates), "searched": cursor is None}
    get_logger().info("candidates_found", action_id=work.action_id, **about)


def is_told_limited(session: TenantSession, action_id: str) -> bool:
    """Return whether the activity says that Instagram shows only a part of the action's list."""
    code = BotException("INSTAGRAM_LIST_LIMITED").code
    query = select(Activity.id).where(Activity.action_id == action_id, Activity.error_code == code)
    return session.scalars(query.limit(1)).first() is not None


def screened(user_id: str, work: Search, found: Sequence[Candidate], *, skip_if_handled: bool) -> list[Candidate]:
    """Return the candidates, each with the reason for which it would be skipped, as far as it is known here."""
    with tenant(user_id, reading=True) as session:
        return _screened(session, work, found, skip_if_handled=skip_if_handled)


def _screened(
    session: TenantSession, work: Search, found: Sequence[Candidate], *, skip_if_handled: bool
) -> list[Candidate]:
    candidates = {candidate.target: candidate for candidate in found}
    known = _known(session, work, candidates)
    people = {one.person: id_of_person(work.step_kind, one.instagram_id) for one in candidates.values()}
    excluded, own = untouchable(session, people), own_account(session)
    result = []
    for target, candidate in candidates.items():
        if known.get(target) == "here":
            continue
        reason = candidate.reason or ("do_not_contact" if candidate.person in excluded else None)
        if skip_if_handled and target in known:
            reason = "already_handled"
        if own and own.is_called(candidate.person, people[candidate.person]):
            reason = "own_account"
        result.append(replace(candidate, reason=reason))
    return result


def _met(session: TenantSession, work: Search, candidates: Iterable[Candidate]) -> dict[str, str]:
    """Record the candidates as people, and return their ids by Instagram id.

    An action that unfollows takes its candidates from earlier follows, with the names they had then.
    """
    known = ((id_of_person(work.step_kind, one.instagram_id), one.person) for one in candidates)
    return meet(session, {id_: name for id_, name in known if id_}, seen=work.step_kind != StepKind.UNFOLLOW)


def _row(
    action: Action, work: Search, candidate: Candidate, position: int, people: Mapping[str, str]
) -> dict[str, object]:
    moment = now()
    return {
        "id": new_id(),
        "action_id": action.id,
        "step_kind": work.step_kind,
        "source": work.source,
        "position": position,
        "target": candidate.target,
        "person": candidate.person,
        "instagram_id": candidate.instagram_id,
        "person_id": people.get(id_of_person(work.step_kind, candidate.instagram_id) or ""),
        # Lists are paged by time, newest first, and what was found first has to come first on its page.
        "created_at": moment - timedelta(microseconds=position),
        **(find_skipped(candidate.reason, moment) if candidate.reason else find()),
    }


def _known(session: TenantSession, work: Search, names: Iterable[str]) -> dict[str, str]:
    """Return names that are targets already: `here` in this action, `done` if another action acted on them."""
    query = select(ActionTarget.target, ActionTarget.action_id, ActionTarget.status).where(
        ActionTarget.step_kind == work.step_kind, ActionTarget.target.in_(list(names))
    )
    known: dict[str, str] = {}
    for target, action_id, status in session.execute(query):
        if action_id == work.action_id:
            known[target] = "here"
        elif status in ("done", "working", "unknown"):
            known.setdefault(target, "done")
    return known


def _last_position(session: TenantSession, action_id: str) -> int:
    query = select(ActionTarget.position).where(ActionTarget.action_id == action_id)
    return session.scalars(query.order_by(ActionTarget.position.desc()).limit(1)).first() or 0
