from bot.help.articles import articles
from tests.api.caller import field_codes, json_of, refusal


def test_it_lists_every_article(calls, alice):
    items = json_of(calls(alice).get("/help"))["items"]
    assert [item["slug"] for item in items] == list(articles())


def test_it_searches_by_words_and_codes(calls, alice):
    for query in ("instagram+signed+out", "E-AUTH-E-0018"):
        items = json_of(calls(alice).get(f"/help?q={query}"))["items"]
        assert "instagram-signed-the-bot-out" in [item["slug"] for item in items]
    assert json_of(calls(alice).get("/help?q=xylophone"))["items"] == []
    assert field_codes(calls(alice).get(f"/help?q={'x' * 101}")).keys() == {"q"}


def test_it_shows_an_article(calls, alice):
    item = json_of(calls(alice).get("/help/instagram-signed-the-bot-out"))["item"]
    article = articles()["instagram-signed-the-bot-out"]
    assert (item["title"], item["codes"]) == (article.title, ["E-AUTH-E-0018"])
    assert (item["what_happened"], item["if_you_do_nothing"]) == (article.happened, article.nothing)
    assert item["what_to_do"][0].startswith("Connect the account again. ")
    assert item["page"] == "/help/instagram-signed-the-bot-out"
    assert len(item["related"]) == 3


def test_an_article_that_does_not_exist_is_not_found(calls, alice):
    assert refusal(calls(alice).get("/help/nothing-like-it")) == (404, "NOT_FOUND")
