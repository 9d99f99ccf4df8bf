"""Words about linking an Instagram account: the ends of requests, and the ways to get a code."""

from bot.core.errors import find_code
from bot.linking.requests import Answer
from web.labels import here


def answered(answer: Answer) -> tuple[str, str]:
    """Return the sentence about an ended request and its tone."""
    if answer.result.get("requires_verification"):
        return "Instagram wants one more thing before it lets you in.", "info"
    if answer.result.get("error") in ("NOT_LINKED", "SESSION_INVALID"):
        return _why(answer), "bad"
    if answer.kind != "test" and answer.result.get("error"):
        return f"Instagram let you in, but it asks for something before your bot can work. {_why(answer)}", "warn"
    if not answer.result.get("session_valid"):
        return f"Your Instagram session works no more. {_why(answer)}", "bad"
    return _ENDED[answer.kind], "good"


# README says the same. This is the page on which a person decides to trust Troupe with an account.
VERIFIED = (
    "This project has never been run against the real Instagram. What it expects there comes from public records, read "
    "on November 29, 2026"
)
# On the buttons that choose the way of a code.
CODE_METHODS = {
    "app": "Use your authenticator app",
    "sms": "Send an SMS",
    "whatsapp": "Send a WhatsApp message",
    "email": "Send an e-mail",
    "backup_code": "Use a backup code",
    "device": "Approve on another device",
}
_ENDED = {
    "link": "Your Instagram account is linked.",
    "verify": "The code was right: your Instagram account is linked.",
    "test": "Your Instagram session works.",
    "import": "The session works: your Instagram account is linked.",
}


def _why(answer: Answer) -> str:
    entry = find_code(str(answer.result.get("error")))
    return f"{entry.description} {here(entry.remedy)}" if entry else ""


def name_of(code: str) -> str | None:
    entry = find_code(code)
    return entry.name if entry else None
