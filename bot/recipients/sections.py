"""Hints about accounts in the lines and cells near them: another site, or people who get no messages."""

import re

from bot.recipients.headers import is_site
from bot.recipients.ordinary_words import is_do_not_write, names_do_not_write, says_do_not_write
from bot.recipients.other_sites import is_other_site, names_other_site, without_accounts

OTHER_SITE, DO_NOT_WRITE = "other_site", "do_not_write"
"""Reasons of rejected rows."""
_COLONS = ":："
# A line that a person left out: "// anna_k", "~~@anna_k~~", "!@anna_k".
_STRUCK_OUT = re.compile(r"\A\s*(?://|~~|!\s*@)")


def section(text: str, above: str | None, *, is_first: bool) -> str | None:
    """Return why the rows below a line are rejected. It stays as above unless the line is a heading.

    A first line about people who get no messages does not reject them: it raises a question.
    """
    title = text.rstrip(f"{_COLONS} ")
    is_heading = title != text or is_other_site(text) or is_site(text) or is_do_not_write(text)
    if not is_heading:
        return above
    reason = reason_against(text)
    return None if is_first and reason == DO_NOT_WRITE else reason


def reason_against(text: str) -> str | None:
    """Return why the accounts in or next to a text get no messages, or None."""
    if names_other_site(text):
        return OTHER_SITE
    return DO_NOT_WRITE if _STRUCK_OUT.match(text) or names_do_not_write(without_accounts(text)) else None


def value_against(cell: str, *, has_header: bool) -> str | None:
    """Return the same for a cell that holds nothing else. A note may mention several sites and people."""
    if is_other_site(cell) or (not has_header and names_other_site(cell)):
        return OTHER_SITE
    return DO_NOT_WRITE if says_do_not_write(cell) else None
