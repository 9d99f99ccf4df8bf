"""/admin/health/e-mails: mails and their delivery. /outbox: the mails of the demo."""

from flask import Blueprint, render_template, request

from bot.core.errors import find_code
from bot.mail import outbox as mail_outbox
from middleware.access import public, require_role, visitor

blueprint = Blueprint("mail", __name__)
PAGE_SIZE = 50
STATES = {
    "sent": ("Sent", "good"),
    "waiting": ("Waiting", "info"),
    "given_up": ("Not delivered", "bad"),
    "kept": ("In the outbox", ""),
}


@blueprint.get("/admin/health/e-mails")
@require_role("admin")
def show() -> str:
    found = mail_outbox.list_mails(PAGE_SIZE, request.args.get("cursor"))
    return render_template("admin/mails.html", found=found, states=STATES, missing=find_code("MAIL_NOT_CONFIGURED"))


@blueprint.get("/outbox")
@public
def outbox() -> str:
    return render_template("outbox.html", letters=mail_outbox.outbox(visitor(), request.host))
