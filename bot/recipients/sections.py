"""What lines and cells say of the accounts beside or below them: of another site, or of people not to write to."""

import re

from bot.recipients.headers import is_site
from bot.recipients.ordinary_words import is_do_not_write, names_do_not_write, says_do_not_write
from bot.recipients.other_sites import is_other_site, names_other_site, without_accounts

OTHER_SITE, DO_NOT_WRITE = "other_site", "do_not_write"
"""Reasons of rejected rows."""
_COLONS = ":："
# A line that a person left out: "// anna_k", "~~@anna_k~~", "!@anna_k".
_LEFT_OUT = re.compile(r"\A\s*(?://|~~|!\s*@)")


def section(text: str, above: str | None, *, is_first: bool) -> str | None:
    """Why the rows below a line are of nobody; as above it unless the line is a heading.

    Of people not to write to, the first line of a list says nothing: it is asked about.
    """
    title = text.rstrip(f"{_COLONS} ")
    is_heading = title != text or is_other_site(text) or is_site(text) or is_do_not_write(text)
    if not is_heading:
        return above
    reason = reason_against(text)
    return None if is_first and reason == DO_NOT_WRITE else reason


def reason_against(text: str) -> str | None:
    """Why the accounts in a text, or beside it, are not to be written to; None if it says nothing against it."""
    if names_other_site(text):
        return OTHER_SITE
    return DO_NOT_WRITE if _LEFT_OUT.match(text) or names_do_not_write(without_accounts(text)) else None


def value_against(cell: str, *, has_header: bool) -> str | None:
    """As reason_against, of a cell that holds nothing else: a note may tell of several sites and people."""
    if is_other_site(cell) or (not has_header and names_other_site(cell)):
        return OTHER_SITE
    return DO_NOT_WRITE if says_do_not_write(cell) else None
