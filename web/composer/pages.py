"""/actions/new: the form of an action, its estimate and matches, and the start."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from bot.actions import placing
from bot.actions.control import Progress
from bot.actions.placing import FORMS, NewAction
from bot.actions.schedules import check_start
from bot.automation import lifecycle
from bot.automation.status import BotReport, bot_report
from bot.core.errors import BotException
from bot.decision.kinds import STEP_KIND
from bot.forecast.forecast import Wanted
from bot.linking import requests
from bot.linking.requests import Answer
from bot.messages import drafts, sending
from bot.plans.placing import NewPlan
from bot.recipients.reading import MAX_ACCEPTED
from bot.settings.preferences import settings_report
from bot.storage.costly import uploaded
from bot.storage.models import MAX_ACTION_NAME, Action
from middleware.access import me, signed_in
from web import labels, local_time, people_lists
from web.composer import estimates, fields, matches, obstacles, plan_form, plan_parts, recipients, texts
from web.composer.estimates import Estimate
from web.composer.fields import Values
from web.composer.kinds import KINDS, MESSAGES, PLAN
from web.composer.matches import Matches
from web.failures import shown_on
from web.panel import own_report

blueprint = Blueprint("composer", __name__)
MAX_NAMES_SHOWN = 100
"""Names shown of the people skipped for one reason."""
PREVIEWS = 3
PEOPLE_SHOWN = 5
# Longer addresses are cut by servers and logs. Such a form is not kept across a reload.
_MAX_ADDRESS = 1500
_READING = ("web.composer.start", "web.composer.preview", "web.composer.check_people")


@blueprint.url_value_preprocessor
def _take_long_lists(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit before anything reads the form: the check of its token does."""
    request.max_content_length = request.max_form_memory_size = recipients.MAX_SENT


def page(
    *,
    failure: BotException | None = None,
    found: Matches | None = None,
    pending: Answer | None = None,
    changed: bool = False,
    **_: Any,
) -> str:
    """Return the whole page of the kind that the request names, with what was typed.

    `found` are matches, `pending` a search for them that takes long. `changed`: nothing was started, because people or
    text changed after their preview. The form holds an idempotency key, so that sending it twice places one action.
    """
    kind = fields.chosen_kind()
    values = _with_people(fields.shown_values())
    report = own_report()
    return render_template(
        "new_action.html",
        failure=failure,
        kinds=KINDS,
        what=kind,
        most=placing.MAX_PER_ACTION,
        name_length=MAX_ACTION_NAME,
        values=values,
        filters=fields.shown_filters(kind),
        defaults=settings_report(me().id).filters,
        report=report,
        obstacle=obstacles.obstacle(kind, report),
        found=found,
        pending=pending,
        changed=changed,
        key=uuid4(),
        **_described(kind, values, report),
        **_of_messages(kind, values, failure),
        **plan_parts.shown(kind, values),
    )


def _with_people(values: Values) -> Values:
    """Return the values with the list as it was read."""
    reading = g.get("reading")
    if reading is None:
        return values
    read = {"recipients": reading.typed, "full_names": reading.full_names}
    return MultiDict([*(pair for pair in values.items(multi=True) if pair[0] not in read), *read.items()])


def _of_messages(kind: str, values: Values, failure: BotException | None) -> dict[str, Any]:
    if kind != MESSAGES:
        return {}
    return {
        "reading": g.get("reading"),
        "shown": g.get("shown"),
        "going": _going(values),
        "has_texts": g.get("has_texts", False),
        **people_lists.question_of(failure),
        "mark": recipients.mark_of(values),
        "most_shown": MAX_NAMES_SHOWN,
        "first_texts": PREVIEWS,
        "people_shown": PEOPLE_SHOWN,
        "counter": texts.counted(values.get("message", "")),
        "inserts": texts.INSERTS,
    }


