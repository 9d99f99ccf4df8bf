"""The pages: one blueprint a noun, names for templates, and every failure as HTML."""

from flask import Flask

from web import (
    accounts,
    action_list,
    actions,
    admin_errors,
    alert_channels,
    articles,
    assets,
    audit_log,
    bots,
    ceilings,
    composer,
    demo,
    do_not_contact,
    errors,
    first_run,
    fleet,
    fleet_results,
    home,
    inbox,
    instagram_client,
    kill_switch,
    lanes,
    lists,
    log,
    mail,
    moved,
    my_data,
    people,
    profile,
    recovery,
    registration,
    restores,
    results,
    second_factor,
    sessions,
    settings,
    sign_ins,
    users,
)
from web.failures import render_error
from web.forms import refuse_repeated

__all__ = ["register", "render_error"]

_NOUNS = (
    accounts,
    action_list,
    actions,
    admin_errors,
    alert_channels,
    articles,
    audit_log,
    bots,
    ceilings,
    composer,
    demo,
    errors,
    fleet,
    fleet_results,
    first_run,
    home,
    inbox,
    instagram_client,
    kill_switch,
    lanes,
    log,
    lists,
    mail,
    moved,
    my_data,
    people,
    profile,
    recovery,
    registration,
    restores,
    results,
    second_factor,
    sessions,
    settings,
    sign_ins,
    users,
)

for noun in _NOUNS:
    assets.blueprint.register_blueprint(noun.blueprint)
assets.blueprint.register_blueprint(do_not_contact.of_all)
assets.blueprint.register_blueprint(sign_ins.of_all)


def register(app: Flask) -> None:
    """Add every page to the application."""
    app.register_blueprint(assets.blueprint)
    # APIFlask's blueprints take no function to call before requests, so the application calls it.
    app.before_request(refuse_repeated)
    assets.prepare_templates(app)
