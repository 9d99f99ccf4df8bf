"""The code by mail that Instagram asks for in the middle of a sign-in, on screens of its own."""

from instagrapi.exceptions import ClientError
from instagrapi.mixins.bloks import AP_2SV_CODE_ENTRY, AP_2SV_CODE_ENTRY_ASYNC, AP_2SV_ENTRYPOINT, CAA_API_DOMAIN

from jobs.instagram.factory import QuietClient, settings_of
from jobs.instagram.people import Reply
from jobs.instagram.steps import NeedsApp, NeedsCode, Step, needs, sign_in_again

AT_SIGN_IN = "at_sign_in"
_WHERE = "the e-mail address of the account"


def ask(client: QuietClient) -> NeedsCode:
    """Keep the form of a code that Instagram has just sent; `client.last_json` is that form."""
    return _form(client, client.last_json, client.entry_context)


def ask_next(client: QuietClient, reply: Reply) -> NeedsCode:
    """The screen after another code leads here. Raises NeedsApp where that leads no further."""
    entry = client.bloks_extract_context_data(reply, AP_2SV_ENTRYPOINT)
    try:
        return _send(client, entry)
    except ClientError:
        # The code before it was taken: what fails now is no fault of it.
        raise NeedsApp(sign_in_again(client)) from None


def send(client: QuietClient, step: Step) -> NeedsCode:
    """Have the mail sent once more."""
    client.caa_aac = step.access
    return _send(client, step.entry)


def _send(client: QuietClient, entry: str) -> NeedsCode:
    opened = client.bloks_ap_two_step_verification_entrypoint(entry, domain=CAA_API_DOMAIN)
    context = client.bloks_extract_context_data(opened, AP_2SV_CODE_ENTRY)
    if not context:
        raise NeedsApp(sign_in_again(client))
    return _form(client, client.bloks_ap_two_step_verification_code_entry(context, domain=CAA_API_DOMAIN), entry)


def _form(client: QuietClient, reply: Reply, entry: str) -> NeedsCode:
    token = client.bloks_extract_context_data(reply, AP_2SV_CODE_ENTRY_ASYNC)
    if not token:
        raise NeedsApp(sign_in_again(client))
    step = Step(AT_SIGN_IN, token, settings_of(client), client.caa_aac, entry=entry, method="email", methods=("email",))
    return needs("challenge", step, _WHERE)


def answer(client: QuietClient, step: Step, code: str) -> Reply:
    client.caa_aac = step.access
    reply: Reply = client.bloks_ap_two_step_verification_submit_code(step.token, code, domain=CAA_API_DOMAIN)
    return reply
