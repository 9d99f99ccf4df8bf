"""Direct messages: send one, the inbox, one thread, find the thread with a person."""

import json

from sandbox.calls import items, shapes
from sandbox.cursors import cursor_at, place_in
from sandbox.mailbox import Message, Thread, known, thread_id_of
from sandbox.people import Person
from sandbox.routing import Call, Table
from sandbox.wire import Json, Refused, Reply, ok, text_at

INBOX_PAGE = 20
THREAD_PAGE = 20
ITEMS_IN_THE_INBOX = 10
# It is like that of the case `inbox-thread-without-users-and-items`. The client's own reader fails on it.
ODD_THREAD: Json = {"thread_id": "340282366841710300949128000000000000001", "users": [], "items": None}

table = Table()


@table.post(r"direct_v2/threads/broadcast/(text|link)/", "message")
def send(call: Call, kind: str) -> Reply:
    """Send a message. One under a known token is acknowledged again and not delivered again."""
    text = text_at(call.form, "text" if kind == "text" else "link_text")
    context = text_at(call.form, "client_context")
    thread = _addressed(call)
    message = known(thread, call.account.id, context)
    if message is None:
        message = call.world.write(call.account, thread, text, context, kind)
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
    return _box(call, pending=False)


@table.get("direct_v2/pending_inbox/", "inbox")
def pending_inbox(call: Call) -> Reply:
    """Return strangers' first messages, until the account lets them in or answers."""
    return _box(call, pending=True)


def _box(call: Call, *, pending: bool) -> Reply:
    mailbox, start = call.world.state.mailbox, place_in(call.query, "cursor")
    end, size = start + INBOX_PAGE, mailbox.size(call.account.id, pending=pending)
    threads = mailbox.of(call.account.id, start, end, pending=pending)
    shown = [_thread(call, one, ITEMS_IN_THE_INBOX) for one in threads if _messages(call, one)]
    if call.world.unkind and shown and not start:
        shown.insert(0, ODD_THREAD)
    waiting = mailbox.size(call.account.id, pending=True)
    return ok(
        viewer=shapes.short_person(call.account.person),
        inbox={
            "threads": shown,
            "has_older": end < size,
            "oldest_cursor": cursor_at(min(end, size)) if shown else None,
            "unseen_count": 0,
            "unseen_count_ts": 0,
            "blended_inbox_enabled": True,
        },
        seq_id=1,
        snapshot_at_ms=int(call.world.now() * 1_000),
        pending_requests_total=waiting,
        has_pending_top_requests=bool(waiting),
    )


@table.get(r"direct_v2/threads/(\d+)/", "thread")
def thread(call: Call, thread_id: str) -> Reply:
    found = _own(call, thread_id)
    if not _messages(call, found):
        raise Refused(404, "Thread does not exist")
    return ok(thread=_thread(call, found, THREAD_PAGE, place_in(call.query, "cursor"), as_text=True))


@table.post(r"direct_v2/threads/(\d+)/approve/", "thread")
def approve(call: Call, thread_id: str) -> Reply:
    call.world.let_in(call.account, _own(call, thread_id))
    return ok()


@table.get("direct_v2/threads/get_by_participants/", "thread")
def by_participants(call: Call) -> Reply:
    """Return the thread with a person, or only the person if there is none."""
    members = frozenset({call.account.id, *_ids(text_at(call.query, "recipient_users"))})
    people = [person for one in members if one != call.account.id and (person := call.world.person(one))]
    found = call.world.state.mailbox.threads.get(thread_id_of(members))
    users = [shapes.short_person(person) for person in people]
    shown = found and _messages(call, found)
    thread = {"thread": _thread(call, found, THREAD_PAGE, as_text=True)} if found and shown else {}
    return ok(users=users, **thread)


def _own(call: Call, thread_id: str) -> Thread:
    found = call.world.state.mailbox.threads.get(thread_id)
    if found is None or call.account.id not in found.members:
        raise Refused(404, "Thread does not exist")
    return found


def _addressed(call: Call) -> Thread:
    """Return the thread that a message is for: the named one, or that with the named people."""
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
    """Return the ids in `[1,2]` or `[[1,2]]`."""
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
    """Return the messages that are visible already, newest first."""
    own, moment = call.account.id, call.as_of * 1_000_000
    return [one for one in reversed(thread.messages) if one.sender != own or one.at <= moment]


def _thread(call: Call, one: Thread, limit: int, start: int = 0, *, as_text: bool = False) -> Json:
    """Return a thread with its latest messages first. The last page has a cursor too, to an empty page.

    With `as_text` times are texts, as in answers about one thread.
    """
    others = _others(call, one)
    latest = _messages(call, one)
    page = latest[start : start + limit]
    last = latest[0].at
    return {
        "thread_id": one.id,
        "thread_v2_id": one.id[-17:],
        "users": [shapes.short_person(person) for person in others],
        "items": [_item(call, message, as_text) for message in page],
        "oldest_cursor": cursor_at(min(start + limit, len(latest))) if page else None,
        "newest_cursor": cursor_at(start),
        "prev_cursor": "MINCURSOR",
        "next_cursor": "MAXCURSOR",
        "has_older": start + limit < len(latest),
        "has_newer": start > 0,
        "last_activity_at": str(last) if as_text else last,
        "last_permanent_item": _item(call, latest[0], as_text),
        "thread_title": ", ".join(person.username for person in others),
        "is_group": len(others) > 1,
        "viewer_id": int(call.account.id),
        "inviter": shapes.short_person(others[0] if others else call.account.person),
        **FIXED,
        "thread_type": "private",
        "pending": one.id in call.world.state.mailbox.pending.get(call.account.id, ()),
    }


def _item(call: Call, message: Message, as_text: bool) -> Json:
    sender = call.world.person(message.sender) or call.account.person
    return items.item(call.world, message, sender, mine=message.sender == call.account.id, as_text=as_text)


# Fields that the client insists on and that never change here.
FIXED: Json = {
    "left_users": [],
    "admin_user_ids": [],
    "muted": False,
    "is_pin": False,
    "named": False,
    "canonical": True,
    "archived": False,
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
