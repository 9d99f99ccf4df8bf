"""People an action to send messages would skip now, and the reasons: the result of its steps in a few queries."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from bot.actions.targets import own_account
from bot.config.runtime import now
from bot.contacts.do_not_contact import known_ids, untouchable
from bot.messages.deliveries import MAX_ALIKE, Earlier, alike, digest_of, is_taken, purpose_of, waiting
from bot.storage.models import UNRESOLVED, ActionTarget, Contact, Message
from bot.storage.tenancy import TenantSession


def skip_reasons(
    session: TenantSession, names: Sequence[str], texts: Mapping[str, str], *, again: bool, starts: datetime
) -> dict[str, str]:
    """Return names with reasons (of bot.actions.filters.REASONS), from records only: unknown people are not looked up.

    `texts` are those that are already certain.
    """
    ids = known_ids(session, names)
    reasons = dict.fromkeys(untouchable(session, {name: ids.get(name) for name in names}), "do_not_contact")
    own = own_account(session)
    reasons |= {name: "own_account" for name in names if own and own.is_called(name, ids.get(name))}
    if starts <= now():
        reasons = dict.fromkeys(_in_doubt(session, names), "in_another_order") | reasons
    reasons = _written_to(session, ids, again=again) | reasons
    if not again:
        reasons = dict.fromkeys(_waiting(session, names, starts), "in_another_order") | reasons
    going = [name for name in names if name not in reasons]
    reasons |= dict.fromkeys(_doubles(going, ids), "already_messaged")
    return reasons | dict.fromkeys(_too_alike(session, going, reasons, texts), "identical_text")


def _written_to(session: TenantSession, ids: Mapping[str, str], *, again: bool) -> dict[str, str]:
    known = list(set(ids.values()))
    met = session.scalars(select(Contact).where(Contact.instagram_id.in_(known)))
    contacts = {one.instagram_id: one for one in met}
    taken = select(ActionTarget.recipient, ActionTarget.purpose, ActionTarget.claimed_at)
    earlier: dict[str | None, list[Earlier]] = {}
    for recipient, purpose, claimed_at in session.execute(taken.where(ActionTarget.recipient.in_(known))):
        earlier.setdefault(recipient, []).append((purpose, claimed_at))
    reasons = {}
    for name, person in ids.items():
        contact = contacts.get(person)
        if contact and contact.stopped:
            reasons[name] = "do_not_contact"
        elif not again and is_taken(earlier.get(person, ()), purpose_of(contact), contact):
            reasons[name] = "already_messaged"
    return reasons


def _waiting(session: TenantSession, names: Sequence[str], starts: datetime) -> Iterable[str]:
    return session.scalars(waiting(ActionTarget.target, starts).where(ActionTarget.target.in_(names)))


def _in_doubt(session: TenantSession, names: Sequence[str]) -> Iterable[str]:
    """Return people with another action's message that is still to be reconciled."""
    ours = ActionTarget.step_kind == "message", ActionTarget.target.in_(names)
    return session.scalars(select(ActionTarget.target).where(*ours, UNRESOLVED))


def _doubles(names: Sequence[str], ids: Mapping[str, str]) -> list[str]:
    """Return names of people who also come earlier under another name."""
    first: dict[str, str] = {}
    return [name for name in names if name in ids and first.setdefault(ids[name], name) != name]


def _too_alike(
    session: TenantSession, names: Sequence[str], reasons: Mapping[str, str], texts: Mapping[str, str]
) -> list[str]:
    """Return people whose text has reached its limit, through past messages or people before them."""
    digests = {name: digest_of(texts[name]) for name in names if name in texts and name not in reasons}
    query = alike(Message.digest, func.count(Message.id)).where(Message.digest.in_(set(digests.values())))
    got = Counter({digest: count for digest, count in session.execute(query.group_by(Message.digest))})  # noqa: C416
    left = []
    for name, digest in digests.items():
        if got[digest] >= MAX_ALIKE:
            left.append(name)
        else:
            got[digest] += 1
    return left
