"""/help/errors: meaning and remedy of each error code. Public, because a failed sign-in links to it."""

from flask import Blueprint, render_template

from bot.core.errors import registry
from bot.decision.sources import source_remedy
from bot.history.error_codes import KnownCode, get_code
from middleware.access import public

blueprint = Blueprint("errors", __name__)
MODULES = {
    "AUTH": "Signing in, here and at Instagram",
    "USR": "Users",
    "BOT": "The bot and Instagram's answers",
    "FLW": "Following",
    "LIKE": "Likes",
    "STO": "Stories",
    "DM": "Messages",
    "SCH": "Queue and plan",
    "QTA": "Limits and rests",
    "DB": "Stored data",
    "API": "Requests",
    "NET": "The network",
}


@blueprint.get("/help/errors")
@public
def index() -> str:
    """List the registry only. Codes of unforeseen errors have pages but no entry in the list."""
    entries = registry().values()
    groups = {title: [entry for entry in entries if entry.module == name] for name, title in MODULES.items()}
    return render_template("help_index.html", groups=groups)


@blueprint.get("/help/errors/<code>")
@public
def show(code: str) -> str:
    known: KnownCode = get_code(code.upper())
    return render_template(
        "help_code.html",
        known=known,
        of_source=source_remedy(known.entry.name),
        module=MODULES.get(known.module, known.module),
    )
