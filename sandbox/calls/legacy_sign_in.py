"""The sign-in of older apps, to which the newer one sends a client that it refuses."""

from sandbox import second_factors
from sandbox.accounts import Account
from sandbox.calls import bloks
from sandbox.calls.shapes import full_person
from sandbox.calls.sign_in import awaits_approval, check_no_challenge
from sandbox.replies import reply_of
from sandbox.routing import Call, Table
from sandbox.wire import Json, Refused, Reply, Request, Turned, ok, text_at
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
        raise Turned(reply_of("bad-password"))
    if account.behaviour.sign_in == "two_factor" or awaits_approval(world, account):
        second_factors.deliver(world, account, account.behaviour.methods[0])
        return _two_factor_required(world, account)
    check_no_challenge(world, account)
    return _logged_in(world, account)


@table.post("accounts/two_factor_login/", "two_factor", public=True, who=_two_factor)
def two_factor_login(call: Call) -> Reply:
    account = _owner(call)
    if account.behaviour.sign_in == "approve_on_device":
        if awaits_approval(call.world, account):
            raise Refused(400, "Approve this sign-in on your other device.", error_type="invalid_nonce")
        return _logged_in(call.world, account)
    code = text_at(call.form, "verification_code").replace(" ", "")
    if problem := second_factors.problem_by(call.world, account, code, account.behaviour.methods):
        raise Refused(400, problem, error_type="sms_code_validation_code_invalid")
    return _logged_in(call.world, account)


@table.post("accounts/send_two_factor_login_sms/", "two_factor_screen", public=True, who=_two_factor)
@table.post("accounts/send_two_factor_login_whatsapp/", "two_factor_screen", public=True, who=_two_factor)
def send_again(call: Call) -> Reply:
    account, method = _owner(call), call.request.path.rstrip("/").rpartition("_")[2]
    if method not in account.behaviour.methods:
        raise Refused(400, "Invalid parameters")
    second_factors.deliver(call.world, account, method)
    return ok(two_factor_required=True, two_factor_info=_info(call.world, account))


@table.post("two_factor/check_trusted_notification_status/", "two_factor_screen", public=True, who=_two_factor)
def approval(call: Call) -> Reply:
    """Return 1 if the owner has approved the sign-in, 0 if the question is still open."""
    return ok(review_status=int(not awaits_approval(call.world, _owner(call))))


def _owner(call: Call) -> Account:
    if call.claimed is None:
        raise Refused(400, "Invalid parameters")
    return call.claimed


def _two_factor_required(world: World, account: Account) -> Reply:
    reply = reply_of("two-factor-app")
    reply.body["two_factor_info"] = _info(world, account)
    return reply


def _info(world: World, account: Account) -> Json:
    methods = account.behaviour.methods
    by_phone = second_factors.SENT & set(methods)
    return {
        **reply_of("two-factor-app").body["two_factor_info"],
        "pk": int(account.id),
        "username": account.username,
        "two_factor_identifier": world.open_context(account),
        "sms_two_factor_on": "sms" in methods,
        "whatsapp_two_factor_on": "whatsapp" in methods,
        "totp_two_factor_on": "totp" in methods,
        "show_messenger_code_option": False,
        "obfuscated_phone_number": account.phone[-2:] if by_phone else "",
        "obfuscated_phone_number_2": account.phone if by_phone else "",
        "pending_trusted_notification": second_factors.APPROVAL in methods,
        **({"trusted_notification_polling_nonce": world.token()} if second_factors.APPROVAL in methods else {}),
    }


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
