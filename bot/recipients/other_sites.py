"""Names of other sites in lines, whose @ names may then be names there and not at Instagram."""

import re
import unicodedata

from bot.recipients.headers import plain_words
from bot.recipients.ordinary_words import is_list_word

_ALWAYS = (
    "tik ?tok|douyin|twitter|facebook|fb|youtube|you tube|yt|snapchat|snap|telegram|telegramm|linkedin|pinterest"
    "|discord|reddit|twitch|whats ?app|onlyfans|fansly|github|gitlab|mastodon|bluesky|bsky|tumblr|soundcloud|spotify"
    "|skype|viber|wechat|vkontakte|vimeo|flickr|patreon|paypal|venmo|cash ?app|kik|steam|be ?real|clubhouse"
    "|substack|psn|xbox|line id|red ?note|xiaohongshu|weibo|truth ?social|rumble|nostr|likee|lemon8"
    "|threads\\.(?:net|com)"
    "|тик ?ток|твиттер|фейсбук|ютуб|телеграм|телеграмм|дискорд|ватсап|вконтакте|вк"
)
# Words and single letters that are ordinary next to a name. They name a site only in front of an account.
_BEFORE_A_NAME = "x|tg|sc|tt|wa|tw|dc|vk|pin|threads|line|signal|medium|xing|e-?mail|mail|phone|web ?site|blog|тг|тт"
_SITE = re.compile(
    rf"(?<![^\W_])(?:(?:{_ALWAYS})(?![^\W_])"
    rf"|(?:{_BEFORE_A_NAME})(?:\.com)?[\s:=/(\[>|–—-]*@"
    rf"|(?:\(\s*|\[\s*|\bon\s+)(?:{_BEFORE_A_NAME})(?![^\W_])"
    r"|x\.com(?![^\W_]))"
)
_NAME = re.compile(rf"(?<![^\W_])(?:{_ALWAYS}|x\.com)(?:\.(?:com|net))?(?![^\W_])")
# An account may be named like a site.
_MENTION = re.compile(r"(?<![\w.@])@[a-z0-9._]+")
# The lookbehind keeps a long run of letters from being read again from each of them.
_LINK = re.compile(r"(?<![a-z])(?:https?://)?(?:[a-z]+\.)?(?:instagram\.com|instagr\.am|ig\.me)/\S*")


def names_other_site(text: str) -> bool:
    """Return whether a text names another site, apart from usernames with an @ and links."""
    return _SITE.search(without_accounts(text)) is not None


def is_other_site(text: str) -> bool:
    """Return whether a text is a site's name, alone or with usual words of lists: "tiktok", "TikTok account"."""
    rest, names = _NAME.subn(" ", without_accounts(text))
    return names > 0 and "@" not in rest and all(map(is_list_word, rest.split()))


def is_of_other_site(header: str) -> bool:
    """Return whether a header names another site: "tiktokHandle", "Username (TikTok)"."""
    return names_other_site(" ".join(plain_words(header)))


def without_accounts(text: str) -> str:
    """Return the text in lower case without links to Instagram. Each username with an @ is cut to the @."""
    return _MENTION.sub("@", _LINK.sub(" ", unicodedata.normalize("NFKC", text).casefold()))
