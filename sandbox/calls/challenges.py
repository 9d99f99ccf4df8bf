"""Challenges: the owner has to confirm by a code from a mail, or on the phone."""

from sandbox.accounts import Account
from sandbox.calls import bloks
from sandbox.calls.shapes import full_person
from sandbox.routing import Call, Table
from sandbox.second_factors import problem_with
from sandbox.state import Challenge
from sandbox.wire import Json, Refused, Reply, Request, ok, text_at
from sandbox.world import World

# The client asks under /api/v1/. After it was told `verify_email` it answers under /api/.
PATH = r"/api/(?:v1/)?challenge/(\d+)/(\w+)/"
REPLAY = r"/api/v1/challenge/replay/(\d+)/(\w+)/"

table = Table()


def _named_in_path(world: World, _: Request, account_id: str, __: str) -> Account | None:
    return world.accounts.with_id(account_id)


@table.get(PATH, "challenge", public=True, who=_named_in_path)
def look(call: Call, _: str, nonce: str) -> Reply:
    account, challenge = _open(call, nonce)
    if challenge.code_sent:
        return _code_sent(account, challenge)
    if _by_phone(account):
        data = {"choice": "0", "phone_number": account.phone}
    else:
        data = {"choice": "1", "email": account.email}
    return _screen(account, challenge, "select_verify_method", data)


@table.post(PATH, "challenge", public=True, who=_named_in_path)
def answer(call: Call, _: str, nonce: str) -> Reply:
    account, challenge = _open(call, nonce)
    if "choice" in call.form:
        call.world.ask_for_code(account, _sent_to(account))
        return _code_sent(account, challenge)
    if problem := problem_with(account, text_at(call.form, "security_code")):
        raise Refused(400, problem)
    call.world.solve(account, by_code=True)
    return ok(action="close", logged_in_user=full_person(call.world, account.person))


@table.post(REPLAY, "challenge", public=True, who=_named_in_path)
def send_again(call: Call, _: str, nonce: str) -> Reply:
    account, challenge = _open(call, nonce)
    call.world.ask_for_code(account, _sent_to(account))
    return _code_sent(account, challenge)


@table.post("bloks/apps/com.instagram.challenge.navigation.take_challenge/", "challenge", public=True)
def take(_: Call) -> Reply:
    """Show the screens of newer apps. Nothing here leads to them."""
    return bloks.screen()


def _open(call: Call, nonce: str) -> tuple[Account, Challenge]:
    account = call.claimed
    challenge = account and call.world.state.challenges.get(account.id)
    if not account or not challenge or challenge.nonce != nonce:
        raise Refused(404, "This page isn't available")
    if account.behaviour.sign_in == "challenge_phone_only":
        raise Refused(400, "Confirm it's you in the Instagram app on your phone.")
    return account, challenge


def _by_phone(account: Account) -> bool:
    return account.behaviour.sign_in == "challenge_phone"


def _sent_to(account: Account) -> str:
    return account.phone if _by_phone(account) else account.email


def _code_sent(account: Account, challenge: Challenge) -> Reply:
    data: Json = {"security_code": "None", "contact_point": _sent_to(account)}
    if _by_phone(account):
        return _screen(account, challenge, "verify_phone", {**data, "form_type": "phone_number"})
    return _screen(account, challenge, "verify_email", {**data, "form_type": "email"})


def _screen(account: Account, challenge: Challenge, step: str, data: Json) -> Reply:
    return ok(
        step_name=step,
        step_data=data,
        flow_render_type=3,
        bloks_action="com.instagram.challenge.navigation.take_challenge",
        cni=int(account.id) * 1_000,
        challenge_context=bloks.FILLING,
        challenge_type_enum_str="SELECT_VERIFY_METHOD",
        nonce_code=challenge.nonce,
        user_id=int(account.id),
    )
