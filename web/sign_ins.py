"""Settings › Security, and /admin/sessions: list and end sign-ins, your own or everyone's."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.auth import session_list
from middleware.access import me, require_role, signed_in, visitor
from web import action_text

PAGE_SIZE = 50

blueprint = Blueprint("sign_ins", __name__)
of_all = Blueprint("sign_ins_of_all", __name__)


def _to_security(news: str) -> ResponseReturnValue:
    flash(news)
    return redirect(url_for("web.sign_ins.security"), 303)


@blueprint.get("/settings/security")
@signed_in
def security() -> str:
    return render_template("settings/security.html", in_use=session_list.list_in_use(me()))


@blueprint.get("/settings/sign-ins")
@signed_in
def show() -> str:
    found = session_list.list_own(me(), PAGE_SIZE, request.args.get("cursor"))
    return render_template("settings/sign_ins.html", found=found)


@blueprint.post("/settings/sign-ins/<uuid:sign_in_id>/end")
@signed_in
def end(sign_in_id: UUID) -> ResponseReturnValue:
    session_list.end_own(me(), str(sign_in_id), visitor())
    return _to_security("That device is signed out.")


@blueprint.get("/settings/sign-ins/end-others")
@signed_in
def ask_end_others() -> str:
    others = [row for row in session_list.list_in_use(me()) if not row.current]
    return render_template("settings/sign_ins_end.html", others=others)


@blueprint.post("/settings/sign-ins/end-others")
@signed_in
def end_others() -> ResponseReturnValue:
    session_list.end_own_others(me(), visitor())
    return _to_security("You are signed out everywhere but here.")


@of_all.get("/admin/people/sign-ins")
@require_role("admin")
def show_all() -> str:
    found = session_list.list_all(me(), PAGE_SIZE, request.args.get("cursor"))
    return render_template("admin/sign_ins.html", found=found)


@of_all.get("/admin/people/sign-ins/<uuid:sign_in_id>/end")
@require_role("admin")
def ask_end_one(sign_in_id: UUID) -> str:
    return render_template("admin/sign_in_end.html", row=session_list.get_any(me(), str(sign_in_id)))


@of_all.post("/admin/people/sign-ins/<uuid:sign_in_id>/end")
@require_role("admin")
def end_one(sign_in_id: UUID) -> ResponseReturnValue:
    session_list.end_any(me(), str(sign_in_id), visitor())
    flash("The sign-in is ended.")
    return redirect(url_for("web.sign_ins_of_all.show_all"), 303)


@of_all.post("/admin/people/sign-ins/clean-up")
@require_role("admin")
def clean_up() -> ResponseReturnValue:
    flash(action_text.cleaned_up(session_list.clean_up_now(me(), visitor())))
    return redirect(url_for("web.sign_ins_of_all.show_all"), 303)
