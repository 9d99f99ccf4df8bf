"""Challenges: Instagram wants a code from a mail or an SMS, or a step that only its own app can take."""

import json
import re
from urllib.parse import urlsplit

from bot.core.errors import BotException
from bot.storage.models.values import CodeMethod
from jobs.instagram.factory import QuietClient, settings_of
from jobs.instagram.people import Reply, as_object
from jobs.instagram.refusals import Call
from jobs.instagram.screens import unknown_step
from jobs.instagram.steps import NeedsApp, NeedsCode, Step, needs, sign_in_again
from jobs.instagram.translate import translate

CHALLENGE = "challenge"
_PATH = re.compile(r"challenge/[0-9]{1,20}/[^/]+/")
_CHOICES: dict[CodeMethod, str] = {"email": "1", "sms": "0"}
# A page without any of this leaves the app, where the owner sees what is asked.
_SAYS_NOTHING = (
    "INSTAGRAM_UNREADABLE",
    "INSTAGRAM_REFUSED",
    "INSTAGRAM_PERSON_NOT_FOUND",
    "INSTAGRAM_SIGN_IN_CHANGED",
)
# The fields that show the address or the number.
_SHOWN_AT: dict[CodeMethod, str] = {"email": "email", "sms": "phone_number"}
_CHOOSE = ("select_verify_method", "select_contact_point_recovery")
_SENT: dict[str, CodeMethod] = {
    "verify_email": "email",
    "verify_email_code": "email",
    "verify_phone": "sms",
    "verify_phone_code": "sms",
    "verify_sms": "sms",
    "verify_sms_code": "sms",
}
# Steps of the app alone that are known.
_IN_APP = ("delta_login_review", "selfie_captcha", "submit_phone", "add_birthday", "ufac_www_bloks", "scraping_warning")


def ask(client: QuietClient) -> NeedsCode:
    """Have the code of a challenge sent; `client.last_json` is the refusal that named it.

    Raises NeedsApp for each challenge that is answered in another way.
    """
    challenge = as_object(client.last_json.get("challenge"))
    path = _path_of(str(challenge.get("api_path") or ""))
    if not path or challenge.get("native_flow"):
        raise _in_app(client)
    try:
        form = client.private_request(path, params=_params(client, challenge, path), login=True)
    except Exception as error:
        failure = translate(error, Call("sign_in"), client.last_response)
        if failure.name not in _SAYS_NOTHING:
            raise failure from None
        unknown_step("INSTAGRAM_CONFIRM_IN_APP", [failure.name])
        raise _in_app(client) from None
    return _next(client, path, as_object(form))


def _next(client: QuietClient, path: str, form: Reply) -> NeedsCode:
    step, data = str(form.get("step_name")), as_object(form.get("step_data"))
    if step == "change_password":
        raise BotException("INSTAGRAM_NEW_PASSWORD_NEEDED", delivered="no")
    where = str(data.get("contact_point") or "")
    if method := _SENT.get(step) or _sent_by(data, where):
        return _needs(client, path, (method,), method, where)
    methods = tuple(method for method in _SHOWN_AT if data.get(_SHOWN_AT[method])) if step in _CHOOSE else ()
    if not methods:
        if step not in _IN_APP:
            unknown_step("INSTAGRAM_CONFIRM_IN_APP", [step])
        raise _in_app(client)
    chosen = methods[0]
    client.private_request(path, {"choice": _CHOICES[chosen]}, login=True)
    return _needs(client, path, methods, chosen, str(data[_SHOWN_AT[chosen]]))


def _sent_by(data: Reply, where: str) -> CodeMethod | None:
    """Return the way of a code that the form of a step asks for, whatever its name; None if it asks for none."""
    if not where or "security_code" not in data:
        return None
    return "email" if "@" in where or data.get("form_type") == "email" else "sms"


def _needs(
    client: QuietClient, path: str, methods: tuple[CodeMethod, ...], method: CodeMethod, where: str
) -> NeedsCode:
    step = Step(CHALLENGE, path, settings_of(client), phone=where, method=method, methods=methods)
    return needs("challenge", step, where)


def _in_app(client: QuietClient) -> NeedsApp:
    return NeedsApp(sign_in_again(client))


def _path_of(api_path: str) -> str:
    path = urlsplit(api_path).path.removeprefix("/api").removeprefix("/v1").lstrip("/")
    return path if _PATH.fullmatch(path) else ""


def _params(client: QuietClient, challenge: Reply, path: str) -> dict[str, str]:
    _, user_id, nonce, _ = path.split("/")
    blank = {"step_name": "", "nonce_code": nonce, "user_id": int(user_id), "is_stateless": False}
    return {
        "guid": client.uuid,
        "device_id": client.android_device_id,
        "challenge_context": challenge.get("challenge_context") or json.dumps(blank),
    }


def answer(client: QuietClient, step: Step, code: str) -> NeedsCode | bool:
    """True: signed in. False: the way is free for the sign-in to be made again."""
    reply = client.private_request(step.token, {"security_code": code}, login=True)
    if reply.get("action") == "close":
        # With its session Instagram spares the password.
        return client.take_authorization()
    return _next(client, step.token, reply)


def send(client: QuietClient, step: Step, method: CodeMethod) -> NeedsCode:
    """Have the code sent once more, or by the other way."""
    path = step.token.replace("challenge/", "challenge/replay/", 1)
    reply = client.private_request(path, {"choice": _CHOICES[method]}, login=True)
    data = reply.get("step_data") or {}
    where = str(data.get("contact_point") or (step.phone if method == step.method else ""))
    return _needs(client, step.token, tuple(step.methods), method, where)
