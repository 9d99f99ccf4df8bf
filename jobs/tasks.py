"""The functions that lanes call with ids. A step returns when the next one is due."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial

from flask import current_app
from structlog.contextvars import bound_contextvars

from bot.actions.targets import Work
from bot.automation.client_versions import hold_if_refused
from bot.automation.memory_files import remove_memory
from bot.automation.verdicts import keep_verdict
from bot.config.runtime import now, runtime
from bot.core.database_faults import database_fault
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision import troubles
from bot.decision.verdicts import RunChore
from bot.history.activity import log_error
from bot.linking import outcomes
from bot.linking.claimed import (
    ClaimedCheck,
    ClaimedDryRun,
    ClaimedImport,
    ClaimedLink,
    ClaimedRequest,
    ClaimedSending,
    ClaimedSessionTest,
    ClaimedSignIn,
    ClaimedVerification,
    claim,
)
from bot.linking.outcomes import Question
from bot.phones.choice import ChosenPhone, keep_place
from bot.phones.devices import keep_device, rename_device
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models.values import VerificationKind
from bot.users.directory import is_known
from jobs.chores import do_chore
from jobs.instagram import InstagramAuth, Linked, NeedsApp, NeedsCode
from jobs.instagram_check import check
from jobs.instance import BotInstanceManager
from jobs.lanes import still_mine
from jobs.preview import preview
from jobs.steps import run_step
from jobs.unknown_replies import count_unknown

MANAGER = "bot_instances"
DATABASE_PAUSE = timedelta(seconds=10)
_SOON = timedelta(minutes=5)


def instances() -> BotInstanceManager:
    """Return the warm instances of this process."""
    manager: BotInstanceManager = current_app.extensions.setdefault(MANAGER, BotInstanceManager())
    return manager


def step(user_id: str) -> float | None:
    """Do one step of the user's lane. Return the epoch seconds of the next; None if only a person can cause one."""
    next_at, work = None, None
    with ExitStack() as lines:
        try:
            with _unless_erased(user_id):
                work = next_work(user_id)
                lines.enter_context(bound_contextvars(**_about(work)))
                next_at = _step(user_id, work)
        except Exception as error:
            next_at = _failed(user_id, error)
    if not (work and _goes_on(work, next_at)):
        keep_verdict(user_id)
    return next_at.timestamp() if next_at else None


def _goes_on(work: Work | RunChore | Nothing, next_at: datetime | None) -> bool:
    """Whether a bot that works does its next step soon: that turn decides its verdict."""
    steps = isinstance(work, Work) and work.snapshot.bot.verdict_condition == "working"
    return steps and next_at is not None and next_at <= now() + _SOON


def _failed(user_id: str, error: Exception) -> datetime:
    """Return when the step is tried again. A failure of the database is only logged; others are recorded there too."""
    if database_fault(error):
        log_error(error)
        return now() + DATABASE_PAUSE
    return troubles.unforeseen(user_id, error)


@contextmanager
def _unless_erased(user_id: str) -> Iterator[None]:
    """Ignore failures of a user who was erased meanwhile: there is no one left to act for, or to tell."""
    try:
        yield
    except Exception:
        if is_known(user_id):
            raise
        get_logger().info("user_is_no_more", user_id=user_id)
        instances().drop(user_id)
        remove_memory(user_id)


def _about(work: Work | RunChore | Nothing) -> dict[str, str]:
    """Return the ids for the log lines and records of this step: the action, and the request that placed it.

    They stay the same if another request has rung the lane since.
    """
    if isinstance(work, Nothing):
        return {}
    if isinstance(work, RunChore):
        return {"action": work.chore}
    about = {"action": work.step_kind, "action_id": work.action_id}
    return about | ({"request_id": work.request_id} if work.request_id else {})


def _step(user_id: str, work: Work | RunChore | Nothing) -> datetime | None:
    if isinstance(work, Nothing):
        return work.at
    with instances().use(user_id) as bot:
        try:
            bot.refresh(None if isinstance(work, RunChore) else work.snapshot.bot.version)
        except BotException as error:
            if error.name == "INSTAGRAM_UNREACHABLE":
                instances().forget_endpoint()
            if error.name == troubles.VAULT:
                troubles.refused_by_vault(user_id, error)
                return None
            if isinstance(work, RunChore):
                return outcomes.chore_failed(user_id, work.chore, error)
            return Step(user_id, work).fail(None, error)
        try:
            if isinstance(work, RunChore):
                return do_chore(work.chore, bot, instances())
            return run_step(bot, work)
        finally:
            bot.keep()
            if bot.outdated:
                hold_if_refused(bot.outdated)


def account_request(user_id: str, request_id: str) -> None:
    """Do a request that a person waits for: link, verify or test. Every end is recorded for them."""
    with _unless_erased(user_id):
        claimed = claim(user_id, request_id)
        if claimed is not None and still_mine():
            _answer(user_id, claimed)
        # Otherwise the lane was lost. Its next holder settles the request and tells the person.