def _described(kind: str, values: Values, report: BotReport) -> dict[str, Any]:
    """Return the action that the fields describe now, in words, with its estimate if the request is for one."""
    amount = _going(values) if kind == MESSAGES else fields.amount_of(kind, values)
    most = MAX_ACCEPTED if kind == MESSAGES else placing.MAX_PER_ACTION
    countable = amount is not None and 0 < amount <= most
    plan = plan_parts.planned(values) if kind == PLAN else None
    if kind == PLAN:
        countable = countable and plan is not None
    told: Estimate | None = None
    if countable and amount and request.endpoint == "web.composer.estimate":
        start_at = _start(values)
        wanted = replace(Wanted.of_plan(plan), start_at=start_at) if plan else Wanted(kind, amount, start_at)
        told = estimates.estimate(wanted, searched=estimates.finds(kind, values.get("whose")))
    first = plan.steps[0].do if plan else STEP_KIND.get(kind)
    return {
        "estimate": told,
        "countable": countable,
        "limit": estimates.limit_of(first, report) if first else "",
        "no_steps": plan_parts.no_steps(plan, report) if plan else [],
        "sentence": plan_parts.sentence(plan) if plan else _sentence(kind, values, amount if countable else None),
    }


def _going(values: Values) -> int | None:
    """Return how many people of the list get a message, as far as the list was read."""
    if shown := g.get("shown"):
        return len(shown.recipients.accepted) - len(shown.left_out)
    if request.endpoint in _READING:
        # The list was refused, so what an earlier one came to no longer holds.
        return None
    text = values.get("going", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _start(values: Values) -> datetime | None:
    """Return the start that the form names; None, as soon as possible, while it names none that may be."""
    try:
        start_at = datetime.fromisoformat(local_time.from_field(values.get("start_at", "").strip()))
        check_start(start_at)
    except (ValueError, BotException):
        return None
    return start_at


def _sentence(kind: str, values: Values, amount: int | None) -> str:
    """Return the title that the action would get; empty while the form is not complete."""
    if kind == MESSAGES:
        return labels.description(Action(kind=kind, params={}, total=amount)) if amount else ""
    if kind == PLAN:
        return ""
    try:
        params = fields.read(kind, values).model_dump()
    except BotException:
        return ""
    names = params.get("usernames")
    return labels.description(Action(kind=kind, params=params, total=amount, listed=names is not None))


@blueprint.get("/actions/new")
@signed_in
def show() -> str:
    for name, plan in (("repeat", False), ("duplicate", True)):
        if action_id := request.args.get(name):
            return _filled(action_id, plan=plan)
    return page()


def _filled(action_id: str, *, plan: bool) -> str:
    """Return the page filled from an own action. Raises ACTION_NOT_FOUND."""
    found = drafts.draft(me().id, action_id)
    if found.kind == PLAN and plan_form.fill(found.params) is None:
        return plan_parts.as_json(found)
    fields.show_values({"what": found.kind, **fields.of_draft(found, plan=plan)}.items())
    if found.kind == MESSAGES:
        recipients.of_draft(found)
    return page()


@blueprint.post("/actions")
@signed_in
@shown_on(page)
def start() -> ResponseReturnValue:
    kind, key = fields.chosen_kind(), fields.idempotency_key()
    if kind != MESSAGES:
        with fields.once_a_form():
            accept: Callable[[str, Any, str | None], Progress] = plan_form.place if kind == PLAN else FORMS[kind].accept
            progress = accept(me().id, fields.read(kind), key)
    else:
        with uploaded(me().id, request.content_length or 0):
            params, people = recipients.read_all()
            if request.form.get("previewed") != recipients.mark_of(request.form):
                recipients.look(params, people)
                return page(changed=True)
            with fields.once_a_form():
                progress = sending.send_messages(me().id, params, people, key)
    flash(f"Action added: {labels.title(progress.action)}.")
    return redirect(url_for("web.actions.show", action_id=progress.action.id), 303)


@blueprint.post("/actions/new/preview")
@signed_in
@shown_on(page)
def preview() -> ResponseReturnValue:
    """Show the matches of an action, or the texts of a message. Matches are asked of Instagram, by a worker."""
    kind = fields.chosen_kind()
    if kind != MESSAGES:
        params = fields.read(kind)
        if isinstance(params, NewPlan):
            return _previewed(kind, params, plan_form.dry_run(me().id, params))
        return _previewed(kind, params, placing.dry_run(me().id, kind, params))
    with uploaded(me().id, request.content_length or 0):
        recipients.look(*recipients.read_all())
        return page()


@blueprint.post("/actions/new/preview/<uuid:request_id>")
@signed_in
@shown_on(page)
def wait(request_id: UUID) -> ResponseReturnValue:
    """Poll a search that takes long. The form travels along and is there when it ends."""
    kind = fields.chosen_kind()
    return _previewed(kind, fields.read(kind), requests.get_request(me().id, str(request_id)))


def _previewed(kind: str, params: NewAction, answer: Answer) -> ResponseReturnValue:
    if answer.pending:
        return page(pending=answer), 202
    candidates: Any = answer.result.get("candidates", [])
    response = make_response(page(found=matches.matches_of(kind, params, candidates)))
    response.headers["HX-Replace-Url"] = _address(kind, params)
    return response


def _address(kind: str, params: NewAction) -> str:
    """Return the address at which a reload shows the same fields."""
    base = url_for("web.composer.show", what=kind)
    sent = fields.of_params(params.model_dump(exclude={"dry_run"}, exclude_none=True))
    whole = f"{base}&{urlencode(sent)}"
    return whole if len(whole) <= _MAX_ADDRESS else base


@blueprint.post("/actions/new/people")
@signed_in
@shown_on(page)
def check_people() -> ResponseReturnValue:
    """Read the list, and show who gets a message. A text that is there is previewed as well."""
    with uploaded(me().id, request.content_length or 0):
        if request.form.get("message", "").strip():
            recipients.look(*recipients.read_all())
        else:
            recipients.look_at_people()
        return page()


@blueprint.post("/actions/new/text")
@signed_in
@shown_on(page)
def insert() -> ResponseReturnValue:
    """Add the chosen placeholder to the text."""
    added = texts.with_placeholder(request.form.get("message", ""), request.form.get("insert", ""))
    kept = [pair for pair in request.form.items(multi=True) if pair[0] not in ("message", "insert")]
    fields.show_values([*kept, ("message", added), ("inserted", "true")])
    return _with_file()


@blueprint.post("/actions/new/turn-on")
@signed_in
@shown_on(page)
def turn_on() -> ResponseReturnValue:
    """Turn the bot on and show the same form with what was typed."""
    lifecycle.start(me().id)
    flash("Your bot is on.")
    return _with_file()


def _with_file() -> str:
    """Return the page with the people of a file that was chosen, because no page can keep the file itself."""
    if (file := request.files.get("file")) and file.filename:
        with uploaded(me().id, request.content_length or 0):
            recipients.look_at_people()
            return page()
    return page()


@blueprint.post("/actions/new/estimate")
@signed_in
@shown_on(page)
def estimate() -> ResponseReturnValue:
    """Return the estimate of the fields as they are. A browser with scripts asks for the fragment as one types."""
    if "HX-Request" not in request.headers:
        return _with_file()
    kind, values = fields.chosen_kind(), fields.shown_values()
    old = recipients.mark_of(values) != values.get("previewed") if kind == MESSAGES else matches.are_old(kind, values)
    return render_template(
        "_new_action_estimate.html",
        what=kind,
        values=values,
        old=old and bool(values.get("previewed")),
        counter=texts.counted(values.get("message", "")) if kind == MESSAGES else None,
        live=True,
        **plan_parts.shown(kind, values),
        **_described(kind, values, bot_report(me().id)),
    )
