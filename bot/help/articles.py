"""Help articles: the cause behind a code, what to do about it, and what follows if no one does anything.

They are data: `articles.toml` for users, `operators.toml` for people who run the server or program against the API. The
table `demo` of an article replaces what is not true in the demo.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from flask import has_app_context

from bot.config.runtime import runtime
from bot.core.errors import BotException, ErrorCode, registry
from bot.core.phrases import plain
from bot.help.figures import figures

Audience = Literal["user", "operator"]
_FILES: dict[Audience, str] = {"user": "articles.toml", "operator": "operators.toml"}
TOPICS = {
    "signing-in": "Signing in",
    "account": "Your Instagram account",
    "bot": "Your bot",
    "actions": "Actions",
    "schedule": "Schedule",
    "limits": "Limits",
    "messages": "Messages and people",
    "notifications": "Notifications",
    "site": "This site",
    "users": "Users and mails",
    "queues": "Queues and workers",
    "server": "Database and server",
    "developers": "For developers",
}
"""Titles of the topics, in the order of the page."""
MAX_QUERY = 100
"""Characters of the longest search."""


@dataclass(frozen=True)
class Step:
    """One thing to do: the sentence that says it, and further sentences."""

    lead: str
    more: str


@dataclass(frozen=True)
class Button:
    """The way to do it: the address of a page, or an address that the button posts to."""

    label: str
    page: str | None = None
    post: str | None = None


@dataclass(frozen=True)
class Article:
    """One article. `codes` share its cause. `nothing` says what follows if no one does anything."""

    slug: str
    topic: str
    title: str
    audience: Audience
    codes: tuple[ErrorCode, ...]
    summary: str
    happened: str
    now: tuple[Step, ...]
    nothing: str
    button: Button | None = None

    @property
    def topic_title(self) -> str:
        return TOPICS[self.topic]

    @property
    def text(self) -> str:
        """Everything a search reads."""
        steps = (f"{step.lead} {step.more}" for step in self.now)
        codes = (f"{code.code} {code.name}" for code in self.codes)
        return " ".join((self.title, self.summary, self.happened, *steps, self.nothing, *codes))


def articles() -> dict[str, Article]:
    """Return every article by its slug, in the order of the files, as it is true of the current app.

    Without an app it is of an installation that reaches Instagram.
    """
    return _articles(demo=has_app_context() and runtime().config.instagram_sandbox)


@cache
def _articles(*, demo: bool) -> dict[str, Article]:
    found = (
        _article(entry, audience, demo=demo)
        for audience, name in _FILES.items()
        for entry in tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))["article"]
    )
    return {article.slug: article for article in found}


def get_article(slug: str) -> Article:
    """Return an article. Raises NOT_FOUND."""
    if article := articles().get(slug):
        return article
    raise BotException("NOT_FOUND")


@cache
def _slugs() -> dict[str, str]:
    return {code.name: article.slug for article in _articles(demo=False).values() for code in article.codes}


def article_of(entry: ErrorCode) -> Article:
    """Return the article of a registered code."""
    return articles()[_slugs()[entry.name]]


def by_topic(audience: Audience) -> dict[str, list[Article]]:
    """Return the articles of an audience by the title of their topic."""
    found: dict[str, list[Article]] = {}
    for article in articles().values():
        if article.audience == audience:
            found.setdefault(article.topic_title, []).append(article)
    return found


def search(text: str) -> list[Article]:
    """Return the articles that hold every word of the text, those with the words in their title first."""
    words = plain(text).split()
    found = [article for article in articles().values() if words and _holds(article.text, words)]
    return sorted(found, key=lambda article: (article.audience != "user", not _holds(article.title, words)))


def related(article: Article, number: int = 3) -> list[Article]:
    """Return the next articles of the same topic, from the first again after the last."""
    same = [other for other in articles().values() if other.topic == article.topic]
    at = same.index(article)
    return (same[at + 1 :] + same[:at])[:number]


def _holds(text: str, words: list[str]) -> bool:
    read = plain(text)
    return all(word in read for word in words)


def _article(entry: dict[str, Any], audience: Audience, *, demo: bool) -> Article:
    true, known = entry | entry.get("demo", {}) if demo else entry, figures(demo=demo)
    said = {name: true[name].format_map(known) for name in ("title", "summary", "happened", "nothing")}
    steps = (step.format_map(known).partition(". ") for step in true["now"])
    return Article(
        slug=entry["slug"],
        topic=entry["topic"],
        audience=audience,
        codes=tuple(registry()[name] for name in entry["codes"]),
        now=tuple(Step(lead if lead.endswith(".") else f"{lead}.", more) for lead, _, more in steps),
        button=Button(**entry["button"]) if "button" in entry else None,
        **said,
    )
