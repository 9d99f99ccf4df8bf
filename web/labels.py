"""Words of the pages for kinds, results, reasons and fields."""

from bot.actions.control import subject_of
from bot.actions.filters import OF_PROFILE
from bot.actions.filters import REASONS as SKIP_REASONS
from bot.core.errors import find_code, registry
from bot.decision.kinds import NOUNS
from bot.linking.proxy import ProxyReport
from bot.plans import words
from bot.plans.aliases import plan_of
from bot.settings.preferences import DAYS
from bot.storage.models import Action

ACTIVITY = {
    "follow": "Follow",
    "unfollow": "Unfollow",
    "like": "Like",
    "story": "View story",
    "message": "Message",
    "own_reply": "Reply",
    "reply": "Answer",
    "read_replies": "Read answers",
    "catch_up": "Read answers after a restore",
    "measure": "Read who followed back",
    "message_sent": "Mark as sent",
    "message_not_sent": "Mark as not sent",
    "message_send_again": "Send again",
    "order": "Action",
    "preview": "Preview matches",
    "action_paused": "Pause action",
    "action_running": "Resume action",
    "action_cancelled": "Cancel action",
    "action_rescheduled": "Schedule action",
    "action_renamed": "Rename action",
    "repeat_ended": "Stop repeating",
    "link": "Connect account",
    "verify": "Enter code",
    "send_code": "Ask for a code",
    "import": "Import session",
    "test": "Test connection",
    "check": "Check by your admin",
    "unlink": "Disconnect account",
    "account_request": "Ask Instagram",
    "request": "Request",
    "bot_start": "Turn on bot",
    "bot_stop": "Turn off bot",
    "settings": "Change settings",
    "limits": "Change limits",
    "do_not_contact": "Do not contact",
    "may_contact": "Allow contact",
    "person_forgotten": "Forget a person",
    "alert_channel_added": "Add notification",
    "alert_channel_removed": "Remove notification",
    "step": "Step",
}
SIGN_IN_ENDS = {
    "signed_out": "Signed out",
    "ended_by_user": "Signed out from another device",
    "ended_by_admin": "Ended by an admin",
    "password_changed": "Password changed",
    "password_reset": "Password reset",
    "disabled": "Login disabled",
    "withdrawn": "Ended with all others",
    "expired": "Lasted as long as one may",
    "idle": "Not used for too long",
    "lost": "Lost by the server",
}
"""Reasons for the end of a sign-in. Events of the second factor have their own sentences."""
RESULTS = {
    "done": "Done",
    "skipped": "Skipped",
    "failed": "Failed",
    "unknown": "Still open",
    "started": "Waiting",
    "resting": "Resting",
    "warned": "Warning",
}
STATES = {
    "queued": "Queued",
    "running": "Running",
    "paused": "Paused",
    "succeeded": "Done",
    "failed": "Failed",
    "cancelled": "Canceled",
    "pending": "To do",
    "working": "Working",
}
SKIPPED = SKIP_REASONS
REASONS = {name: text[0].upper() + text[1:] for name, text in SKIP_REASONS.items()} | {
    "requested": "Asked to follow; they have to accept",
    "you_said_sent": "You said that it was sent",
    "you_said_not_sent": "You said that it was not sent",
    "found_sent": "It was found in the conversation after a restore",
    "came_late": "Instagram first said that it was not done; a later check found it",
    "confirmed": "Checked: it is there",
    "story_gone": "The story was gone before it could be checked",
}
"""Reasons for skipped targets, and other remarks on a target."""
OF_POSTS = (
    REASONS
    | {name: f"By someone who {text}" for name, text in OF_PROFILE.items()}
    | {
        "own_account": "Your own",
        "do_not_contact": "By someone on the do-not-contact list",
        "already_liked": "Liked already",
    }
)
"""The same where the target is a post: a profile is that of its author."""
KINDS = NOUNS
DID = {
    "follow": "followed",
    "unfollow": "unfollowed",
    "like": "liked",
    "story": "watched",
    "message": "sent",
    "reply": "sent",
}
ALERTS = {
    "test": "A test",
    "session_ended": "Instagram has ended the session",
    "blocked": "Instagram has blocked the bot",
    "answer_stop": "Someone asked not to be contacted",
    "answer_positive": "Someone answered with a positive word",
    "answer": "Someone answered",
    "reminder": "Your admin reminds you that the bot waits for you",
}
"""Events that alert channels tell a user."""
HAND_MARKS = {"interested": "Interested", "question": "Question", "declined": "Declined"}
MARKS = {"opted_out": "Opted out", "positive": "Positive", **HAND_MARKS}
"""Marks of answers, by rule and by hand."""
MARK_TONES = {"positive": "good", "interested": "good", "question": "", "declined": ""}
ANSWER_SORTS = {"media": "Sent a picture, video or recording", "reaction": "Reacted"}
"""Answers without words."""
RULES = {
    "ceiling": "your admin’s maximum",
    "own": "your own limit",
    "default": "the default limit",
    "ramp": "the warm-up of a newly connected account",
    "per_hour": "the limit of an hour",
    "cool_down": "caution after Instagram pushed back",
    "restored": "the restore of the database, which does not know what was done today",
}
SCRIPTS = {
    "latin": "Latin",
    "cyrillic": "Cyrillic",
    "greek": "Greek",
    "arabic": "Arabic",
    "hebrew": "Hebrew",
    "devanagari": "Devanagari",
    "han": "Chinese (Han)",
    "kana": "Japanese (kana)",
    "hangul": "Korean (hangul)",
    "thai": "Thai",
}
FIELDS = {
    "username": "Username",
    "password": "Password",
    "email": "E-mail",
    "current_password": "Current password",
    "new_password": "New password",
    "repeat_password": "Repeat password",
    "code": "Code",
    "since": "Since",
    "role": "Role",
    "reason": "Reason",
    "search": "Name or e-mail",
    "who": "Who",
    "whom": "Who",
    "until": "Until",
    "proxy": "Proxy",
    "proxy_country": "Country of the proxy",
    "country": "Country",
    "language": "Language of the app",
    "timezone": "Time zone",
    "phone": "Phone",
    "own_phone": "Another phone",
    "session": "Session",
    "file": "File",
    "name": "Name",
    "hashtag": "Hashtag",
    "account": "Account",
    "amount": "How many",
    "usernames": "Usernames",
    "keep": "Keep these, too",
    "older_than_days": "Followed at least this many days ago",
    "start_at": "Start",
    "repeat.every_days": "Every how many days",
    "repeat.at": "At",
    "filters.followers_min": "Followers, at least",
    "filters.followers_max": "Followers, at most",
    "filters.following_min": "Following, at least",
    "filters.following_max": "Following, at most",
    "filters.ratio_min": "Followers per person followed, at least",
    "filters.ratio_max": "Followers per person followed, at most",
    "filters.posts_min": "Posts, at least",
    "filters.posts_max": "Posts, at most",
    "filters.digits_max": "Digits in the username, at most",
    "filters.bio_must": "One of these words",
    "filters.bio_must_not": "None of these words",
    "filters.scripts": "Scripts",
}
PROXY_HINT = (
    "Like http://user:password@host:port, socks5://… or host:port:user:password. It is kept encrypted and its password "
    "is never shown."
)
WHO = {"user": "You", "admin": "Your admin", "nobody": "No one. It passes by itself"}
TONES = {
    "done": "good",
    "succeeded": "good",
    "running": "good",
    "failed": "bad",
    "unknown": "warn",
    "paused": "warn",
    "started": "warn",
    "resting": "warn",
    "warned": "warn",
    "error": "bad",
    "critical": "bad",
    "warning": "warn",
}


