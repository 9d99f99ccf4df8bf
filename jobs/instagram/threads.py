"""Direct messages at Instagram as plain values: reading them, and the form that sends one."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.errors import BotException
from bot.storage.models.values import AnswerSort
from jobs.instagram.message_text import sort_of, text_of
from jobs.instagram.people import PersonRef, Reply, is_id, read_refs
from jobs.instagram.refusals import Call, Refusal, meaning_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Instagram did not exist before. A smaller number is no time in microseconds.
_EARLIEST = datetime(2010, 10, 1, tzinfo=UTC)
_DONE = "200"
_ACKNOWLEDGED = "item_ack"
_LINK = re.compile(r"https?://[^\s<>\"/?#][^\s<>\"]*", re.IGNORECASE)
_AFTER_LINKS = frozenset(".,;:!?'*’”“»…。，、！？")
_OPENED_BY = {")": "(", "]": "[", "}": "{", "）": "（", "」": "「"}


@dataclass(frozen=True)
class Sent:
    """A message that Instagram has acknowledged."""

    item_id: str
    thread_id: str
    at: datetime


@dataclass(frozen=True)
class Message:
    """A message. `token` is the one its sender's client used; `text` is empty for pictures and the like.

    `sort` tells of a person's message what it is: words, a picture and the like, or a mere sign.
    """

    item_id: str
    sender_id: str
    text: str
    token: str
    at: datetime
    mine: bool
    sort: AnswerSort = "text"


@dataclass(frozen=True)
class Undated:
    """Words of another person in an item without a readable time or id. `item_id` may be empty."""

    item_id: str
    sender_id: str
    text: str


@dataclass(frozen=True)
class Thread:
    """A conversation: the other people in it, and some of its messages, newest first. `cursor` leads to older ones.

    `undated` holds other words, of an unknown time.
    """

    id: str
    people: list[PersonRef]
    messages: list[Message]
    cursor: str | None = None
    undated: tuple[Undated, ...] = ()


@dataclass(frozen=True)
class Inbox:
    """One page of threads, the latest first. `cursor` leads to older ones.

    `has_requests` says that people wait in the other box, whose messages the account has not accepted.
    """

    threads: list[Thread]
    cursor: str | None
    has_requests: bool = False


def message_form(user_id: str, text: str, token: str) -> tuple[str, Reply]:
    """Return how a text is sent, `text` or `link`, and the form. instagrapi's `direct_send` makes the same.

    A text holds a link only if it holds a whole address; the word "http" is none.
    """
    form = {
        "action": "send_item",
        "is_x_transport_forward": "false",
        "send_silently": "false",
        "is_shh_mode": "0",
        "send_attribution": "message_button",
        "client_context": token,
        "mutation_token": token,
        "offline_threading_id": token,
        "btt_dual_send": "false",
        "nav_chain": (
            "1qT:feed_timeline:1,1qT:feed_timeline:2,1qT:feed_timeline:3,"
            "7Az:direct_inbox:4,7Az:direct_inbox:5,5rG:direct_thread:7"
        ),
        "is_ae_dual_send": "false",
        "recipient_users": f"[[{user_id}]]",
    }
    links = _links(text)
    if not links:
        return "text", {**form, "text": text}
    return "link", {**form, "link_text": text, "link_urls": json.dumps(links, separators=(",", ":"))}


def _links(text: str) -> list[str]:
    """Return the addresses in a text, without punctuation that ends the sentence or closes a bracket."""
    found = (_bare(match.group()) for match in _LINK.finditer(text))
    return [link for link in found if _LINK.fullmatch(link)]


def _bare(link: str) -> str:
    while link and (link[-1] in _AFTER_LINKS or link.count(link[-1]) > link.count(_OPENED_BY.get(link[-1], link[-1]))):
        link = link[:-1]
    return link


def inbox_params(cursor: str | None, tracking_id: str, *, push_disabled: bool) -> Reply:
    """Return the parameters for a page of the inbox with 20 threads and the latest 10 messages of each."""
    params = {
        "eb_device_id": "0",
        "igd_request_log_tracking_id": tracking_id,
        "visual_message_return_type": "unseen",
        "thread_message_limit": "10",
        "persistentBadging": "true",
        "limit": "20",
        "is_prefetching": "false",
        "fetch_reason": "initial_snapshot",
        "include_old_mrs": "false",
        "no_pending_badge": "true",
        "push_disabled": "true" if push_disabled else "false",
    }
    older = {"cursor": cursor, "direction": "older", "fetch_reason": "page_scroll"} if cursor else {}
    return params | older


def read_sent(reply: Reply, call: Call) -> Sent:
    """Read the acknowledgement of the message with the call's token.

    Raises the refusal in a reply with HTTP 200, and INSTAGRAM_UNREADABLE for every other reply.
    """
    payload = reply.get("payload")
    if (
        not isinstance(payload, dict)
        or reply.get("action", _ACKNOWLEDGED) != _ACKNOWLEDGED
        or not payload.get("item_id")
        or str(reply.get("status_code", _DONE)) != _DONE
        or str(payload.get("client_context", call.client_context)) != call.client_context
    ):
        raise _not_acknowledged(reply, call)
    return Sent(str(payload["item_id"]), str(payload["thread_id"]), _EPOCH + _microseconds(payload["timestamp"]))


def _not_acknowledged(reply: Reply, call: Call) -> BotException:
    if refused := meaning_of(Refusal(call, int(_DONE), reply)):
        return refused.failure()
    return BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no acknowledgement")


def read_thread_with(thread: Reply, user_id: str, own_id: str) -> Thread:
    """Return the conversation with one person. Raises INSTAGRAM_UNREADABLE too if it is one of other people."""
    read = read_thread(thread, own_id)
    if {person.id for person in read.people} - {own_id, user_id}:
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="another conversation")
    return read


def read_thread(thread: Reply, own_id: str) -> Thread:
    """Return the conversation without unreadable messages.

    If one of its people cannot be read it is one without people: it may be a group.

    Raises INSTAGRAM_UNREADABLE if it has no list of messages: that proves nothing about them.
    """
    if not _is_readable(thread):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no messages")
    messages = [message for item in thread["items"] if (message := _message(item, own_id))]
    messages.sort(key=lambda message: message.at, reverse=True)
    cursor = thread.get("oldest_cursor") if thread.get("has_older") else None
    users = thread.get("users")
    told = [user for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    people = read_refs(told) if all(read_refs([user]) for user in told) else []
    undated = tuple(found for item in thread["items"] if (found := _undated(item, own_id)))
    return Thread(str(thread["thread_id"]), people, messages, str(cursor) if cursor else None, undated)


def _is_readable(thread: Any) -> bool:
    return isinstance(thread, dict) and bool(thread.get("thread_id")) and isinstance(thread.get("items"), list)


def read_inbox(reply: Reply, own_id: str) -> Inbox:
    """Return the inbox without unreadable conversations. One without its people is read like a group.

    Raises INSTAGRAM_UNREADABLE if it has no list of conversations: that does not show that it is empty.
    """
    inbox = reply["inbox"]
    if not isinstance(inbox["threads"], list):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no conversations")
    cursor = inbox.get("oldest_cursor") if inbox.get("has_older", True) else None
    threads = [read_thread(one, own_id) for one in inbox["threads"] if _is_readable(one)]
    return Inbox(threads, str(cursor) if cursor else None, _has_requests(reply))


def _has_requests(reply: Reply) -> bool:
    total = str(reply.get("pending_requests_total"))
    return reply.get("has_pending_top_requests") is True or (total.isdecimal() and int(total) > 0)


def _message(item: Any, own_id: str) -> Message | None:
    """Return None if the item lacks what every message has."""
    at = _moment(item.get("timestamp")) if isinstance(item, dict) and item.get("item_id") else None
    if at is None:
        return None
    sender = str(item.get("user_id") or "")
    return Message(
        item_id=str(item["item_id"]),
        sender_id=sender,
        text=text_of(item),
        token=str(item.get("client_context") or ""),
        at=at,
        mine=sender == own_id,
        sort=sort_of(item),
    )


def _undated(item: Any, own_id: str) -> Undated | None:
    """Return the words of an item that is no message for lack of a time or an id. An own one would prove nothing."""
    if not isinstance(item, dict) or _message(item, own_id):
        return None
    sender, text = str(item.get("user_id") or ""), text_of(item)
    return Undated(str(item.get("item_id") or ""), sender, text) if sender not in ("", own_id) and text else None


def _moment(timestamp: Any) -> datetime | None:
    try:
        at = _EPOCH + _microseconds(timestamp) if is_id(timestamp) else None
    except OverflowError:
        return None
    return at if at and at >= _EARLIEST else None


def _microseconds(timestamp: Any) -> timedelta:
    return timedelta(microseconds=int(timestamp))
