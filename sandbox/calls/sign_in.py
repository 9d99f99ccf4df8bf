"""Sign-in with a name and a password, and the codes that Instagram may ask for on the way."""

import json

from sandbox import second_factors
from sandbox.accounts import Account
from sandbox.calls import bloks
from sandbox.calls.device import check_prepared
from sandbox.refusals import challenge_required
from sandbox.replies import reply_of
from sandbox.routing import Call, Table
from sandbox.second_factors import problem_with
from sandbox.wire import Json, Refused, Reply, Request, parse_object, text_at
from sandbox.world import World

AT_SIGN_IN = "com.bloks.www.ap.two_step_verification"
TWO_STEP = "com.bloks.www.two_step_verification"
ENTER_CODE = "com.bloks.www.two_factor_login.enter"

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
    if awaits_approval(world, account):
        second_factors.deliver(world, account, second_factors.APPROVAL)
        return reply_of("caa-approve-on-device")
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
    account, parameters = _owner(call), _parameters(call.request)
    method = text_at(parameters, "server_params", "challenge")
    code = text_at(parameters, "client_input_params", "code")
    problem = second_factors.problem_by(call.world, account, code, [method])
    return bloks.dialog(problem) if problem else bloks.logged_in(call.world, account)


@table.post(bloks.path(f"{TWO_STEP}.entrypoint"), "two_factor_screen", public=True, who=_two_step)
def two_factor_entry(call: Call) -> Reply:
    """Send a code right away if that is the way offered first."""
    account = _owner(call)
    second_factors.deliver(call.world, account, account.behaviour.methods[0])
    return _methods(account)


@table.post(bloks.path(f"{TWO_STEP}.method_picker"), "two_factor_screen", public=True, who=_two_step)
def method_picker(call: Call) -> Reply:
    return _methods(_owner(call))


@table.post(bloks.path(f"{TWO_STEP}.method_picker.navigation.async"), "two_factor_screen", public=True, who=_two_step)
def pick_method(call: Call) -> Reply:
    account = _owner(call)
    method = text_at(_parameters(call.request), "client_input_params", "selected_method")
    if method not in account.behaviour.methods:
        return bloks.dialog("This method isn't available for your account.")
    second_factors.deliver(call.world, account, method)
    return bloks.screen()


@table.post(bloks.path(f"{ENTER_CODE}_backup_code"), "two_factor_screen", public=True, who=_two_step)
@table.post(bloks.path(f"{ENTER_CODE}_totp_code"), "two_factor_screen", public=True, who=_two_step)
def enter_code_screen(_: Call) -> Reply:
    return bloks.screen()


def _methods(account: Account) -> Reply:
    """Return the choice of ways.

    Its real shape is recorded in no source; this is that of the case `picker-sms-and-backup`.
    """
    names = " ".join(json.dumps(name) for name in account.behaviour.methods)
    picked = {"data": {"key": "selected_method", "initial": account.behaviour.methods[0]}}
    return bloks.screen(f"(bk.action.array.Make {names})", picked)


def awaits_approval(world: World, account: Account) -> bool:
    """Return whether the owner still has to approve the sign-in on another device."""
    return account.behaviour.sign_in == "approve_on_device" and account.id not in world.state.solved


def check_no_challenge(world: World, account: Account) -> None:
    """Refuse if the account must first answer a challenge, by a code or on the phone."""
    kind = account.behaviour.sign_in
    if kind in ("challenge_email", "challenge_phone", "challenge_phone_only") and account.id not in world.state.solved:
        raise challenge_required(world, account, on_phone=kind == "challenge_phone_only")


def _owner(call: Call) -> Account:
    if call.claimed is None:
        raise Refused(400, "Invalid parameters")
    return call.claimed