def proxy(shown: ProxyReport) -> str:
    """Return the address of a proxy without its secrets."""
    login = ", with a username" if shown.has_credentials else ""
    return f"{shown.scheme} proxy at {shown.host}, port {shown.port}{login}"


def word(value: str | None, words: dict[str, str]) -> str:
    """Return the word for a name. A name without a word is returned unchanged, so that nothing is hidden."""
    return words.get(value or "", (value or "").replace("_", " ").capitalize())


def meaning(code: str) -> str:
    """Return the meaning of a code. Unforeseen errors share one sentence."""
    return (find_code(code) or registry()["INTERNAL"]).description


# The tabs of a hashtag as a choice, and the words for one and for many of their posts.
TABS = [("recent", "The newest"), ("top", "The most popular"), ("clips", "Reels only")]
POSTS = {"recent": ("recent post", "recent posts"), "top": ("top post", "top posts"), "clips": ("reel", "reels")}


def number_of(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {many}"


def title(action: Action) -> str:
    """Return what an action is called: its name, or the description of what it does."""
    return action.name or description(action)


def description(action: Action) -> str:
    """Return what an action does, such as "Follow 30 people from #coffee".

    Raises NotImplementedError for an unknown kind.
    """
    people, subject = number_of(action.total, "person", "people"), subject_of(action)
    if action.kind == "follow-followers":
        return f"Follow {number_of(action.total, 'follower', 'followers')} of {subject}"
    if action.kind == "like-hashtag":
        one, many = POSTS[action.params["order"]]
        return f"Like {number_of(action.total, one, many)} from {subject}"
    if action.kind == "view-stories":
        return f"Watch the stories of {people}{'' if action.listed else ' you follow'}"
    if action.kind == "unfollow":
        return f"Unfollow {people}"
    if action.kind == "send-messages":
        return f"Send a message to {people}"
    if action.kind == "plan":
        return words.title(plan_of(action.kind, action.params), action.total)
    if action.kind == "reply":
        # A person who was forgotten has no name here.
        return " to ".join(["Reply", *(f"@{name}" for name in action.params.get("usernames", ()))])
    if action.kind == "follow-hashtag":
        tab = action.params.get("order", "recent")
        return f"Follow {people} from {subject if tab == 'recent' else f'the {POSTS[tab][1]} of {subject}'}"
    raise NotImplementedError(action.kind)


REJECTED = {
    "broken_row": "The row cannot be read",
    "not_a_username": "Not an Instagram username",
    "empty_name": "No username in this row",
    "header": "A heading. Write @ before it if it is a person",
    "ordinary_word": "A word that is no username. Write @ before it if it is a person",
    "second_table": "Below a second row of headings. Send that table by itself",
    "above_header": "Above the headings of the table",
    "too_many_cells": "This row has more cells than the heading",
    "several_names": "More than one name. Put each on its own line",
    "other_site": "Names another site. Put the Instagram username on its own line",
    "do_not_write": "Your list says not to write to them",
    "button": "A button of Instagram. Write @ before it if it is a person",
    "may_be_name": "Maybe a display name. Write @ before it if it is a username",
    "too_many_rows": "More than 10,000 people; send these in another action",
}
LISTED_BY = {"user": "You", "admin": "An admin", "answer": "They asked not to be contacted"}
LIMITS = {
    "per_day": "Default a day",
    "per_hour": "Default an hour",
    "ceiling": "Maximum a day",
    "ceiling_hour": "Maximum an hour",
    "delay_min": "Pause from, seconds",
    "delay_max": "Pause to, seconds",
}
FIELDS |= {
    "recipients": "People",
    "file": "File",
    "message": "Message",
    "timezone": "Time zone",
    "week": "Working hours",
    "stop_words": "Stop words",
    "positive_words": "Positive words",
    "answer_days": "Days to keep texts",
    "note": "Note",
    "pause.start": "Nightly pause, from",
    "pause.end": "Nightly pause, to",
}
_EDGES = {"start": "from", "end": "to"}
_DELAYS = {"delay_min": "at least", "delay_max": "at most"}
_NUMBERS = {name: text.removeprefix("Default ").lower() for name, text in LIMITS.items()}
FIELDS |= {f"week.{day}.{edge}": f"{day.capitalize()}, {text}" for day in DAYS for edge, text in _EDGES.items()}
for _kind, (_, _many) in KINDS.items():
    FIELDS |= {f"{_kind}.{name}": f"{_many.capitalize()}, {text}" for name, text in _NUMBERS.items()}
    FIELDS |= {f"pace.{_kind}.{name}": f"{_many.capitalize()}, {text}" for name, text in _DELAYS.items()}
