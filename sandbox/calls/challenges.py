"""Challenges: Instagram wants the owner to prove it by a code from a mail, or on the phone."""

from sandbox.accounts import Account
from sandbox.calls.shapes import full_person
from sandbox.calls.sign_in import problem_with
from sandbox.routing import Call, Table
from sandbox.state import Challenge
from sandbox.wire import Json, Refused, Reply, Request, ok, text_at
from sandbox.world import World

# The client asks under /api/v1/, and once it has been told `verify_email` it answers under /api/.
PATH = r"/api/(?:v1/)?challenge/(\d+)/(\w+)/"

table = Table()


def _named_in_path(world: World, _: Request, account_id: str, __: str) -> Account | None:
    return world.accounts.with_id(account_id)


@table.get(PATH, "challenge", public=True, who=_named_in_path)
def look(call: Call, _: str, nonce: str) -> Reply:
    account, challenge = _open(call, nonce)
    if challenge.mail_sent:
        return ok(**_mail_sent(account, challenge))
    return ok(
        step_name="select_verify_method",
        step_data={"choice": "1", "email": account.email},
        nonce_code=nonce,
        user_id=int(account.id),
    )


@table.post(PATH, "challenge", public=True, who=_named_in_path)
def answer(call: Call, _: str, nonce: str) -> Reply:
    account, challenge = _open(call, nonce)
    if "choice" in call.form:
        call.world.mail_code(account)
        return ok(**_mail_sent(account, challenge))
    if problem := problem_with(account, text_at(call.form, "security_code")):
        raise Refused(400, problem)
    call.world.solve(account, by_code=True)
    return ok(action="close", logged_in_user=full_person(call.world, account.person))


def _open(call: Call, nonce: str) -> tuple[Account, Challenge]:
    account = call.claimed
    challenge = account and call.world.state.challenges.get(account.id)
    if not account or not challenge or challenge.nonce != nonce:
        raise Refused(404, "This page isn't available")
    if account.behaviour.sign_in == "challenge_phone_only":
        raise Refused(400, "Confirm it's you in the Instagram app on your phone.")
    return account, challenge


def _mail_sent(account: Account, challenge: Challenge) -> Json:
    return {
        "step_name": "verify_email",
        "step_data": {"security_code": "None", "contact_point": account.email},
        "nonce_code": challenge.nonce,
        "user_id": int(account.id),
    }
