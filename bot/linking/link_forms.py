"""Input forms for linking an Instagram account: username, password, proxy and code."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from bot.inputs.instagram_sessions import MAX_BYTES
from bot.inputs.params import Params
from bot.inputs.typed_text import plain_code
from bot.inputs.usernames import undressed
from bot.inputs.validation import InstagramName, wrong_form
from bot.linking import proxy as linking_proxy
from bot.phones.choice import PhoneFields
from bot.storage.models.values import CodeMethod

_WHERE_IT_IS = "Instagram shows it at the top of your profile."
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Instagram allows no name of digits alone. A name may have dots between them.
_PHONE = re.compile(r"\+?[0-9]{7,15}|[+0][0-9.]{7,20}")
_IN_PHONES = re.compile(r"[\s()/-]")
_CODE = re.compile(r"[0-9]{4,12}")


def _typed_name(text: object) -> object:
    """Refuse addresses and phone numbers. Instagram's own sign-in takes them, so people type them here."""
    typed = undressed(text).removeprefix("mailto:") if isinstance(text, str) else ""
    if _ADDRESS.fullmatch(typed):
        raise wrong_form(f"Type the username, not the e-mail address. {_WHERE_IT_IS}")
    if _PHONE.fullmatch(_IN_PHONES.sub("", typed)):
        raise wrong_form(f"Type the username, not the phone number. {_WHERE_IT_IS}")
    return text


def _digits(text: str) -> str:
    digits = plain_code(text)
    if not _CODE.fullmatch(digits):
        raise wrong_form("Type the code as you got it: 4 to 12 digits.")
    return digits


ProxyUrl = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=linking_proxy.MAX_URL)]


class Credentials(Params):
    """The username and password at Instagram. The password goes to Instagram exactly as typed."""

    username: Annotated[InstagramName, BeforeValidator(_typed_name)] = Field(
        description="The username at Instagram, not the e-mail address or phone number."
    )
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)] = Field(
        description="The password at Instagram; it is stored encrypted."
    )


class Link(Credentials, PhoneFields):
    proxy: ProxyUrl | None = Field(
        None,
        description="The account's one proxy, like http://user:password@host:port or host:port:user:password; it is "
        "stored encrypted. Without it an account that is linked again keeps the one it has.",
    )

    ADDED_LATER = frozenset(PhoneFields.model_fields)


TypedVerification = Annotated[str, StringConstraints(max_length=64), AfterValidator(_digits)]


class Code(Params):
    code: TypedVerification = Field(description="The code that Instagram sent, or that the authenticator shows.")


class SendCode(Params):
    method: CodeMethod | None = Field(
        None, description="One of the `methods` that Instagram offers; left out, the code comes the same way again."
    )


class ImportSession(PhoneFields):
    session: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BYTES)] = Field(
        description="The JSON of instagrapi's `dump_settings`, or the value of the cookie `sessionid`. A session of a "
        "browser often ends within days. It is stored encrypted; the version of the app, the proxy and all settings of "
        "the connection in it are left out."
    )
    proxy: ProxyUrl | None = Field(None, description="The account's one proxy, as at /api/bot/login.")