def _answer(user_id: str, claimed: ClaimedRequest) -> None:
    try:
        match claimed:
            case ClaimedLink():
                _sign_in(user_id, claimed, claimed.device, claimed.chosen)
            case ClaimedImport():
                _import(user_id, claimed)
            case ClaimedVerification():
                _verify(user_id, claimed)
            case ClaimedSending():
                _send_code(user_id, claimed)
            case ClaimedSessionTest():
                _test(user_id, claimed)
            case ClaimedDryRun():
                _preview(user_id, claimed)
            case ClaimedCheck():
                with instances().use(user_id) as bot:
                    check(bot, claimed)
    except BotException as error:
        outcomes.failed(user_id, claimed, error)
        hold_if_refused(error)
    finally:
        if not isinstance(claimed, ClaimedDryRun | ClaimedCheck):
            instances().drop(user_id)


def _auth(claimed: ClaimedSignIn) -> InstagramAuth:
    manager = instances()
    # The address is asked again each time: the sandbox may have come back elsewhere, and a person waits for the answer.
    manager.forget_endpoint()
    timeout = runtime().config.instagram_timeout
    place = claimed.place.settings(now())
    return InstagramAuth(manager.endpoint(claimed.proxy), timeout=timeout, place=place, observe=count_unknown)


def _sign_in(user_id: str, claimed: ClaimedSignIn, device: str | None, chosen: ChosenPhone | None = None) -> None:
    if not claimed.password:
        # The account was linked by a session.
        raise BotException("SESSION_INVALID")
    auth = _auth(claimed)
    known = device or auth.new_device(chosen.hardware if chosen else None)
    # Before the first request: whatever becomes of it, the next try comes from the same phone.
    keep_device(user_id, claimed.username, known)
    if chosen:
        keep_place(user_id, claimed.username, chosen)
    _ask(user_id, claimed, auth, partial(auth.login, claimed.username, claimed.password, known))


def _import(user_id: str, claimed: ClaimedImport) -> None:
    """Prove an imported session by one read."""
    auth = _auth(claimed)
    known = claimed.device or auth.new_device(claimed.chosen.hardware)
    # Whatever Instagram answers, the next try comes from the same phone.
    keep_device(user_id, claimed.known_by, known)
    keep_place(user_id, claimed.known_by, claimed.chosen)
    try:
        answer = auth.adopt(claimed.instagram_session, known)
    finally:
        if auth.device:
            keep_device(user_id, claimed.known_by, auth.device)
    _record_linked(user_id, claimed, answer)
    rename_device(user_id, claimed.known_by, answer.username)


def _verify(user_id: str, claimed: ClaimedVerification) -> None:
    auth = _auth(claimed)
    _ask(user_id, claimed, auth, partial(auth.verify, claimed.username, claimed.password, claimed.state, claimed.code))


def _send_code(user_id: str, claimed: ClaimedSending) -> None:
    auth = _auth(claimed)
    _ask(user_id, claimed, auth, partial(auth.send_code, claimed.username, claimed.state, claimed.method))


def _ask(user_id: str, claimed: ClaimedSignIn, auth: InstagramAuth, question: Callable[[], Linked | NeedsCode]) -> None:
    """Asks Instagram and records its answer; one question may be followed by another (a challenge, then a code)."""
    try:
        answer = question()
    except NeedsApp as error:
        waiting = Question(VerificationKind.APP, error.sent_to, error.step.dump())
        outcomes.await_app_confirmation(user_id, claimed, error, waiting)
        return
    finally:
        if auth.device:
            keep_device(user_id, claimed.username, auth.device)
    if isinstance(answer, Linked):
        _record_linked(user_id, claimed, answer)
    else:
        kind = VerificationKind(answer.kind)
        waiting = Question(kind, answer.sent_to, answer.state, answer.method, answer.methods)
        outcomes.needs_code(user_id, claimed, waiting)


def _record_linked(user_id: str, claimed: ClaimedSignIn, answer: Linked) -> None:
    outcomes.linked(
        user_id,
        claimed,
        session_data=answer.session,
        instagram_id=answer.instagram_id,
        username=answer.username,
        trouble=answer.trouble,
    )


def _test(user_id: str, claimed: ClaimedSessionTest) -> None:
    """Test the stored session, or go on with the sign-in if it was to be confirmed in the app."""
    if claimed.instagram_session is not None:
        outcomes.tested(user_id, claimed, _auth(claimed).test_connection(claimed.instagram_session))
    elif claimed.state is not None:
        auth = _auth(claimed)
        _ask(user_id, claimed, auth, partial(auth.resume, claimed.username, claimed.password, claimed.state))
    elif claimed.device is not None:
        _sign_in(user_id, claimed, claimed.device)
    else:
        raise BotException("SESSION_INVALID")


def _preview(user_id: str, claimed: ClaimedDryRun) -> None:
    with instances().use(user_id) as bot:
        bot.refresh()
        candidates = preview(bot, claimed.action_kind, claimed.params)
        bot.keep()
    outcomes.previewed(user_id, claimed, candidates)


def request_abandoned(user_id: str, request_id: str) -> None:
    """Record a request that was cut off by the death of a worker or an unforeseen error. It is not repeated."""
    with _unless_erased(user_id):
        outcomes.abandoned(user_id, request_id)
