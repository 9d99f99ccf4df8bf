"""Actions of every kind but messages: place one, or preview its first candidates."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import url_for
from flask.wrappers import Response
from pydantic import BaseModel

from api.accounts import ASKING, FOUND_NOTHING, SAID_NO, Candidates, Ended, Pending, rendered
from api.actions import ActionAnswer
from api.answers import accepted
from api.blueprint import also_returns, blueprint, raises
from api.idempotency import IdempotencyKey, mark_replayed
from bot.actions import placing
from bot.actions.control import Progress
from bot.actions.placing import FORMS, Form, NewAction
from bot.plans import placing as plans
from bot.plans.placing import NewPlan
from middleware.access import me, require_valid_session

bp = blueprint("orders", "New actions")
PLACING_ERRORS = ("BOT_STOPPED", "TOO_MANY_OPEN_ACTIONS", "IDEMPOTENCY_KEY_REUSED")
_LOOKING = (*ASKING, *FOUND_NOTHING, *SAID_NO)

View = TypeVar("View", bound=Callable[..., Any])


def placed(answer: BaseModel, progress: Progress) -> Response:
    """Return 202 with the path of the action's progress. A replay is marked as one."""
    response = accepted(answer, url_for("api.actions.show_action", action_id=progress.action.id))
    return mark_replayed(response) if progress.replayed else response


def _called(name: str, words: str | None) -> Callable[[View], View]:
    """Give a view the name and the docstring that the documentation shows."""

    def declare(view: View) -> View:
        view.__name__, view.__doc__ = name, words
        return view

    return declare


def _declare(kind: str, form: Form) -> None:
    """Declare the view of one kind of action."""

    @bp.post(f"/{kind}")
    @require_valid_session
    @bp.input(form.params)
    @bp.input(IdempotencyKey, location="headers")
    @bp.output(Candidates)
    @also_returns(202, ActionAnswer, Pending)
    @raises(*PLACING_ERRORS, *_LOOKING)
    @_called(kind.replace("-", "_"), form.params.__doc__)
    def place(json_data: NewAction, headers_data: IdempotencyKey) -> Candidates | Ended | Response:
        if json_data.dry_run:
            return rendered(placing.dry_run(me().id, kind, json_data))
        progress = form.accept(me().id, json_data, headers_data.key)
        return placed(ActionAnswer.of(progress), progress)


for _kind, _form in FORMS.items():
    _declare(_kind, _form)


@bp.post("")
@require_valid_session
@bp.input(NewPlan)
@bp.input(IdempotencyKey, location="headers")
@bp.output(Candidates)
@also_returns(202, ActionAnswer, Pending)
@raises(*PLACING_ERRORS, *_LOOKING, "TEXTS_ALIKE")
def place_plan(json_data: NewPlan, headers_data: IdempotencyKey) -> Candidates | Ended | Response:
    """Do steps for people or posts that come from one or more sources."""
    if json_data.dry_run:
        return rendered(plans.dry_run(me().id, json_data))
    progress = plans.place(me().id, json_data, headers_data.key)
    return placed(ActionAnswer.of(progress), progress)
