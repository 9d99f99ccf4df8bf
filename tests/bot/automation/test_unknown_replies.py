"""Shapes of replies that were not understood, counted for the admin."""

from datetime import timedelta

from bot.automation import unknown_replies
from bot.automation.unknown_replies import KEPT_FOR, MAX_SHAPES, UnknownReply
from bot.core.errors import BotException
from bot.operations.housekeeping import run_housekeeping

CODE = BotException("INSTAGRAM_UNREADABLE").code


def reply(number: int = 0, client: str = "2.0") -> UnknownReply:
    return UnknownReply("users/{}/usernameinfo", 200, CODE, client, {".": "object", f"field{number}": "text"})


def test_nothing_is_new_at_first(base_app):
    assert unknown_replies.unknown_replies() == []


def test_a_shape_is_counted_each_time_and_has_the_first_and_the_last(base_app, clock):
    first = clock.moment
    for client in ("2.0", "2.0", "2.1"):
        unknown_replies.note_unknown_reply(reply(client=client))
        clock.advance(hours=1)
    [seen] = unknown_replies.unknown_replies()
    assert (seen.count, seen.client, seen.shape) == (3, "2.1", reply().shape)
    assert (seen.first_seen_at, seen.last_seen_at) == (first, first + timedelta(hours=2))
    assert seen.meaning == BotException("INSTAGRAM_UNREADABLE").message


def test_another_path_status_code_or_shape_is_another_reply(base_app):
    known = reply()
    others = [
        UnknownReply("other", known.http_status, known.error_code, known.client, known.shape),
        UnknownReply(known.path, 400, known.error_code, known.client, known.shape),
        UnknownReply(known.path, known.http_status, "E-BOT-E-0001", known.client, known.shape),
        reply(1),
    ]
    assert len({one.digest for one in (known, *others)}) == 5


def test_the_shape_that_was_seen_longest_ago_makes_room(base_app, clock):
    for number in range(MAX_SHAPES + 5):
        unknown_replies.note_unknown_reply(reply(number))
        clock.advance(minutes=1)
    shapes = [seen.shape for seen in unknown_replies.unknown_replies()]
    assert shapes == [reply(number).shape for number in reversed(range(5, MAX_SHAPES + 5))]


def test_the_clock_forgets_shapes_that_come_no_longer(base_app, clock):
    unknown_replies.note_unknown_reply(reply(1))
    clock.advance(days=1)
    unknown_replies.note_unknown_reply(reply(2))
    clock.moment += KEPT_FOR - timedelta(hours=1)
    run_housekeeping()
    assert [seen.shape for seen in unknown_replies.unknown_replies()] == [reply(2).shape]
