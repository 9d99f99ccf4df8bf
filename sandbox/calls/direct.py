"""Direct messages: sending one, the inbox, one thread, finding the thread with somebody."""

import json

from sandbox.calls import shapes
from sandbox.mailbox import Message, Thread, known, thread_id_of
from sandbox.people import Person
from sandbox.routing import Call, Table
from sandbox.wire import Json, Refused, Reply, ok, place_in, text_at

INBOX_PAGE = 20
THREAD_PAGE = 20

table = Table()


@table.post(r"direct_v2/threads/broadcast/(text|link)/", "message")
def send(call: Call, kind: str) -> Reply:
    """A message under a token that is known already is acknowledged again and not delivered again."""
    text = text_at(call.form, "text" if kind == "text" else "link_text")
    context = text_at(call.form, "client_context")
    thread = _addressed(call)
    message = known(thread, call.account.id, context)
    if message is None:
        message = call.world.write(call.account, thread, text, context)
    return ok(
        action="item_ack",
        status_code="200",
        payload={
            "client_context": context,
            "item_id": message.id,
            "timestamp": str(message.at),
            "thread_id": thread.id,
        },
    )


@table.get("direct_v2/inbox/", "inbox")
def inbox(call: Call) -> Reply:
    mailbox, start = call.world.state.mailbox, place_in(call.query, "cursor")
    end = start + INBOX_PAGE
    more = end < mailbox.size(call.account.id)
    return ok(
        inbox={
            "threads": [
                _thread(call, one, 10) for one in mailbox.of(call.account.id, start, end) if _messages(call, one)
            ],
            "has_older": more,
            "oldest_cursor": str(end) if more else None,
            "unseen_count": 0,
            "unseen_count_ts": 0,
            "blended_inbox_enabled": True,
        },
        seq_id=1,
        pending_requests_total=0,
    )


@table.get(r"direct_v2/threads/(\d+)/", "thread")
def thread(call: Call, thread_id: str) -> Reply:
    found = call.world.state.mailbox.threads.get(thread_id)
    if found is None or call.account.id not in found.members or not _messages(call, found):
        raise Refused(404, "Thread does not exist")
    return ok(thread=_thread(call, found, THREAD_PAGE, place_in(call.query, "cursor")))


@table.get("direct_v2/threads/get_by_participants/", "thread")
def by_participants(call: Call) -> Reply:
    """The thread with somebody; without one, only who they are."""
    members = frozenset({call.account.id, *_ids(text_at(call.query, "recipient_users"))})
    people = [person for one in members if one != call.account.id and (person := call.world.person(one))]
    found = call.world.state.mailbox.threads.get(thread_id_of(members))
    users = [shapes.short_person(person) for person in people]
    shown = found and _messages(call, found)
    return ok(users=users, **({"thread": _thread(call, found, THREAD_PAGE)} if found and shown else {}))


def _addressed(call: Call) -> Thread:
    """The thread that a message is for: named, or that with the people named."""
    mailbox = call.world.state.mailbox
    if call.form.get("thread_ids"):
        named = mailbox.threads.get(next(iter(_ids(text_at(call.form, "thread_ids"))), ""))
        if named is None or call.account.id not in named.members:
            raise Refused(400, "Thread does not exist")
        return named
    recipients = _ids(text_at(call.form, "recipient_users"))
    if not recipients or call.account.id in recipients or not all(call.world.person(one) for one in recipients):
        raise Refused(400, "Invalid target user")
    return mailbox.between(frozenset({call.account.id, *recipients}))


def _ids(text: str) -> list[str]:
    """Ids out of `[1,2]` or `[[1,2]]`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "Invalid parameters") from error
    inner = value[0] if isinstance(value, list) and value and isinstance(value[0], list) else value
    if not isinstance(inner, list) or not all(isinstance(one, int | str) for one in inner):
        raise Refused(400, "Invalid parameters")
    return [str(one) for one in inner]


def _others(call: Call, thread: Thread) -> list[Person]:
    ids = sorted(thread.members - {call.account.id})
    return [person for one in ids if (person := call.world.person(one))]


def _messages(call: Call, thread: Thread) -> list[Message]:
    """Those that show already, the latest first."""
    own, moment = call.account.id, call.as_of * 1_000_000
    return [one for one in reversed(thread.messages) if one.sender != own or one.at <= moment]


def _thread(call: Call, one: Thread, limit: int, start: int = 0) -> Json:
    """A thread with its latest messages first; `oldest_cursor` only where there are older ones."""
    others = _others(call, one)
    latest = _messages(call, one)
    more = start + limit < len(latest)
    return {
        "thread_id": one.id,
        "thread_v2_id": one.id[-17:],
        "users": [shapes.short_person(person) for person in others],
        "items": [_item(call, message) for message in latest[start : start + limit]],
        "oldest_cursor": str(start + limit) if more else None,
        "has_older": more,
        "last_activity_at": latest[0].at,
        "thread_title": ", ".join(person.username for person in others),
        "is_group": len(others) > 1,
        "viewer_id": int(call.account.id),
        "inviter": shapes.short_person(call.account.person),
        **FIXED,
    }


def _item(call: Call, message: Message) -> Json:
    return {
        "item_id": message.id,
        "user_id": int(message.sender),
        "timestamp": message.at,
        "item_type": "text",
        "text": message.text,
        "client_context": message.context,
        "is_sent_by_viewer": message.sender == call.account.id,
    }


# What the client insists on and the sandbox has no say in.
FIXED: Json = {
    "left_users": [],
    "admin_user_ids": [],
    "muted": False,
    "is_pin": False,
    "named": False,
    "canonical": True,
    "pending": False,
    "archived": False,
    "thread_type": "private",
    "folder": 0,
    "vc_muted": False,
    "mentions_muted": False,
    "approval_required_for_new_members": False,
    "input_mode": 0,
    "business_thread_folder": 0,
    "read_state": 0,
    "assigned_admin_id": 0,
    "shh_mode_enabled": False,
    "last_seen_at": {},
}
