"""The sign-in of older apps, where the newer one sends a client that it refuses."""

from sandbox.accounts import Account
from sandbox.calls import bloks
from sandbox.calls.shapes import full_person
from sandbox.calls.sign_in import check_no_challenge, problem_with
from sandbox.routing import Call, Table
from sandbox.wire import Refused, Reply, Request, text_at
from sandbox.world import World

COOKIE = "Path=/; Domain=.instagram.com; Secure"

table = Table()


def _username(world: World, request: Request) -> Account | None:
    return world.accounts.named(text_at(request.form, "username"))


def _two_factor(world: World, request: Request) -> Account | None:
    return world.in_context(text_at(request.form, "two_factor_identifier"))


@table.post("accounts/login/", "login", public=True, who=_username)
def login(call: Call) -> Reply:
    account, world = call.claimed, call.world
    if account is None:
        raise Refused(
            400,
            "The username you entered doesn't appear to belong to an account. "
            "Please check your username and try again.",
            error_type="invalid_user",
            invalid_credentials=True,
        )
    if world.password_key.decrypt(text_at(call.form, "enc_password")) != account.password:
        raise Refused(
            400,
            "The password you entered is incorrect. Please try again.",
            error_type="bad_password",
            invalid_credentials=True,
        )
    if account.behaviour.sign_in == "two_factor":
        raise _two_factor_required(world, account)
    check_no_challenge(world, account)
    return _logged_in(world, account)


@table.post("accounts/two_factor_login/", "two_factor", public=True, who=_two_factor)
def two_factor_login(call: Call) -> Reply:
    account = call.claimed
    if account is None:
        raise Refused(400, "Invalid parameters")
    if problem := problem_with(account, text_at(call.form, "verification_code")):
        raise Refused(400, problem, error_type="sms_code_validation_code_invalid")
    return _logged_in(call.world, account)


def _two_factor_required(world: World, account: Account) -> Refused:
    return Refused(
        400,
        "",
        two_factor_required=True,
        two_factor_info={
            "pk": int(account.id),
            "username": account.username,
            "sms_two_factor_on": False,
            "totp_two_factor_on": True,
            "two_factor_identifier": world.open_context(account),
            "obfuscated_phone_number": "",
        },
        error_type="two_factor_required",
    )


def _logged_in(world: World, account: Account) -> Reply:
    session = world.open_session(account)
    user = {**full_person(world, account.person), "pk": int(account.id)}
    return Reply(
        {"logged_in_user": user, "status": "ok"},
        headers=[
            ("ig-set-authorization", bloks.bearer(account, session)),
            ("ig-set-ig-u-rur", f"CLN,{account.id},1"),
            ("x-ig-set-www-claim", "hmac.sandbox"),
            ("set-cookie", f"sessionid={session}; {COOKIE}"),
            ("set-cookie", f"ds_user_id={account.id}; {COOKIE}"),
            ("set-cookie", f"csrftoken=sandbox; {COOKIE}"),
        ],
    )
