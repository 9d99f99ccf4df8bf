"""Reading of the address of a post, as people copy it from Instagram, into the code that names the post."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from bot.inputs.usernames import undressed
from bot.inputs.validation import wrong_form

_MAX_TYPED = 500
_FORM = "Type the link to one post, like https://www.instagram.com/p/B1LbfVPlwIA/"
_NO_POST_LINK = "This link does not lead to a post. Open the post in a browser and copy its address."
_SITE = re.compile(r"(?:https?://)?(?:(?:www|m|mobile)\.)?(?:instagram\.com|instagr\.am)(?=/|$)", re.IGNORECASE)
# Links that are made for sharing (/share/p/…) have a code of their own, which only Instagram can resolve.
_PATH = re.compile(
    r"/+(?:(?!share/)[A-Za-z0-9._]{1,30}/+)?(?:p|reels?(?!/+audio)|tv)/+([A-Za-z0-9_-]{5,64})(?:[/?#].*)?",
    re.ASCII,
)
# Codes had fewer characters until 2013. Without a link, such a text is rather a name.
_CODE = re.compile(r"[A-Za-z0-9_-]{10,11}", re.ASCII)
_ANY_LINK = re.compile(r"[a-z]+://|www\.", re.IGNORECASE)


def read_post_code(text: str) -> str:
    """Return the code in the address of a post or a reel, or the bare code.

    Raises PydanticCustomError of type `wrong_form`.
    """
    typed = undressed(text).removeprefix("<").removesuffix(">").strip()
    if site := _SITE.match(typed):
        if path := _PATH.fullmatch(typed, site.end()):
            return path[1]
        raise wrong_form(_NO_POST_LINK)
    if _ANY_LINK.match(typed):
        raise wrong_form(_NO_POST_LINK)
    if not _CODE.fullmatch(typed):
        raise wrong_form(_FORM)
    return typed


PostCode = Annotated[str, StringConstraints(max_length=_MAX_TYPED), AfterValidator(read_post_code)]
