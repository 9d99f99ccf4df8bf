"""People the bot has followed: the candidates of an action to unfollow."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from bot.config.runtime import now
from bot.inputs.pagination import Page, page
from bot.storage.models import ActionTarget, BotSettings, InstagramCredentials
from bot.storage.tenancy import tenant

_PAGE = 50


def followed(user_id: str, days: int, keep: list[str], cursor: str | None) -> tuple[list[tuple[str, str]], str | None]:
    """Return people the bot followed at least `days` days ago and has not unfollowed, last one first, and the next
    cursor.

    Each is `(username, Instagram id)`. Only acts of the currently linked account count. People on the keep lists are
    missing.
    """
    later = aliased(ActionTarget)
    unfollowed = (
        select(later.id)
        .where(
            later.step_kind == "unfollow",
            later.target == ActionTarget.target,
            later.account_id == ActionTarget.account_id,
            later.status.in_(("done", "working", "unknown")),
            later.claimed_at > ActionTarget.claimed_at,
        )
        .exists()
    )
    query = select(ActionTarget).where(
        ActionTarget.step_kind == "follow",
        ActionTarget.status == "done",
        ActionTarget.claimed_at <= now() - timedelta(days=days),
        ~unfollowed,
    )
    with tenant(user_id, reading=True) as session:
        own = session.scalars(select(InstagramCredentials.instagram_id)).one_or_none()
        kept = {*keep, *session.scalars(select(BotSettings.keep)).one()}
        keys = (ActionTarget.claimed_at, ActionTarget.id)
        query = query.where(ActionTarget.account_id == (own or ""))
        found: Page[ActionTarget] = page(session, query, keys, _PAGE, cursor)  # type: ignore[arg-type]
    people = {row.target: row.instagram_id for row in found.items if row.instagram_id and row.target not in kept}
    return list(people.items()), found.next


def is_kept(user_id: str, username: str) -> bool:
    """Return whether the person is on the user's list of people who are never unfollowed."""
    with tenant(user_id, reading=True) as session:
        return username in session.scalars(select(BotSettings.keep)).one()
