"""The pages: a blueprint per noun, what templates know, and the HTML twin of every failure."""

from flask import Flask

from web import accounts, actions, activity, assets, automation, bots, errors, overview, profile, sessions, users
from web.failures import render_error

__all__ = ["register", "render_error"]

for noun in (accounts, actions, activity, automation, bots, errors, overview, profile, sessions, users):
    assets.blueprint.register_blueprint(noun.blueprint)


def register(app: Flask) -> None:
    """Adds every page to the application."""
    app.register_blueprint(assets.blueprint)
    assets.prepare_templates(app)
