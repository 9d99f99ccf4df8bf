"""The demo's sandbox: accounts to connect, and people who answer."""

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.demo import sandbox
from middleware.access import demo_only, me, signed_in

bp = blueprint("demo", "Demo")


class SandboxAccountOut(Schema):
    username: str
    password: str
    behaviour: str
    does: str = Field(description="What its owner will see.")
    code: str | None = Field(description="What answers its questions; null if it asks none.")


class SandboxAccounts(Answer):
    accounts: list[SandboxAccountOut]


class AnsweringPersonOut(Schema):
    username: str
    full_name: str
    reply: str
    after: float = Field(description="Seconds until the answer.")


class AnsweringPeople(Answer):
    people: list[AnsweringPersonOut]


@bp.get("/accounts")
@signed_in
@bp.output(SandboxAccounts)
@raises("NOT_FOUND", "INSTAGRAM_UNREACHABLE")
def sandbox_accounts() -> SandboxAccounts:
    """List the accounts of the sandbox, with the password to connect each.

    Only in the demo; 404 elsewhere.
    """
    return SandboxAccounts(accounts=[SandboxAccountOut.model_validate(one) for one in sandbox.accounts()])


@bp.get("/people")
@signed_in
@bp.output(AnsweringPeople)
@raises("NOT_FOUND", "INSTAGRAM_UNREACHABLE")
def answering_people() -> AnsweringPeople:
    """List some people of the sandbox who answer a message within a minute.

    Only in the demo; 404 elsewhere. The list is empty if the sandbox was started without lively people.
    """
    return AnsweringPeople(people=[AnsweringPersonOut.model_validate(one) for one in sandbox.answering_people()])


@bp.post("/confirm")
@signed_in
@demo_only
@bp.output(Answer)
@raises("NOT_FOUND", "INSTAGRAM_UNREACHABLE", "NO_CODE_EXPECTED")
def confirm_in_app() -> Answer:
    """Confirm in the app of your sandbox account that it was you, as you would on your phone.

    Only in the demo, by a client on the same machine; 404 elsewhere. Then test the connection.
    """
    sandbox.confirm_in_app(me().id)
    return Answer()
