"""Bloks, Instagram's language for server-made screens, as far as a sign-in uses it."""

import base64
import json
import re

from sandbox.accounts import Account
from sandbox.calls.shapes import full_person
from sandbox.wire import Json, Reply, ok
from sandbox.world import BEARER, World

SIGN_IN = "com.bloks.www.bloks.caa.login"
# A screen is 100 KB and more, most of it layout.
FILLING = json.dumps([{"bk.components.Flexbox": {"id": f"{number:032x}", "style": "flex"}} for number in range(1_400)])


def path(app: str) -> str:
    """Return the path of an app, for the table of calls. Clients open some apps as a page and some as an action."""
    return f"bloks/(?:apps|async_action)/{re.escape(app)}/"


def screen(action: str = "", *data: Json) -> Reply:
    """Return a screen with a program to run, named data next to it, and a layout that clients ignore."""
    return ok(layout={"bloks_payload": {"data": list(data), "tree": {"markup": FILLING}, "action": action}})


def next_step(app: str, **context: str) -> Reply:
    """Send the client on to another app, with a context that it must return."""
    names = " ".join(json.dumps(name) for name in context)
    values = " ".join(json.dumps(value) for value in context.values())
    parameters = f'(f4i (dkc "server_params") (dkc (f4i (dkc {names}) (dkc {values}))))'
    return screen(f'(bk.action.bloks.AsyncActionWithDataManifestV2 "{app}" {parameters})')


def dialog(text: str) -> Reply:
    return screen(f"(bk.action.dialog.OpenDialog {json.dumps(text)})")


def back_to_legacy() -> Reply:
    """Refuse without a reason. The client then asks the old endpoint, which gives it."""
    return screen("(bk.action.core.TakeLast)", {"data": {"key": "CAA_LOGIN_FALLBACK:to_legacy"}})


def logged_in(world: World, account: Account) -> Reply:
    """Open a session and hand it over, packed twice as the client expects."""
    session = world.open_session(account)
    packed = {
        "login_response": json.dumps({"logged_in_user": full_person(world, account.person), "status": "ok"}),
        "headers": json.dumps(
            {
                "IG-Set-Authorization": bearer(account, session),
                "ig-set-ig-u-rur": f"CLN,{account.id},1",
                "x-ig-set-www-claim": "hmac.sandbox",
            }
        ),
        "cookies": f"Set-Cookie: sessionid={session}; Path=/",
    }
    twice = json.dumps(json.dumps(packed))
    return screen(f"(bk.action.caa.HandleLoginResponse, (bk.action.tree.Make, {twice}))")


def bearer(account: Account, session: str) -> str:
    value = json.dumps({"ds_user_id": account.id, "sessionid": session})
    return BEARER + base64.b64encode(value.encode()).decode()
