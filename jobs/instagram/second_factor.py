"""The second factor of an account: which ways it has, the answer by one of them, and a code sent again."""

import re
from dataclasses import replace
from uuid import uuid4

from instagrapi.mixins.bloks import AP_2SV_ENTRYPOINT

from bot.core.errors import BotException
from bot.storage.models.values import CodeMethod
from jobs.instagram import mailed_code, screens
from jobs.instagram.factory import QuietClient, settings_of
from jobs.instagram.people import Reply, as_object
from jobs.instagram.screens import METHODS, Screen
from jobs.instagram.steps import NeedsApp, NeedsCode, Step, needs, sign_in_again

SCREENS, OLDER = "two_factor", "older_two_factor"
BACKUP_CODE_DIGITS = 8
_NAMES = {ours: theirs for theirs, ours in METHODS.items()}
# A way that costs no message comes before one that does, and a code before an approval.
_RANK: tuple[CodeMethod, ...] = ("app", "sms", "whatsapp", "backup_code", "device")
# How the older second factor numbers its ways.
_NUMBERS = {"sms": "1", "backup_code": "2", "app": "3", "device": "4", "whatsapp": "6"}
_APPROVED = 1
_IS_A_NUMBER = re.compile(r"\d{2,4}")


def ask(client: QuietClient, context: str) -> NeedsCode:
    """Open the screens of the second factor as the app does. The answer then needs no password."""
    client.bloks_two_step_verification_entrypoint(context)
    found, chosen = Screen(client.bloks_two_step_verification_method_picker(context)).offered()
    methods = tuple(method for method in _RANK if method in found)
    step = Step(SCREENS, context, settings_of(client), methods=methods)
    if chosen is not None and chosen != "device":
        # A message was sent as the screen opened.
        return needs("two_factor", replace(step, method=chosen))
    return send(client, step, methods[0] if methods else "app")


def send(client: QuietClient, step: Step, method: CodeMethod) -> NeedsCode:
    """Choose a method, which has its code sent: for the first time or once more."""
    client.bloks_two_step_verification_select_method(step.token, selected_method=_NAMES[method])
    if method == "device":
        # The approval lets the same device in with the password.
        raise NeedsApp(sign_in_again(client), method="device")
    if method == "backup_code":
        client.bloks_two_step_verification_enter_backup_code(step.token)
    return needs("two_factor", replace(step, method=method, settings=settings_of(client)))


def answer(client: QuietClient, step: Step, code: str) -> NeedsCode | bool:
    """Answer the screens. Raises INSTAGRAM_WRONG_CODE only where Instagram says so."""
    method = step.method or "app"
    if len(code) == BACKUP_CODE_DIGITS and method != "backup_code":
        method = "backup_code"
        send(client, step, method)
    reply = client.bloks_two_step_verification_verify_code(step.token, code, challenge=_NAMES[method])
    return signed_in(client, reply)


def signed_in(client: QuietClient, reply: Reply) -> NeedsCode | bool:
    """Whether the screen that follows a code lets in; it may ask for a code by mail as well."""
    if client.bloks_apply_login_response(reply):
        return True
    if client.bloks_extract_context_data(reply, AP_2SV_ENTRYPOINT):
        return mailed_code.ask_next(client, reply)
    raise screens.after_code(Screen(reply))


def ask_older(client: QuietClient) -> NeedsCode:
    """Read the demand of the older sign-in, which `client.last_json` is."""
    return _older(client, as_object(client.last_json.get("two_factor_info")))


def _older(client: QuietClient, info: Reply) -> NeedsCode:
    flags = {
        "app": "totp_two_factor_on",
        "sms": "sms_two_factor_on",
        "whatsapp": "whatsapp_two_factor_on",
        "device": "pending_trusted_notification",
    }
    methods = tuple(method for method in _RANK if info.get(flags.get(method, "")))
    step = Step(
        OLDER,
        str(info.get("two_factor_identifier") or ""),
        settings_of(client),
        nonce=str(info.get("trusted_notification_polling_nonce") or ""),
        phone=_phone_of(info),
        method=methods[0] if methods else None,
        methods=methods,
    )
    if step.method == "device":
        raise NeedsApp(step, method="device")
    return needs("two_factor", step, step.phone)


def _phone_of(info: Reply) -> str:
    """Instagram shows the last digits alone, or the number with most of it hidden."""
    shown = str(info.get("obfuscated_phone_number_2") or info.get("obfuscated_phone_number") or "")
    return f"the number that ends in {shown}" if _IS_A_NUMBER.fullmatch(shown) else shown


def answer_older(client: QuietClient, step: Step, code: str) -> NeedsCode | bool:
    """Submit a code to the older second factor, without the password. Return True: signed in."""
    is_backup = len(code) == BACKUP_CODE_DIGITS
    _enter_older(client, step, code, "backup_code" if is_backup else step.method or "app")
    return True


def approve(client: QuietClient, step: Step) -> None:
    """Go on where the owner has approved on another device. Raises NeedsApp while they have not."""
    form = {
        "two_factor_identifier": step.token,
        "username": client.username,
        "device_id": client.android_device_id,
        "trusted_notification_polling_nonces": f'["{step.nonce}"]',
    }
    reply = client.private_request("two_factor/check_trusted_notification_status/", form, login=True)
    if reply.get("review_status") != _APPROVED:
        raise NeedsApp(step, method="device")
    _enter_older(client, step, "", "device")


def _enter_older(client: QuietClient, step: Step, code: str, method: CodeMethod) -> None:
    form = {
        "verification_code": code,
        "phone_id": client.phone_id,
        "_csrftoken": client.token,
        "two_factor_identifier": step.token,
        "username": client.username,
        "trust_this_device": "1",
        "guid": client.uuid,
        "device_id": client.android_device_id,
        "waterfall_id": str(uuid4()),
        "verification_method": _NUMBERS[method],
    }
    client.private_request("accounts/two_factor_login/", form, login=True)
    if not client.take_authorization():
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no session")


def send_older(client: QuietClient, step: Step, method: CodeMethod) -> NeedsCode:
    if method == "device":
        raise NeedsApp(step, method="device")
    chosen = replace(step, method=method)
    if method not in ("sms", "whatsapp"):
        return needs("two_factor", chosen)
    form = {
        "two_factor_identifier": step.token,
        "username": client.username,
        "guid": client.uuid,
        "device_id": client.android_device_id,
        "_csrftoken": client.token,
    }
    reply = client.private_request(f"accounts/send_two_factor_login_{method}/", form, login=True)
    info = as_object(reply.get("two_factor_info"))
    token = str(info.get("two_factor_identifier") or step.token)
    return needs("two_factor", replace(chosen, token=token, settings=settings_of(client)), step.phone)
