"""The OpenAPI document and a page that shows it without scripts or files of other sites."""

from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, render_template, send_from_directory

from api.openapi import document
from api.reference import chapters, prose
from middleware.access import public

bp = APIBlueprint("docs", __name__, tag={"name": "Documentation"}, template_folder="templates")
_STATIC = Path(__file__).parent / "static"


def _gives(content_type: str, kind: str) -> dict[int | str, Any]:
    return {200: {"description": "The document", "content": {content_type: {"schema": {"type": kind}}}}}


@bp.get("/openapi.json")
@public
@bp.doc(responses=_gives("application/json", "object"))
def show_openapi() -> Response:
    """Return this API as an OpenAPI 3.1 document."""
    return jsonify(document())


@bp.get("/docs")
@public
@bp.doc(responses=_gives("text/html", "string"))
def show_docs() -> str:
    """Show this API as a page."""
    made = document()
    return render_template("api/docs.html", info=made["info"], chapters=chapters(made), prose=prose)


@bp.get("/docs.css")
@public
@bp.doc(responses=_gives("text/css", "string"))
def show_stylesheet() -> Response:
    """Return the style sheet of the documentation."""
    return send_from_directory(_STATIC, "docs.css", mimetype="text/css", max_age=0)
