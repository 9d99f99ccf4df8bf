"""Users: list, create, show, change, erase; change your own password."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from flask import Response, send_file, url_for
from pydantic import Field

from api.answers import Answer, Listing, Paging
from api.auth import SECOND_FACTOR, Person, SignedInAnswer
from api.blueprint import blueprint, raises
from api.bots import Verdict
from api.idempotency import REPEATED, IdempotencyKey, idempotent
from bot.inputs.pagination import Page
from bot.operations import erasure, user_admin
from bot.operations.user_admin import Listed, UserChange
from bot.storage.models import User
from bot.users import data_export, directory, password_change
from bot.users.directory import Created, NewUser
from bot.users.password_change import PasswordChange, PasswordInitialization
from middleware.access import (
    allow_password_change,
    allow_second_factor_setup,
    me,
    public,
    require_confirmed,
    require_role,
    signed_in,
    visitor,
)

bp = blueprint("users", "Users")
NEW_PASSWORD_FAILURES = ("PASSWORD_TOO_SHORT", "PASSWORD_TOO_COMMON", "PASSWORD_IS_NAME")
ZIP: dict[int | str, Any] = {
    200: {"description": "The zip.", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}
CHANGE_FAILURES = ("TOO_MANY_SIGN_INS", "PASSWORD_TOO_SHORT", "PASSWORD_TOO_COMMON", "PASSWORD_IS_NAME")


class PersonDetails(Person):
    """A user, as administrators and that user see them."""

    must_change_password: bool
    is_active: bool
    created_at: datetime
    last_login_at: datetime | None
    has_second_factor: bool


class UserAnswer(Answer):
    user: PersonDetails

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(user=PersonDetails.model_validate(user))


class CreatedAnswer(UserAnswer):
    initial_password: str | None = Field(description="The generated password, if none was given. Shown only once.")

    @classmethod
    def made(cls, created: Created) -> Self:
        user = PersonDetails.model_validate(created.user)
        return cls(user=user, initial_password=created.initial_password)


class Search(Paging):
    """Filter of the users."""

    search: str | None = Field(None, max_length=64, description="A part of the name or the e-mail address.")


class ListedPerson(PersonDetails):
    """A user with the state of their bot."""

    instagram_username: str | None
    session_valid: bool = Field(description="Whether the Instagram session is valid.")
    bot_running: bool = Field(description="Whether it is started. `verdict` says whether it acts.")
    verdict: Verdict


class UserListing(Listing):
    items: list[ListedPerson]

    @classmethod
    def of(cls, page: Page[Listed]) -> Self:
        items = [
            ListedPerson.model_validate(
                vars(one.report) | vars(one.user) | {"has_second_factor": one.user.has_second_factor}
            )
            for one in page.items
        ]
        return cls(items=items, next=page.next)


@bp.get("/users")
@require_role("admin")
@bp.input(Search, location="query")
@bp.output(UserListing)
@raises("BAD_CURSOR")
def list_users(query_data: Search) -> UserListing:
    """List all users, newest first."""
    return UserListing.of(user_admin.list_users(query_data.limit, query_data.cursor, query_data.search))


@bp.post("/users")
@require_role("admin")
@bp.input(NewUser)
@bp.input(IdempotencyKey, location="headers")
@idempotent(secret=("initial_password",))
@bp.output(CreatedAnswer, 201)
@raises(*REPEATED, "USERNAME_TAKEN", "PASSWORD_TOO_SHORT", "PASSWORD_TOO_COMMON", "PASSWORD_IS_NAME")
def create_user(json_data: NewUser) -> tuple[CreatedAnswer, int, dict[str, str]]:
    """Create a user.

    The user has to change the first password at the first sign-in. A replay for the same Idempotency-Key holds no
    password: it is never stored.
    """
    created = directory.create_user(json_data, me())
    return CreatedAnswer.made(created), 201, {"Location": url_for(".show_user", user_id=created.user.id)}


@bp.get("/users/<uuid:user_id>")
@signed_in
@bp.output(UserAnswer)
@raises("USER_NOT_FOUND")
def show_user(user_id: UUID) -> UserAnswer:
    """Show a user: yourself, or as an administrator any user."""
    return UserAnswer.of(directory.visible_user(str(user_id), me()))


@bp.patch("/users/<uuid:user_id>")
@require_role("admin")
@bp.input(UserChange)
@bp.output(UserAnswer)
@raises("USER_NOT_FOUND", "OWN_RIGHTS", "LAST_ADMIN", "USERNAME_TAKEN")
def change_user(user_id: UUID, json_data: UserChange) -> UserAnswer:
    """Change a user. A field that is missing stays as it is.

    Disabling ends every sign-in of the user and stops the bot. Enabling starts nothing.
    """
    return UserAnswer.of(user_admin.change_user(me(), str(user_id), json_data))


@bp.delete("/users/<uuid:user_id>")
@signed_in
@require_confirmed
@bp.output(Answer)
@raises("USER_NOT_FOUND", "LAST_ADMIN")
def erase_user(user_id: UUID) -> Answer:
    """Erase a user with all their data: yourself, or as an administrator any user.

    This cannot be undone. A running step ends without another call to Instagram.
    """
    erasure.erase(me(), str(user_id))
    return Answer()


@bp.get("/users/<uuid:user_id>/export")
@signed_in
@require_confirmed
@bp.doc(responses=ZIP)
@raises("USER_NOT_FOUND", "TOO_MANY_ATTEMPTS", "TOO_MANY_AT_ONCE")
def export_user(user_id: UUID) -> Response:
    """Download all your data as a zip: a JSON file for each table, the activity as CSV, a README.

    At most three times in 15 minutes.
    """
    directory.require_self(str(user_id), me())
    name = data_export.file_name(me())
    return send_file(data_export.export(me().id, visitor()), "application/zip", as_attachment=True, download_name=name)


@bp.put("/users/<uuid:user_id>/change-password")
@allow_password_change
@allow_second_factor_setup
@bp.input(PasswordChange)
@bp.output(SignedInAnswer)
@raises("USER_NOT_FOUND", "WRONG_CURRENT_PASSWORD", "PASSWORD_UNCHANGED", *CHANGE_FAILURES)
def change_password(user_id: UUID, json_data: PasswordChange) -> SignedInAnswer:
    """Change your password.

    Every sign-in of the user ends. The answer holds the token of a new one.
    """
    directory.require_self(str(user_id), me())
    return SignedInAnswer.of(password_change.change_password(me().id, json_data, visitor(), me().kind))


@bp.post("/admin/initialize-password")
@public
@bp.input(PasswordInitialization)
@bp.output(SignedInAnswer)
@raises("WRONG_CREDENTIALS", "FIRST_PASSWORD_EXPIRED", "PASSWORD_UNCHANGED", *SECOND_FACTOR, *CHANGE_FAILURES)
def initialize_password(json_data: PasswordInitialization) -> SignedInAnswer:
    """Change an administrator's first password without signing in first."""
    return SignedInAnswer.of(password_change.initialize_password(json_data, visitor()))
