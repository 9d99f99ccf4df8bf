"""Refusals by their structure: bodies like the recorded ones, with other words, statuses and fields."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.instagram.block_ends import BlockEnd, block_end
from jobs.instagram.refusals import Call, Refusal, meaning_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
READ, ACT, POST, TAG = Call(), Call("act"), Call("act", "post"), Call("read", "hashtag")
MESSAGE = Call("act", "message", "77")
SIGN_IN, CODE = Call("sign_in"), Call("code")
ACK = {"action": "item_ack", "status_code": "403", "status": "fail"}
OURS = {**ACK, "payload": {"client_context": "77"}}
FEEDBACK = {"message": "feedback_required", "status": "fail"}


def named(call: Call, status: int | None, fields: dict[str, Any], *, is_bare: bool = False) -> str | None:
    meaning = meaning_of(Refusal(call, status, fields, is_bare, NOW))
    return meaning.name.removeprefix("INSTAGRAM_") if meaning else None


@pytest.mark.parametrize(
    ("call", "status", "fields", "name"),
    [
        (ACT, 400, {"message": "", "error_type": "needs_upgrade"}, "CLIENT_OUTDATED"),
        (READ, 403, {"message": "unsupported_version"}, "CLIENT_OUTDATED"),
        (ACT, 400, {"message": "Update your app to see this."}, None),
        (SIGN_IN, 400, {"checkpoint_url": "https://x.invalid/web/unsupported_version/"}, "CLIENT_OUTDATED"),
        (ACT, 403, {"message": "x", "error_type": "inactive user"}, "SUSPENDED"),
        (ACT, 400, {"message": "x", "error_type": "inactive_user"}, "SUSPENDED"),
        (READ, 400, {"message": "checkpoint_required", "checkpoint_url": "/accounts/disabled/"}, "SUSPENDED"),
        (READ, 400, {"challenge": {"api_path": "/accounts/suspended/"}}, "SUSPENDED"),
        (ACT, 403, {"message": "checkpoint_logged_out"}, "CHALLENGE"),
        (ACT, 400, {"error_type": "checkpoint_challenge_required"}, "CHALLENGE"),
        (ACT, 400, {"message": "words", "challenge": {"url": "https://x.invalid/challenge/1/2/"}}, "CHALLENGE"),
        (READ, 400, {"message": "challenge_required", "challenge": None}, "CHALLENGE"),
        (READ, 403, {"message": "other words", "consent_data": {"headline": "x"}}, "CONSENT"),
        (READ, 400, {"message": "x", "logout_reason": 0}, "LOGGED_OUT"),
        (ACT, 401, {}, "LOGGED_OUT"),
        (READ, 401, {"message": "Please wait a few minutes.", "require_login": True}, "PLEASE_WAIT"),
        (ACT, 403, {"message": "x", "error_type": "sentry_block"}, "ADDRESS_BLOCKED"),
        (READ, 403, {"message": "geoblock_required"}, "ADDRESS_BLOCKED"),
        (READ, 429, {"message": "Slow down"}, "THROTTLED"),
        (MESSAGE, 403, {**OURS, "status_code": "429"}, "THROTTLED"),
        (SIGN_IN, 429, {}, "SIGN_IN_LATER"),
        (CODE, 400, {"message": "Please wait a few minutes before you try again."}, "SIGN_IN_LATER"),
        (READ, 400, {"error_type": "rate_limit_error"}, "PLEASE_WAIT"),
        (ACT, 400, {**FEEDBACK, "category": "instagram_like"}, "ACTION_BLOCKED"),
        (ACT, 400, {**FEEDBACK, "spam": False, "feedback_url": "repute/x/"}, "ACTION_BLOCKED"),
        (ACT, 400, {**FEEDBACK, "spam": False, "feedback_title": "Action Blocked"}, "ACTION_BLOCKED"),
        (ACT, 400, {**FEEDBACK, "spam": False, "feedback_title": "Couldn’t like"}, "TARGET_REFUSED"),
        (READ, 400, {**FEEDBACK, "spam": False}, "ACTION_BLOCKED"),
        (ACT, 400, FEEDBACK, "ACTION_BLOCKED"),
        (ACT, 403, {"message": "x", "spam": True}, "ACTION_BLOCKED"),
        (
            ACT,
            400,
            {**FEEDBACK, "spam": False, "feedback_message": "Max number of people you can follow"},
            "FOLLOWS_FULL",
        ),
        (POST, 400, {"message": "Media not found or unavailable"}, "POST_NOT_FOUND"),
        (POST, 404, {"message": "gone"}, "POST_NOT_FOUND"),
        (READ, 400, {"message": "Target user not found"}, "PERSON_NOT_FOUND"),
        (READ, 404, {"message": "gone"}, "PERSON_NOT_FOUND"),
        (TAG, 403, {"message": "Hashtag hidden"}, "HASHTAG_HIDDEN"),
        (ACT, 403, {"message": "Sorry, you cannot follow this user."}, "TARGET_REFUSED"),
        (POST, 400, {"message": "You can’t like this post"}, "TARGET_REFUSED"),
        (READ, 400, {"message": "You can’t like this post"}, None),
        (MESSAGE, 400, OURS, "MESSAGE_REFUSED"),
        (MESSAGE, 200, {**OURS, "status": "ok"}, "MESSAGE_REFUSED"),
        (MESSAGE, 403, {**ACK, "payload": {"client_context": 77}}, "MESSAGE_REFUSED"),
        (MESSAGE, 403, {**ACK, "payload": {"client_context": "78"}}, None),
        (MESSAGE, 403, ACK, None),
        (MESSAGE, 403, {**OURS, "payload": None}, None),
        (MESSAGE, 403, {**OURS, "action": "item_nack"}, None),
        (MESSAGE, 500, {**OURS, "status_code": "500"}, None),
        (ACT, 403, OURS, None),
        (MESSAGE, 400, {**ACK, "payload": {"message": "You can’t message this account unless…"}}, "MESSAGES_CLOSED"),
        (MESSAGE, 200, {"message": "You don't have permission to message this person"}, "MESSAGES_CLOSED"),
        (MESSAGE, 403, {**OURS, "payload": {"message": "You can’t send messages for 3 days."}}, "ACTION_BLOCKED"),
        (MESSAGE, 400, {**FEEDBACK, "spam": True, "feedback_message": "allow new message requests"}, "ACTION_BLOCKED"),
        (MESSAGE, 403, {"message": ""}, None),
        (MESSAGE, 404, {"message": "gone"}, None),
        (SIGN_IN, 400, {"error_type": "bad_password", "invalid_credentials": True}, "WRONG_PASSWORD"),
        (SIGN_IN, 400, {"error_type": "bad_password", "buttons": [{"action": "dismiss"}]}, "WRONG_PASSWORD"),
        (SIGN_IN, 400, {"error_type": "bad_password", "buttons": [{"action": "email_me"}]}, "SIGN_IN_DISTRUSTED"),
        (SIGN_IN, 400, {"error_type": "bad_password", "buttons": "x"}, "WRONG_PASSWORD"),
        (SIGN_IN, 400, {"error_type": "unusable_password"}, "NEW_PASSWORD_NEEDED"),
        (SIGN_IN, 400, {"exception_name": "UserInvalidCredentials"}, "UNKNOWN_USER"),
        (SIGN_IN, 404, {"error_type": "field_exception"}, "SIGN_IN_CHANGED"),
        (CODE, 404, {"error_type": "field_exception"}, "UNKNOWN_STEP"),
        (ACT, 400, {"message": "Bitte warte einige Minuten."}, "PLEASE_WAIT"),
        (READ, 401, {"message": "Bitte warten.", "require_login": True}, "PLEASE_WAIT"),
        (READ, 401, {"message": "x", "require_login": True, "logout_reason": 1}, "LOGGED_OUT"),
        (ACT, 400, {**FEEDBACK, "spam": True, "feedback_message": "Please wait a few minutes"}, "ACTION_BLOCKED"),
        (ACT, 429, {**FEEDBACK, "spam": True}, "ACTION_BLOCKED"),
        (SIGN_IN, 400, {**FEEDBACK, "spam": True}, "SIGN_IN_LATER"),
        (ACT, 400, {**FEEDBACK, "feedback_message": "You can't follow this account."}, "TARGET_REFUSED"),
        (ACT, 400, {**FEEDBACK, "spam": False, "feedback_title": "Versuche es später erneut"}, "ACTION_BLOCKED"),
        (ACT, 400, {"message": "You're following the max limit of accounts."}, "FOLLOWS_FULL"),
        (POST, 400, {"message": "You're following the max limit of accounts."}, None),
        (ACT, 400, {"message": "This account has been disabled."}, None),
        (MESSAGE, 403, {"action": "item_ack", "payload": {"client_context": "77"}}, "MESSAGE_REFUSED"),
        (MESSAGE, 403, {**OURS, "payload": {"client_context": "77", "message": "Bis 24.12.2026"}}, "ACTION_BLOCKED"),
        (SIGN_IN, 400, {"message": "x", "invalid_credentials": True}, "WRONG_PASSWORD"),
        (SIGN_IN, 400, {"message": "Your IP has been flagged as an open proxy."}, "ADDRESS_BLOCKED"),
        (READ, 400, {"message": "x", "invalid_credentials": True}, None),
        (READ, 400, {"message": None, "error_type": 7, "challenge": [], "payload": "x", "buttons": 1}, None),
        (READ, 400, {"message": {"text": "feedback_required"}}, None),
        (READ, 403, {"message": "login_required", "category": "spam"}, "LOGGED_OUT"),
        (ACT, 403, {"message": "login_required", "category": "spam"}, "LOGGED_OUT"),
        (ACT, 400, {"message": "x", "category": "spam"}, "ACTION_BLOCKED"),
        (READ, 400, {"message": "x", "category": "spam"}, None),
        (ACT, 400, {"message": "x", "status_code": "9" * 5000}, None),
        (ACT, 400, {"message": "x", "status_code": "429"}, "THROTTLED"),
        (
            MESSAGE,
            403,
            {**OURS, "payload": {"message": "Temporarily blocked. Only people they follow"}},
            "ACTION_BLOCKED",
        ),
        (READ, None, {}, None),
    ],
)
def test_the_fields_of_a_refusal_tell_its_name(call, status, fields, name):
    assert named(call, status, fields) == name


def test_a_plain_text_at_an_endpoint_that_exists_hides_a_challenge():
    assert named(READ, 404, {}, is_bare=True) == "CHALLENGE"


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("this block will expire on 2026-12-05. tell us", BlockEnd(until=datetime(2026, 12, 6, tzinfo=UTC))),
        ("until december 5, 2026", BlockEnd(until=datetime(2026, 12, 6, tzinfo=UTC))),
        ("until dec 5th 2026", BlockEnd(until=datetime(2026, 12, 6, tzinfo=UTC))),
        ("until 31 december 2026.", BlockEnd(until=datetime(2027, 1, 1, tzinfo=UTC))),
        ("you can't send messages for 24 hours.", BlockEnd(lasts=timedelta(hours=24))),
        ("not for the next 3 days", BlockEnd(lasts=timedelta(days=3))),
        ("not for a week", BlockEnd(lasts=timedelta(weeks=1))),
        ("24 stunden lang", BlockEnd(lasts=timedelta(hours=24))),
        ("durante 3 días", BlockEnd(lasts=timedelta(days=3))),
        ("diese sperre endet am 5.12.2026.", BlockEnd(until=datetime(2026, 12, 6, tzinfo=UTC))),
        ("until 5/12/2026", BlockEnd(until=datetime(2026, 12, 6, tzinfo=UTC))),
        ("until 12/25/2026", BlockEnd(until=datetime(2026, 12, 26, tzinfo=UTC))),
        ("bis 5. märz 2027", BlockEnd(until=datetime(2027, 3, 6, tzinfo=UTC))),
        ("hasta el 5 de diciembre de 2026", BlockEnd(until=datetime(2026, 12, 6, tzinfo=UTC))),
        ("jusqu'au 14 juillet 2027", BlockEnd(until=datetime(2027, 7, 15, tzinfo=UTC))),
        ("jusqu'au 14 juin 2027", BlockEnd(until=datetime(2027, 6, 15, tzinfo=UTC))),
        ("blocked until 9999-12-31", BlockEnd()),
        ("bis 31.12.9999", BlockEnd()),
        ("until december 31, 2027", BlockEnd()),
        ("for 999 days", BlockEnd()),
        ("for 999999999 weeks", BlockEnd()),
        ("for 366 days", BlockEnd(lasts=timedelta(days=366))),
        ("this block will last 24 hours", BlockEnd(lasts=timedelta(hours=24))),
        ("until 2020-01-01", BlockEnd(until=datetime(2020, 1, 2, tzinfo=UTC))),
        ("bis zum 1.1.2020", BlockEnd(until=datetime(2020, 1, 2, tzinfo=UTC))),
        ("since 2026-11-20 you are blocked, until 2026-12-05", BlockEnd(until=datetime(2026, 12, 6, tzinfo=UTC))),
        ("it joined 2 days ago: not for 3 hours", BlockEnd(lasts=timedelta(hours=3))),
        ("it joined 2 days ago", None),
        ("since 2 days", None),
        ("20 in the last 24 hours", None),
        ("vor 2 tagen beigetreten", None),
        ("seit 3 tagen privat", None),
        ("in den letzten 24 stunden", None),
        ("se unió hace 2 días", None),
        ("en las últimas 24 horas", None),
        ("entrou há 2 dias", None),
        ("entrou 2 dias atrás", None),
        ("inscrit il y a 2 jours", None),
        ("depuis 2 jours", None),
        ("iscritto 2 giorni fa", None),
        ("2 dagen geleden", None),
        ("2 gün önce", None),
        ("2 dni temu", None),
        ("joined on 2021-03-04", None),
        ("beigetreten am 4.3.2021", None),
        ("joined march 4, 2021", None),
        ("since 2026-11-30", None),
        ("year 0000-01-01", None),
        ("stories are gone after 24 hours", None),
        ("on 31/31/2026", None),
        ("version 12 2026", None),
        ("on 2026-13-45", None),
        ("on february 30, 2026", None),
        ("try again later", None),
        ("", None),
    ],
)
def test_the_end_of_a_block_is_read_where_it_is_named(words, end):
    assert block_end(words, NOW) == end
