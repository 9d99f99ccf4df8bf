"""Words about linking an Instagram account: the ends of requests, and the ways to get a code."""

from bot.core.errors import find_code
from bot.decision.snapshot import Verification
from bot.linking.requests import Answer
from bot.phones.hardware import CLIENT_PHONE, PHONES
from bot.phones.places import DEFAULT_LANGUAGE, LANGUAGES, countries
from bot.phones.report import PhoneReport


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
BUSY = "Asking Instagram. This can take up to half a minute."
_ENDED = {
    "link": "Your Instagram account is connected.",
    "verify": "The code was right: your Instagram account is connected.",
    "test": "Your Instagram session works.",
    "import": "The session works: your Instagram account is connected.",
}


def asks(pending: Verification) -> str:
    """Return what Instagram asks for, and how it reaches the person."""
    if pending.method == "app":
        return "Type the code that your authenticator app shows now."
    if pending.method == "backup_code":
        return "Type one of the backup codes that Instagram gave you. Each works once."
    if pending.method in ("sms", "whatsapp"):
        return f"Instagram sent a code by {pending.sent_to}."
    if pending.kind == "two_factor":
        return "Instagram wants the code that your authenticator app shows, or that it sent you."
    return f"Instagram sent a code to {pending.sent_to or 'you'}."


def _why(answer: Answer) -> str:
    entry = find_code(str(answer.result.get("error")))
    return f"{entry.description} {entry.remedy}" if entry else ""


def phone_choices(phone: PhoneReport) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen of a phone, by field. The empty value is the default, and its text says which."""
    names, known = countries(), phone.phone is not None
    where = names[phone.country if known else phone.default_country]
    language = LANGUAGES[phone.place.language if phone.place else DEFAULT_LANGUAGE]
    return {
        "country": [("", f"{where}, as before" if known else f"Default: {where}"), *names.items()],
        "language": [("", f"{language}, as before" if known else f"Default: {language}"), *LANGUAGES.items()],
        "phone": [("", f"{phone.phone}, as before" if known else f"Default: {PHONES[CLIENT_PHONE]}"), *PHONES.items()],
        "proxy_country": [("", "Unknown"), *names.items()],
    }


def country(code: str) -> str:
    return countries()[code]


def elsewhere(phone: PhoneReport) -> str:
    """Return the warning about a proxy in another country than the account."""
    there = country(phone.proxy_country or "")
    return (
        f"The country of the proxy is {there}, and that of the account is {country(phone.country)}. Instagram may take "
        f"this for a stolen account. Use a proxy in the account's country, or choose {there} when you link again."
    )


def name_of(code: str) -> str | None:
    entry = find_code(code)
    return entry.name if entry else None
