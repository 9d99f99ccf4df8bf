"""New actions: the form of each kind, placing it, and the dry run."""

import re
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from bot.actions import placing
from bot.actions.placing import FORMS, NewAction
from bot.linking import requests
from bot.linking.requests import Answer
from middleware.access import me, signed_in
from web import automation, labels
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("orders", __name__)
_KEY = re.compile(r"[0-9a-f-]{36}")
_ANY_KIND = "any({})".format(",".join(f"'{kind}'" for kind in FORMS))


def _read(kind: str) -> NewAction:
    """Read the form as it was sent, without the parts that a choice has switched off."""
    off = {
        "filters.": request.form.get("whom") != "here",
        "usernames": request.form.get("whose") == "followed",
        "amount": request.form.get("whose") == "listed",
    }
    dropped = tuple(name for name, is_off in off.items() if is_off)
    sent = [(name, value) for name, value in request.form.items(multi=True) if not name.startswith(dropped or "\0")]
    return parse(FORMS[kind].params, MultiDict([pair for pair in sent if pair[0] not in ("whom", "whose")]))


@blueprint.post(f"/automation/<{_ANY_KIND}:kind>", endpoint="order")
@signed_in
@shown_on(automation.page)
def place(kind: str) -> ResponseReturnValue:
    params = _read(kind)
    if params.dry_run:
        return _previewed(kind, placing.dry_run(me().id, kind, params))
    key = request.form.get("idempotency_key", "")
    progress = FORMS[kind].accept(me().id, params, key if _KEY.fullmatch(key) else None)
    flash(f"Accepted: {labels.title(progress.action)}.")
    return redirect(url_for("web.automation.show", kind=kind), 303)


@blueprint.post(f"/automation/<{_ANY_KIND}:kind>/preview/<uuid:request_id>")
@signed_in
@shown_on(automation.page)
def wait(kind: str, request_id: UUID) -> ResponseReturnValue:
    """Poll a dry run that takes long. The form travels along and is there when the run ends."""
    return _previewed(kind, requests.get_request(me().id, str(request_id)))


def _previewed(kind: str, answer: Answer) -> ResponseReturnValue:
    if answer.pending:
        sent = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
        return render_template("waiting_preview.html", kind=kind, answer=answer, sent=sent), 202
    return automation.page(kind=kind, candidates=answer.result.get("candidates", []))
