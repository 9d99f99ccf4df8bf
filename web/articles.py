"""/help: articles on what happened, what to do now and what follows if you do nothing. Public: errors link to it."""

from dataclasses import dataclass
from typing import Annotated

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from pydantic import Field

from bot.core.errors import find_code, registry
from bot.help.articles import MAX_QUERY, Article, article_of, by_topic, get_article, related, search
from bot.history.activity import list_activity
from bot.history.error_codes import KnownCode
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from bot.storage.models import Activity
from middleware.access import me, public
from web.forms import parse
from web.panel import Panel, own_panel

blueprint = Blueprint("help", __name__)
CODE = r"E-[A-Z]{2,8}-[IWEC]-[0-9A-F]{4}"
# Times at which the reader met the cause, newest first.
MAX_TIMES = 3


class HelpQuery(Params):
    """A search of the articles."""

    q: str | None = Field(None, max_length=MAX_QUERY)


class ArticleQuery(Params):
    """The code that led to an article."""

    code: Annotated[str, Pattern(CODE, "This is not the form of a code.")] | None = None


@dataclass(frozen=True)
class Mine:
    """The cause of an article in the reader's own bot: the panel if it is the present reason, and the last times."""

    panel: Panel | None
    times: list[Activity]


@blueprint.get("/help")
@public
def index() -> ResponseReturnValue:
    asked = parse(HelpQuery, request.args).q
    known = find_code(asked.strip().upper()) if asked else None
    if known:
        return redirect(address_of(known.code, article_of(known)))
    return render_template("help/index.html", asked=asked, found=search(asked or ""), topics=by_topic("user"))


@blueprint.get("/help/operators")
@public
def operators() -> str:
    return render_template("help/operators.html", topics=by_topic("operator"))


@blueprint.get("/help/<slug>")
@public
def show(slug: str) -> str:
    article = get_article(slug)
    return render_template(
        "help/article.html",
        article=article,
        asked=parse(ArticleQuery, request.args).code,
        related=related(article),
        mine=_mine(article) if current_user.is_authenticated else None,
    )


def article_for(known: KnownCode) -> Article:
    """Return the article of a code. Unforeseen errors share that of INTERNAL."""
    return article_of(known.entry if known.registered else registry()["INTERNAL"])


def address_of(code: str, article: Article) -> str:
    """Return the address of an article, which then names the code that led there."""
    return url_for("web.help.show", slug=article.slug, code=code)


def _mine(article: Article) -> Mine:
    codes = [entry.code for entry in article.codes]
    met = [row for code in codes for row in list_activity(me().id, MAX_TIMES, None, code=code).items]
    panel = own_panel()
    times = sorted(met, key=lambda row: row.at, reverse=True)[:MAX_TIMES]
    return Mine(panel if panel.why in codes else None, times)
