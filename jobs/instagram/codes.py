"""Codes that Instagram asks for at sign-in: have them sent, answer them later in another process."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from instagrapi.exceptions import ChallengeRequired, ClientError, ClientNotFoundError, LoginRequired, UnknownError
from instagrapi.mixins.bloks import AP_2SV_CODE_ENTRY_ASYNC, CAA_API_DOMAIN

from bot.core.errors import BotException
from jobs.instagram.factory import QuietClient, Settings, settings_of
from jobs.instagram.people import Reply
from jobs.instagram.refusals import Call
from jobs.instagram.translate import translate

Kind = Literal["two_factor", "challenge"]
AUTHENTICATOR = "your authenticator app"
BACKUP_CODE_DIGITS = 8
# The older second factor is answered by the whole sign-in again, with the code.
WHOLE_SIGN_IN = "whole_sign_in"
_BY_EMAIL = {"choice": "1"}


@dataclass(frozen=True)
class NeedsCode:
    """Instagram's demand for a code. `sent_to` is for people to read; `state` is JSON and a secret, for `verify`."""

    kind: Kind
    sent_to: str
    state: str = field(repr=False)


@dataclass(frozen=True, repr=False)
class Step:
    """The state of an interrupted sign-in: how to answer, the token of the question, the client's settings."""

    answer: str
    token: str
    settings: Settings
    access: str = ""


def load(state: str) -> Step:
    """Read a `state`. Raises INSTAGRAM_CODE_EXPIRED if it is not one of ours."""
    try:
        return Step(**json.loads(state))
    except (ValueError, TypeError):
        raise BotException("INSTAGRAM_CODE_EXPIRED", delivered="no", cause="state") from None


def _needs(kind: Kind, sent_to: str, step: Step) -> NeedsCode:
    return NeedsCode(kind, sent_to, json.dumps(asdict(step), separators=(",", ":")))


def ask_two_factor(client: QuietClient, context: str) -> NeedsCode:
    """Open the second-factor screen as the app does. The answer then needs no password."""
    if not context:
        info = client.last_json.get("two_factor_info") or {}
        sent_to = str(info.get("obfuscated_phone_number") or AUTHENTICATOR)
        return _needs("two_factor", sent_to, Step(WHOLE_SIGN_IN, "", settings_of(client)))
    client.bloks_two_step_verification_entrypoint(context)
    client.bloks_two_step_verification_method_picker(context)
    client.bloks_two_step_verification_select_method(context, selected_method="totp")
    return _needs("two_factor", AUTHENTICATOR, Step("two_factor", context, settings_of(client)))


def ask_at_sign_in(client: QuietClient) -> NeedsCode:
    """Keep the form of a code that Instagram has just sent. `client.last_json` is that form."""
    token = client.bloks_extract_context_data(client.last_json, AP_2SV_CODE_ENTRY_ASYNC)
    step = Step("at_sign_in", token, settings_of(client), client.caa_aac)
    return _needs("challenge", "the e-mail address of the account", step)


def ask_challenge(client: QuietClient) -> NeedsCode:
    """Have the code of a challenge sent by e-mail. `client.last_json` is the refusal that named it.

    Raises INSTAGRAM_CONFIRM_IN_APP for every challenge that is answered in another way.
    """
    challenge = client.last_json.get("challenge") or {}
    path = _challenge_path(str(challenge.get("api_path") or ""))
    if not path or challenge.get("native_flow"):
        raise BotException("INSTAGRAM_CONFIRM_IN_APP", delivered="no")
    form = client.private_request(path, params=_challenge_params(client, challenge, path), login=True)
    step, data = form.get("step_name"), form.get("step_data") or {}
    if step == "select_verify_method" and "email" in data:
        client.private_request(path, _BY_EMAIL, login=True)
        return _needs("challenge", str(data["email"]), Step("challenge", path, settings_of(client)))
    if step in ("verify_email", "verify_email_code"):
        sent_to = str(data.get("contact_point") or "")
        return _needs("challenge", sent_to, Step("challenge", path, settings_of(client)))
    raise BotException("INSTAGRAM_CONFIRM_IN_APP", delivered="no", step=str(step))


def _challenge_path(api_path: str) -> str:
    path = urlsplit(api_path).path.removeprefix("/api").removeprefix("/v1").lstrip("/")
    return path if path.startswith("challenge/") and path.count("/") == 3 else ""


def _challenge_params(client: QuietClient, challenge: Reply, path: str) -> dict[str, str]:
    _, user_id, nonce, _ = path.split("/")
    blank = {"step_name": "", "nonce_code": nonce, "user_id": int(user_id), "is_stateless": False}
    return {
        "guid": client.uuid,
        "device_id": client.android_device_id,
        "challenge_context": challenge.get("challenge_context") or json.dumps(blank),
    }


def submit(client: QuietClient, step: Step, code: str) -> bool:
    """Answer a code that needs no password. True: signed in. False: the way is free, sign in again.

    Raises INSTAGRAM_WRONG_CODE and INSTAGRAM_CODE_EXPIRED.
    """
    try:
        return _ANSWERS[step.answer](client, step, code)
    except ClientError as error:
        raise code_failure(error) from None


def code_failure(error: ClientError) -> BotException:
    """Return the meaning of a refusal that followed a code."""
    if isinstance(error, ClientNotFoundError | LoginRequired | ChallengeRequired):
        return BotException("INSTAGRAM_CODE_EXPIRED", delivered="no")
    if isinstance(error, UnknownError):
        words = f"{error.message} {getattr(error, 'error_type', '')}".lower()
        if "expired" in words or "invalid parameters" in words:
            return BotException("INSTAGRAM_CODE_EXPIRED", delivered="no")
        if "code" in words:
            return BotException("INSTAGRAM_WRONG_CODE", delivered="no")
    return translate(error, Call("code"))


def _answer_two_factor(client: QuietClient, step: Step, code: str) -> bool:
    method = "totp"
    if len(code) == BACKUP_CODE_DIGITS:
        method = "backup_codes"
        client.bloks_two_step_verification_select_method(step.token, selected_method=method)
        client.bloks_two_step_verification_enter_backup_code(step.token)
    return _signed_in(client, client.bloks_two_step_verification_verify_code(step.token, code, challenge=method))


def _answer_at_sign_in(client: QuietClient, step: Step, code: str) -> bool:
    client.caa_aac = step.access
    reply = client.bloks_ap_two_step_verification_submit_code(step.token, code, domain=CAA_API_DOMAIN)
    return _signed_in(client, reply)


def _signed_in(client: QuietClient, reply: Reply) -> bool:
    """Return whether the code was right. A wrong one comes back as a screen that says so, with status ok."""
    if client.bloks_apply_login_response(reply):
        return True
    expired = "expired" in json.dumps(reply).lower()
    raise BotException("INSTAGRAM_CODE_EXPIRED" if expired else "INSTAGRAM_WRONG_CODE", delivered="no")


def _answer_challenge(client: QuietClient, step: Step, code: str) -> bool:
    reply = client.private_request(step.token, {"security_code": code}, login=True)
    if reply.get("action") != "close":
        raise BotException("INSTAGRAM_CONFIRM_IN_APP", delivered="maybe", step=str(reply.get("step_name")))
    return False


_ANSWERS: dict[str, Callable[[QuietClient, Step, str], bool]] = {
    "two_factor": _answer_two_factor,
    "at_sign_in": _answer_at_sign_in,
    "challenge": _answer_challenge,
}
