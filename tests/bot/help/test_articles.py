"""Every code has one article, no two say the same, and figures come from the constants of the product."""

import re
import string
import tomllib
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from bot.config.runtime import EXTENSION
from bot.core.errors import BotException, registry
from bot.decision import pushback
from bot.help import articles as module
from bot.help.articles import TOPICS, article_of, articles, by_topic, get_article, related, search
from bot.help.figures import figures, length
from bot.linking import dry_runs

FILES = list(Path(module.__file__).parent.glob("*.toml"))
SOURCE = {path.name: tomllib.loads(path.read_text(encoding="utf-8"))["article"] for path in FILES}
# "UTF-8" is a name and no figure.
NAMES = re.compile(r"\{\w+\}|UTF-8")
PARTS = ("title", "summary", "happened", "nothing")


def texts(entry):
    return [text for said in (entry, entry | entry.get("demo", {})) for text in (*map(said.get, PARTS), *said["now"])]


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def test_every_code_has_exactly_one_article_and_none_is_left_over():
    named = [name for entries in SOURCE.values() for entry in entries for name in entry["codes"]]
    assert sorted(named) == sorted(registry())


def test_every_article_has_an_address_of_its_own():
    slugs = [entry["slug"] for entries in SOURCE.values() for entry in entries]
    assert len(set(slugs)) == len(slugs) == len(articles())
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)
    assert not {"errors", "operators"} & set(slugs)


def test_every_topic_is_used_by_one_audience():
    pairs = {(article.topic, article.audience) for article in articles().values()}
    assert sorted(topic for topic, _ in pairs) == sorted(TOPICS)


@pytest.mark.parametrize("part", [*PARTS, "now"])
def test_no_two_articles_say_the_same(part):
    said = [" ".join(entry[part]) if part == "now" else entry[part] for all_of in SOURCE.values() for entry in all_of]
    assert {text for text in said if said.count(text) > 1} == set()


def test_no_two_bodies_are_alike():
    alike = []
    for first, second in combinations(articles().values(), 2):
        one, other = words(first.text), words(second.text)
        if len(one & other) / len(one | other) > 0.6:
            alike.append((first.slug, second.slug))
    assert alike == []


def test_no_figure_is_typed():
    typed = {
        entry["slug"]: text
        for entries in SOURCE.values()
        for entry in entries
        for text in texts(entry)
        if re.search(r"\d", NAMES.sub("", text))
    }
    assert typed == {}


def test_every_figure_is_used_and_known():
    used = {
        name
        for entries in SOURCE.values()
        for entry in entries
        for text in texts(entry)
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }
    assert used == set(figures())


@pytest.mark.parametrize("demo", [True, False])
def test_an_article_is_true_where_it_is_read(base_app, monkeypatch, demo):
    here = base_app.extensions[EXTENSION]
    monkeypatch.setattr(here, "config", here.config.model_copy(update={"instagram_sandbox": demo}))
    proxy, webhook = get_article("proxy-address"), get_article("webhook-address")
    assert ("on this machine" in proxy.now[0].lead) is demo
    assert ("on this machine" in webhook.now[0].more) is demo
    assert ("public" in proxy.text + webhook.text) is not demo
    assert proxy.now == article_of(registry()["PROXY_FORBIDDEN"]).now
    pause = length(dry_runs.DEMO_PAUSE if demo else dry_runs.PAUSE)
    assert f"was {pause} ago" in get_article("preview-too-soon").happened


def test_only_articles_of_the_demo_differ_in_it():
    there, here = module._articles(demo=False), module._articles(demo=True)
    assert there.keys() == here.keys()
    differ = {slug for slug in there if there[slug] != here[slug]}
    assert {entry["slug"] for entries in SOURCE.values() for entry in entries if "demo" in entry} <= differ
    assert differ < set(there)


def test_a_figure_is_the_constant_of_the_product():
    said = get_article("instagram-paused-a-kind")
    assert f"rest for {length(pushback.BLOCK_REST)}" in said.happened
    assert f"within {length(pushback.REPEATED_WITHIN)}" in said.nothing


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(hours=24), "24 hours"),
        (timedelta(hours=72), "72 hours"),
        (timedelta(days=7), "7 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=90), "90 minutes"),
    ],
)
def test_a_length_is_said_in_its_largest_whole_unit(span, said):
    assert length(span) == said


def test_every_step_is_a_sentence_with_its_lead():
    for article in articles().values():
        assert article.now, article.slug
        for step in article.now:
            assert step.lead.endswith("."), article.slug
            assert len(step.lead) <= 120, step.lead
            assert not step.more or step.more.endswith("."), article.slug


def test_every_title_is_a_short_line():
    for article in articles().values():
        assert len(article.title) <= 60, article.title
        assert not article.title.endswith("."), article.title


def test_an_article_is_found_by_its_words_and_by_its_code():
    assert get_article("instagram-signed-the-bot-out") in search("SIGNED out bot")
    assert search("E-AUTH-E-0018") == search("instagram_logged_out") == [article_of(registry()["INSTAGRAM_LOGGED_OUT"])]


def test_articles_with_the_words_in_their_title_come_first_and_those_of_operators_last():
    found = search("proxy")
    assert ["proxy" in article.title.lower() for article in found] == sorted(
        ("proxy" in article.title.lower() for article in found), reverse=True
    )
    audiences = [article.audience for article in search("server")]
    assert set(audiences) == {"user", "operator"}
    assert audiences == sorted(audiences, reverse=True)


@pytest.mark.parametrize("text", ["", "   ", "xylophone", "proxy xylophone"])
def test_a_search_finds_only_what_has_every_word(text):
    assert search(text) == []


def test_related_articles_are_of_the_same_topic():
    for article in articles().values():
        others = related(article)
        assert article not in others
        assert {other.topic for other in others} <= {article.topic}


def test_an_article_that_does_not_exist_is_not_found():
    with pytest.raises(BotException, match="NOT_FOUND"):
        get_article("nothing-like-it")


def test_the_pages_of_users_and_operators_have_all_articles():
    topics = [by_topic(audience) for audience in ("user", "operator")]
    assert sum(len(shown) for of_audience in topics for shown in of_audience.values()) == len(articles())
