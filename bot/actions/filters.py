"""Filters of actions, their application to profiles, and the reasons for skips in words."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticKnownError

from bot.core.phrases import holds_any, name_of, plain
from bot.inputs.params import Params
from bot.inputs.validation import ONE_LINE

MAX_PEOPLE = 1_000_000_000
MAX_WORDS = 20


def _no_truth(value: object) -> object:
    """Refuse a boolean: JSON's true is no number, though Python's is."""
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


def _no_truth_either(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticKnownError("float_type")
    return value


def _with_substance(word: str) -> str:
    if not plain(word):
        raise ValueError("This holds no letter, digit or sign")
    return word


WHOLE = BeforeValidator(_no_truth)
Number = Annotated[int, WHOLE]
# Bounds come before the validator: pydantic leaves later ones out of the schema, for example in `Number | None`.
Steps = Annotated[int, Field(ge=0, le=10_000), WHOLE]
People = Annotated[int, Field(ge=0, le=MAX_PEOPLE), WHOLE]
Digits = Annotated[int, Field(ge=0, le=30), WHOLE]
Ratio = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_no_truth_either)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60), ONE_LINE, AfterValidator(_with_substance)]
Script = Literal["latin", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "han", "kana", "hangul", "thai"]
Choice = Literal["any", "only", "skip"]

OF_PROFILE = {
    "private": "has a private account",
    "too_few_followers": "has too few followers",
    "too_many_followers": "has too many followers",
    "too_few_following": "follows too few people",
    "too_many_following": "follows too many people",
    "ratio_too_low": "has too few followers for the people they follow",
    "ratio_too_high": "has too many followers for the people they follow",
    "too_few_posts": "has too few posts",
    "too_many_posts": "has too many posts",
    "too_many_digits": "has too many digits in the username",
    "business": "has a business account",
    "not_business": "has no business account",
    "verified": "has a verified account",
    "not_verified": "has no verified account",
    "no_picture": "has no profile picture",
    "bio_lacks_word": "has none of the wanted words in the biography",
    "bio_has_word": "has an unwanted word in the biography",
    "other_script": "writes in another script",
}
"""Reasons in the profile of a person, or of the author of a post."""
REASONS = {
    **OF_PROFILE,
    "already_followed": "is followed already",
    "already_handled": "was handled by this bot before",
    "follows_you": "follows you already",
    "not_found": "does not exist on Instagram",
    "refused": "was refused by Instagram",
    "own_account": "is your own account",
    "do_not_contact": "is on the do-not-contact list",
    "already_messaged": "was sent a message before",
    "long_conversation": "has too long a conversation with you to tell whether this message is in it",
    "unknown_message": "has a message from you that Troupe did not send",
    "in_another_order": "is left to another action of yours",
    "answered": "has answered",
    "replied_by_hand": "got a reply from you",
    "forgotten": "was forgotten, because you asked for it",
    "identical_text": "would get the same text as too many others",
    "no_story": "has no story now",
    "already_seen": "has no story that you have not seen",
    "already_liked": "has a post that is liked already",
    "on_keep_list": "is on the keep list",
    "not_followed_any_more": "is not followed any more",
    "followed_too_lately": "was followed too short a time ago",
    "follows_back": "follows you back",
    "no_post": "has no post that is not liked already",
    "did_not_happen": "did not do in time what the next step waited for",
}
"""Reasons for a skip, as codes and in words. The words follow a name."""

_PAIRS = [(f"{what}_min", f"{what}_max") for what in ("followers", "following", "ratio", "posts")]
# The bot's own records and the list of its followers answer these.
_NOT_OF_THE_PROFILE = {"skip_followed_before", "skip_my_followers"}


class Filters(Params):
    """The people to skip."""

    followers_min: People | None = Field(None, description="The fewest followers to have.")
    followers_max: People | None = Field(None, description="The most followers to have.")
    following_min: People | None = Field(None, description="The fewest people to follow.")
    following_max: People | None = Field(None, description="The most people to follow.")
    ratio_min: Ratio | None = Field(
        None,
        description="The fewest followers for each person followed. Following no one counts as following one.",
    )
    ratio_max: Ratio | None = Field(
        None,
        description="The most followers for each person followed. Following no one counts as following one.",
    )
    posts_min: People | None = Field(None, description="The fewest posts to have.")
    posts_max: People | None = Field(None, description="The most posts to have.")
    digits_max: Digits | None = Field(None, description="The most digits to have in the username.")
    skip_private: bool = Field(True, description="Whether to leave out people with a private account.")
    business: Choice = Field("any", description="Whether to take business accounts only, or to leave them out.")
    verified: Choice = Field("any", description="Whether to take verified accounts only, or to leave them out.")
    skip_no_picture: bool = Field(False, description="Whether to leave out people without a profile picture.")
    bio_must: list[Word] = Field(
        default_factory=list,
        max_length=MAX_WORDS,
        description="Words of which the biography has to hold at least one.",
    )
    bio_must_not: list[Word] = Field(
        default_factory=list, max_length=MAX_WORDS, description="Words of which the biography may hold none."
    )
    scripts: list[Script] = Field(
        default_factory=list,
        max_length=10,
        description="Scripts that name and biography may mostly be written in; none: any. Japanese is kana and han.",
    )
    skip_followed_before: bool = Field(
        True,
        description="Whether to skip people that this bot has handled before. For actions to follow only.",
    )
    skip_my_followers: bool = Field(
        False, description="Whether to leave out people who follow you; of actions to follow only."
    )

    ADDED_LATER = frozenset({"posts_min", "posts_max", "digits_max"})

    @model_validator(mode="after")
    def _ordered(self) -> "Filters":
        for low, high in _PAIRS:
            lowest, highest = getattr(self, low), getattr(self, high)
            if lowest is not None and highest is not None and lowest > highest:
                raise ValueError(f"{low} is above {high}")
        return self

    @property
    def asks_profile(self) -> bool:
        """True if any filter needs the person's profile, which costs a request."""
        nothing = Filters(skip_private=False)
        return self.model_dump(exclude=_NOT_OF_THE_PROFILE) != nothing.model_dump(exclude=_NOT_OF_THE_PROFILE)


