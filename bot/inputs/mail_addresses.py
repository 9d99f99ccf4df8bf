"""Reading of e-mail addresses, and their form on the wire."""

from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import EmailStr, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from bot.inputs.typed_text import half_width, visible

MAX_LENGTH = 254
_FORM = "Type an e-mail address, like name@example.org"
# A mail with other letters arrives only if every server on the way knows SMTPUTF8 (RFC 6531).
_OTHER_LETTERS = (
    "Before the @ only a to z, digits and signs like . - _ + can be used: mail servers refuse other letters"
)
_TOO_LONG = f"An e-mail address has {MAX_LENGTH} characters at most"


def _read(text: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    if not isinstance(text, str):
        return handler(text)
    typed = visible(half_width(text))
    typed = typed[7:] if typed[:7].lower() == "mailto:" else typed
    try:
        address: str = handler(typed)
        if not address.rpartition("@")[0].isascii():
            raise ValueError(_OTHER_LETTERS)
        if len(wire_form(address)) > MAX_LENGTH:
            raise ValueError(_TOO_LONG)
    except ValidationError:
        raise ValueError(_FORM) from None
    return address


MailAddress = Annotated[EmailStr, WrapValidator(_read)]
"""An e-mail address that can receive mails. Its domain is in the letters that people read."""
_ADDRESS = TypeAdapter[str](MailAddress)


def kept_form(text: str) -> str:
    """Return the address as the database stores it. A text that is no address comes back stripped."""
    try:
        return _ADDRESS.validate_python(text)
    except ValidationError:
        return text.strip()


def wire_form(address: str) -> str:
    """Return the address with its domain in punycode, as mails carry it. Raises ValueError if there is no such form."""
    if address.isascii():
        return address
    try:
        ascii_form = validate_email(address, check_deliverability=False, allow_smtputf8=True).ascii_email
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    if ascii_form is None:
        raise ValueError("the part before the @ has no form in ASCII")
    return ascii_form
