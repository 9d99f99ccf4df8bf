"""Addresses of pages that moved: a GET leads to the new page, a POST is refused and names it."""

from collections.abc import Callable

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from bot.actions.placing import FORMS as FORMS_OF_ACTIONS
from bot.core.errors import BotException
from middleware.access import require_role, signed_in

blueprint = Blueprint("moved", __name__)
Access = Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]
_ANY_KIND = "any({})".format(",".join(f"'{kind}'" for kind in FORMS_OF_ACTIONS))
PAGES = {
    "/automation": "/settings/connection",
    "/messages/<gone>": "/actions/<gone>",
    "/messages/<gone>/now": "/actions/<gone>/now",
    "/messages/<gone>/results.csv": "/actions/<gone>/results.csv",
    "/messages/<gone>/<gone_part>/again": "/actions/<gone>/<gone_part>/again",
    "/automation/bot": "/bot",
    "/automation/actions": "/actions",
    "/overview/now": "/now",
    "/activity": "/actions/log",
    "/messages": "/actions/new?what=send-messages",
    "/automation/export-session": "/settings/connection/export",
    "/automation/requests/<request_id>": "/settings/connection/requests/<request_id>",
    "/automation/unlink": "/settings/connection/unlink",
    "/profile": "/settings/profile",
    "/profile/change-password": "/settings/security/password",
    "/settings/do-not-contact": "/settings/lists/do-not-contact",
    "/settings/do-not-contact/<name>/remove": "/settings/lists/do-not-contact/<name>/remove",
    "/settings/proxy/remove": "/settings/connection/proxy/remove",
    "/admin/users": "/admin/people",
    "/admin/users/<user_id>": "/admin/people/<user_id>",
    "/admin/users/<user_id>/limits": "/admin/people/<user_id>/limits",
    "/admin/users/<user_id>/disable": "/admin/people/<user_id>/disable",
    "/admin/users/<user_id>/erase": "/admin/people/<user_id>/erase",
    "/admin/users/<user_id>/second-factor": "/admin/people/<user_id>/second-factor",
    "/admin/sessions": "/admin/people/sign-ins",
    "/admin/sessions/<sign_in_id>/end": "/admin/people/sign-ins/<sign_in_id>/end",
    "/admin/do-not-contact": "/admin/limits/never-contacted",
    "/admin/do-not-contact/<name>/remove": "/admin/limits/never-contacted/<name>/remove",
    "/admin/lanes": "/admin/health",
    "/admin/lanes/of": "/admin/health/of",
    "/admin/lanes/<user_id>": "/admin/people/<user_id>/queue",
    "/admin/mails": "/admin/health/e-mails",
    "/admin/instagram-client": "/admin/health/instagram",
    "/admin/instagram-client/release": "/admin/health/instagram/release",
    "/admin/restore": "/admin/health/restores",
    "/admin/restore/release": "/admin/health/restores/release",
}
"""Addresses that are read, with those of today. Parts in `<…>` are taken over."""
PAGES_OF_A_KIND = {"/automation": "/actions/new?what=<kind>"}
"""Those that lead elsewhere if the query names a kind of action."""
FORMS = {
    "/messages/<gone>/<gone_part>": "/actions/<gone>",
    "/automation/start": "/bot/start",
    "/automation/stop": "/bot/stop",
    f"/automation/<{_ANY_KIND}:kind>": "/actions/new?what=<kind>",
    f"/automation/<{_ANY_KIND}:kind>/preview/<uuid:gone>": "/actions/new?what=<kind>",
    "/messages": "/actions/new?what=send-messages",
    "/messages/preview": "/actions/new?what=send-messages",
    "/admin/users": "/admin/people",
    "/admin/users/<user_id>": "/admin/people/<user_id>",
    "/admin/users/<user_id>/limits": "/admin/people/<user_id>/limits",
    "/admin/users/<user_id>/disable": "/admin/people/<user_id>/disable",
    "/admin/users/<user_id>/enable": "/admin/people/<user_id>",
    "/admin/users/<user_id>/reset-password": "/admin/people/<user_id>",
    "/admin/users/<user_id>/erase": "/admin/people/<user_id>/erase",
    "/admin/users/<user_id>/second-factor": "/admin/people/<user_id>/second-factor",
    "/admin/sessions/<sign_in_id>/end": "/admin/people/sign-ins/<sign_in_id>/end",
    "/admin/sessions/clean-up": "/admin/people/sign-ins",
    "/admin/do-not-contact": "/admin/limits/never-contacted",
    "/admin/do-not-contact/<name>/remove": "/admin/limits/never-contacted/<name>/remove",
    "/admin/instagram-client/release": "/admin/health/instagram/release",
    "/admin/restore/release": "/admin/health/restores/release",
    "/automation/export-session": "/settings/connection/export",
    "/automation/import-session": "/settings/connection/import",
    "/automation/link": "/settings/connection/link",
    "/automation/send-code": "/settings/connection",
    "/automation/test": "/settings/connection",
    "/automation/unlink": "/settings/connection/unlink",
    "/automation/verify": "/settings/connection",
    "/profile/change-password": "/settings/security/password",
    "/profile/devices/<device_id>": "/settings/profile",
    "/settings/do-not-contact": "/settings/lists/do-not-contact",
    "/settings/do-not-contact/<name>/remove": "/settings/lists/do-not-contact",
    "/settings/hours": "/settings/schedule",
    "/settings/pace": "/settings/limits",
    "/settings/people": "/settings/lists",
    "/settings/proxy": "/settings/connection/proxy",
    "/settings/proxy/remove": "/settings/connection/proxy",
}
"""Old addresses of forms, with the page that has the form today. Nothing is done there."""


def _filled(address: str, parts: dict[str, object]) -> str:
    for name, value in parts.items():
        address = address.replace(f"<{name}>", str(value))
    return address


def _access(old: str) -> Access:
    """Return who may ask for an old address: those who may open the new one."""
    return require_role("admin") if old.startswith("/admin/") else signed_in


def _page(old: str, new: str) -> Callable[..., ResponseReturnValue]:
    @_access(old)
    def lead(**parts: object) -> ResponseReturnValue:
        if (kind := request.args.get("kind")) in FORMS_OF_ACTIONS and old in PAGES_OF_A_KIND:
            return redirect(_filled(PAGES_OF_A_KIND[old], {"kind": kind}), 302)
        query = request.query_string.decode()
        place, mark, part = _filled(new, parts).partition("#")
        if query:
            place += f"{'&' if '?' in place else '?'}{query}"
        return redirect(f"{place}{mark}{part}", 302)

    return lead


def _form(old: str, new: str) -> Callable[..., ResponseReturnValue]:
    @_access(old)
    def refuse(**parts: object) -> ResponseReturnValue:
        page = _filled(new, parts)
        raise BotException("PAGE_MOVED", remedy=f"Nothing was done. Open {page} and send the form there.", page=page)

    return refuse


for _number, (_old, _new) in enumerate(PAGES.items()):
    blueprint.add_url_rule(_old, f"page_{_number}", _page(_old, _new))
for _number, (_old, _new) in enumerate(FORMS.items()):
    blueprint.add_url_rule(_old, f"form_{_number}", _form(_old, _new), methods=["POST"])