class Profile(Protocol):
    """The input of the filters."""

    @property
    def username(self) -> str: ...
    @property
    def full_name(self) -> str: ...
    @property
    def followers(self) -> int: ...
    @property
    def following(self) -> int: ...
    @property
    def posts(self) -> int: ...
    @property
    def is_private(self) -> bool: ...
    @property
    def is_verified(self) -> bool: ...
    @property
    def is_business(self) -> bool: ...
    @property
    def biography(self) -> str: ...
    @property
    def has_picture(self) -> bool: ...


def skip_reason(profile: Profile, filters: Filters) -> str | None:
    """Return the first reason (of REASONS) for which the filters skip this person, or None."""
    return next(_reasons(profile, filters), None)


def _reasons(profile: Profile, filters: Filters) -> Iterator[str]:
    if filters.skip_private and profile.is_private:
        yield "private"
    yield from _outside(profile.followers, filters.followers_min, filters.followers_max, "followers")
    yield from _outside(profile.following, filters.following_min, filters.following_max, "following")
    ratio = profile.followers / max(profile.following, 1)
    if filters.ratio_min is not None and ratio < filters.ratio_min:
        yield "ratio_too_low"
    if filters.ratio_max is not None and ratio > filters.ratio_max:
        yield "ratio_too_high"
    yield from _outside(profile.posts, filters.posts_min, filters.posts_max, "posts")
    yield from _outside(sum(map(str.isdigit, profile.username)), None, filters.digits_max, "digits")
    yield from _unchosen(profile.is_business, filters.business, "business")
    yield from _unchosen(profile.is_verified, filters.verified, "verified")
    if filters.skip_no_picture and not profile.has_picture:
        yield "no_picture"
    if filters.bio_must and not holds_any(profile.biography, filters.bio_must):
        yield "bio_lacks_word"
    if holds_any(profile.biography, filters.bio_must_not):
        yield "bio_has_word"
    if filters.scripts and not _mostly_in(f"{profile.full_name} {profile.biography}", filters.scripts):
        yield "other_script"


def _outside(value: int, lowest: int | None, highest: int | None, what: str) -> Iterator[str]:
    if lowest is not None and value < lowest:
        yield f"too_few_{what}"
    if highest is not None and value > highest:
        yield f"too_many_{what}"


def _unchosen(is_one: bool, choice: Choice, what: str) -> Iterator[str]:
    if choice == "only" and not is_one:
        yield f"not_{what}"
    if choice == "skip" and is_one:
        yield what


_SCRIPTS: dict[str, Script] = {
    "LATIN": "latin",
    "CYRILLIC": "cyrillic",
    "GREEK": "greek",
    "ARABIC": "arabic",
    "HEBREW": "hebrew",
    "DEVANAGARI": "devanagari",
    "CJK": "han",
    "IDEOGRAPHIC": "han",
    "HIRAGANA": "kana",
    "KATAKANA": "kana",
    "KATAKANA-HIRAGANA": "kana",
    "HANGUL": "hangul",
    "THAI": "thai",
}


def _mostly_in(text: str, scripts: list[Script]) -> bool:
    """Return whether no other script has more letters in the text than each of these. A text without letters passes."""
    counts = Counter(_script(char) for char in text if char.isalpha())
    return not counts or max(counts.values()) == max(counts[script] for script in scripts)


@lru_cache(4096)
def _script(letter: str) -> Script | None:
    return _SCRIPTS.get(name_of(unicodedata.normalize("NFKC", letter)[:1]).split(" ")[0])
