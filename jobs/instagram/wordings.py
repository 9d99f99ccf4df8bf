"""Phrases of Instagram for people, where a reply has no field that tells the same.

Instagram answers in the language of the account. The English phrases are from public records. The others are our own
translations of them, for the languages that Troupe's users have most. All are matched against `plain` text. A phrase
that is missing costs a name that says less, never a wrong one.
"""

import re


def plain(text: str) -> str:
    """Return the text in lower case with one kind of apostrophe."""
    return text.lower().replace("’", "'")


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


# Instagram asks to "wait a few minutes", and says it of nothing else.
FEW_MINUTES = _any_of(
    r"wait a few minutes|a few minutes before",
    r"(einige|ein paar) minuten",
    r"(unos|algunos|alguns|uns) minutos",
    r"quelques minutes",
    r"(qualche|alcuni|pochi) minut",
    r"(een paar|enkele) minuten",
    r"birkaç dakika",
    r"несколько минут",
    r"kilka minut",
    r"beberapa menit",
)
TRY_LATER = _any_of(
    r"try again later|too many (attempts|requests|codes)|tried too many",
    r"später (noch einmal|erneut|wieder)|es später",
    r"más tarde|mais tarde|plus tard|più tardi",
    r"later opnieuw|het later",
    r"daha sonra",
    r"позже|později|później",
)
BLOCKED = _any_of(
    r"action blocked|temporarily (blocked|restricted|limited)|we (limit|restrict) (how|certain)",
    r"aktion blockiert|vorübergehend (blockiert|gesperrt|eingeschränkt)",
    r"acción bloqueada|ação bloqueada|action bloquée|azione bloccata|actie geblokkeerd|eylem engellendi",
    r"действие заблокировано|działanie zablokowane",
)
# Not "update your app to see this", which is said of one thing alone.
OUTDATED = _any_of(r"version of instagram is (out of date|no longer supported)", r"(update|upgrade) your app to log in")
# Not "this account", which is that of a target.
ACCOUNT_OVER = _any_of(r"(?<!this )(?<!that )account (has been|was|is) (disabled|suspended|deactivated)")
ADDRESS_REFUSED = _any_of(
    r"\bopen proxy\b", r"\bip( address)?\b.{0,40}\b(blocked|flagged)\b", r"(blocked|flagged) your ip\b"
)
PASSWORD_WRONG = _any_of(
    r"password\b.{0,40}\b(incorrect|wrong|invalid|isn't right|not right)|(wrong|incorrect) password",
    r"passwort\b.{0,40}\b(falsch|nicht richtig)|falsches passwort",
    r"contraseña\b.{0,40}\bincorrecta|senha\b.{0,40}\bincorreta",
    r"mot de passe\b.{0,40}\bincorrect|password\b.{0,40}\b(errata|non (è )?corretta)",
    r"wachtwoord\b.{0,40}\bonjuist|şifre\w*.{0,40}\b(yanlış|hatalı)",
    r"неверный пароль|пароль.{0,40}невер|hasło.{0,40}nieprawidłow",
)
PASSWORD_TO_RESET = _any_of(
    r"(need|have|asked?) to (reset|change) your password|(we've|we have) reset your password|create a new password"
)
NOBODY = _any_of(
    r"(can't|couldn't|could not|cannot) find (an|your|that) account",
    r"doesn't (appear to )?belong to an|no (account|users?) found|incorrect username",
)
CODE_EXPIRED = _any_of(r"code\b.{0,60}\bexpired|expired\b.{0,60}\bcode", r"code\b.{0,60}\babgelaufen")
CODE_WRONG = _any_of(
    r"check the (security |confirmation |login |backup )?code",
    r"code\b.{0,40}\b(incorrect|invalid|wrong|not valid|doesn't match|didn't (work|match)"
    r"|isn't (valid|right|correct|working))",
    r"(incorrect|invalid|wrong) (security |confirmation |login |backup )?code",
    r"enter (a|the) (valid|correct|right) (security |confirmation |login |backup )?code",
    r"code\b.{0,40}\b(falsch|ungültig|nicht richtig|incorrect|invalide|onjuist|ongeldig)",
    r"código\b.{0,40}\b(incorrecto|incorreto|inválido|no es válido)",
    r"codice\b.{0,40}\b(errato|non (è )?(valido|corretto))",
    r"\bkod\w*.{0,40}\b(yanlış|geçersiz|hatalı|nieprawidłow)|неверный код|\bкод.{0,40}невер",
)
# Said of one person: messages from this account do not reach them.
MESSAGES_CLOSED = _any_of(
    r"allow new message requests|permission to message this|not everyone can message",
    r"(can't|cannot|unable to|not allowed to) (message|send (a )?messages? to) this",
    r"(can't|cannot) receive (your|this) message",
    r"(doesn't|does not|don't) (allow|accept|receive) (new )?(messages|message requests)",
    r"isn't (accepting|allowing) (new )?(messages|message requests)",
    r"only (accepts?|allows?|receives?) messages from|only people (they|this person) follows?\b",
)
FOLLOWS_FULL = _any_of(
    r"max(imum)?( number| limit)? of (follows|accounts|people)|follow(ing)? (the )?max",
    r"follow(ing)? too many (people|accounts)|\b7[.,  ]?500\b",
)
TARGET_NOT_ALLOWED = _any_of(
    r"(can't|cannot|can not|couldn't|could not|not allowed to|unable to) (un)?(follow|like|view|see|do this)\b.*"
    r"\b(this|that) (account|user|person|profile|post|media|photo|video|reel|story)\b",
    r"\b(this|that) (account|user|person) (has )?blocked you\b",
)
NO_RECIPIENT = _any_of("invalid target user", "target user not found")
NO_PERSON = _any_of("user not found", "invalid target user", "unable to fetch followers")
NO_POST = _any_of(
    "media not found", "media is unavailable", "invalid media_id", "has been deleted", "post isn't available"
)
