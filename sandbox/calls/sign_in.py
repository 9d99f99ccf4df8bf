"""Signing in with a name and a password, and the codes that Instagram may ask for on the way."""

from sandbox.accounts import EXPIRED_CODE, Account
from sandbox.calls import bloks
from sandbox.calls.device import check_prepared
from sandbox.refusals import challenge_required
from sandbox.routing import Call, Table
from sandbox.wire import Json, Refused, Reply, Request, parse_object, text_at
from sandbox.world import World

CODE_WRONG = "Please check the code we sent you and try again."
CODE_EXPIRED = "This code has expired. Please request a new one."

AT_SIGN_IN = "com.bloks.www.ap.two_step_verification"
TWO_STEP = "com.bloks.www.two_step_verification"

table = Table()


def _parameters(request: Request) -> Json:
    return parse_object(text_at(request.form, "params"))


def _contact_point(world: World, request: Request) -> Account | None:
    return world.accounts.named(text_at(_parameters(request), "client_input_params", "contact_point"))


def _at_sign_in(world: World, request: Request) -> Account | None:
    return world.in_context(text_at(_parameters(request), "server_params", "context_data"))


def _two_step(world: World, request: Request) -> Account | None:
    context = text_at(_parameters(request), "server_params", "two_step_verification_context")
    return world.in_context(context)


@table.post(bloks.path(f"{bloks.SIGN_IN}.async.send_login_request"), "login", public=True, who=_contact_point)
def send_login_request(call: Call) -> Reply:
    parameters = _parameters(call.request)
    check_prepared(call, text_at(parameters, "client_input_params", "aac"))
    account, world = call.claimed, call.world
    sent = text_at(parameters, "client_input_params", "password")
    if account is None or world.password_key.decrypt(sent) != account.password:
        return bloks.back_to_legacy()
    if account.behaviour.sign_in == "two_factor":
        context = world.open_context(account)
        return bloks.next_step(f"{TWO_STEP}.entrypoint", two_step_verification_context=context)
    if account.behaviour.sign_in == "challenge_at_sign_in" and account.id not in world.state.solved:
        return bloks.next_step(f"{AT_SIGN_IN}.entrypoint_async", context_data=world.open_context(account))
    check_no_challenge(world, account)
    return bloks.logged_in(world, account)


@table.post(bloks.path(f"{AT_SIGN_IN}.entrypoint_async"), "code_entry", public=True, who=_at_sign_in)
def mail_code(call: Call) -> Reply:
    account = _owner(call)
    call.world.record(account, "code_sent", account.email)
    return bloks.next_step(f"{AT_SIGN_IN}.code_entry", context_data=call.world.open_context(account))


@table.post(bloks.path(f"{AT_SIGN_IN}.code_entry"), "code_entry", public=True, who=_at_sign_in)
def open_code_entry(call: Call) -> Reply:
    context = call.world.open_context(_owner(call))
    return bloks.next_step(f"{AT_SIGN_IN}.code_entry_async", context_data=context)


@table.post(bloks.path(f"{AT_SIGN_IN}.code_entry_async"), "code", public=True, who=_at_sign_in)
def enter_mailed_code(call: Call) -> Reply:
    account = _owner(call)
    problem = problem_with(account, text_at(_parameters(call.request), "client_input_params", "code"))
    if problem:
        return bloks.dialog(problem)
    call.world.solve(account)
    return bloks.logged_in(call.world, account)


@table.post(bloks.path(f"{TWO_STEP}.verify_code.async"), "two_factor", public=True, who=_two_step)
def enter_two_factor_code(call: Call) -> Reply:
    account = _owner(call)
    problem = problem_with(account, text_at(_parameters(call.request), "client_input_params", "code"))
    return bloks.dialog(problem) if problem else bloks.logged_in(call.world, account)


@table.post(bloks.path(f"{TWO_STEP}.entrypoint"), "two_factor_screen", public=True, who=_two_step)
@table.post(bloks.path(f"{TWO_STEP}.method_picker"), "two_factor_screen", public=True, who=_two_step)
@table.post(bloks.path(f"{TWO_STEP}.method_picker.navigation.async"), "two_factor_screen", public=True, who=_two_step)
def two_factor_screen(_: Call) -> Reply:
    return bloks.screen()


def check_no_challenge(world: World, account: Account) -> None:
    """Refuses where the account must first answer a challenge, by mail or on the phone."""
    kind = account.behaviour.sign_in
    if kind in ("challenge_email", "challenge_phone_only") and account.id not in world.state.solved:
        raise challenge_required(world, account, on_phone=kind == "challenge_phone_only")


def problem_with(account: Account, code: str) -> str:
    """What Instagram says about a code; empty where it is the right one."""
    if code == EXPIRED_CODE:
        return CODE_EXPIRED
    return "" if code == account.code else CODE_WRONG


def _owner(call: Call) -> Account:
    if call.claimed is None:
        raise Refused(400, "Invalid parameters")
    return call.claimed
