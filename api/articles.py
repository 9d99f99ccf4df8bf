"""Help articles: what happened, what to do now and what follows if no one does anything."""

from typing import Self

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.help.articles import MAX_QUERY, Article, Audience, articles, get_article, related, search
from bot.inputs.params import Params
from middleware.access import signed_in

bp = blueprint("help", "Help")


class HelpQuery(Params):
    """A search of the articles."""

    q: str | None = Field(None, max_length=MAX_QUERY, description="Words that an article has to have, or a code.")


class ArticleTitle(Schema):
    """An article of a list."""

    slug: str
    title: str
    topic: str
    audience: Audience = Field(description="`operator`: for people who run the server or program against the API.")
    summary: str
    codes: list[str] = Field(description="The codes that it explains.")
    page: str = Field(description="The page that shows it.")

    @classmethod
    def of(cls, article: Article) -> Self:
        return cls(**cls.fields_of(article))

    @staticmethod
    def fields_of(article: Article) -> dict[str, object]:
        return {
            "slug": article.slug,
            "title": article.title,
            "topic": article.topic_title,
            "audience": article.audience,
            "summary": article.summary,
            "codes": [entry.code for entry in article.codes],
            "page": f"/help/{article.slug}",
        }


class ArticleListing(Answer):
    items: list[ArticleTitle]


class ArticleOut(ArticleTitle):
    """A whole article."""

    what_happened: str
    what_to_do: list[str]
    if_you_do_nothing: str
    related: list[str] = Field(description="Slugs of articles on the same topic.")


class ArticleAnswer(Answer):
    item: ArticleOut


@bp.get("/help")
@signed_in
@bp.input(HelpQuery, location="query")
@bp.output(ArticleListing)
def list_articles(query_data: HelpQuery) -> ArticleListing:
    """List the help articles, or those that hold every word of a search."""
    found = search(query_data.q) if query_data.q else articles().values()
    return ArticleListing(items=[ArticleTitle.of(article) for article in found])


@bp.get("/help/<slug>")
@signed_in
@bp.output(ArticleAnswer)
@raises("NOT_FOUND")
def show_article(slug: str) -> ArticleAnswer:
    """Show a help article."""
    article = get_article(slug)
    item = ArticleOut(
        **ArticleTitle.fields_of(article),
        what_happened=article.happened,
        what_to_do=[" ".join(filter(None, (step.lead, step.more))) for step in article.now],
        if_you_do_nothing=article.nothing,
        related=[other.slug for other in related(article)],
    )
    return ArticleAnswer(item=item)
