"""create_app(): compose api, web and the parts of middleware/, in the order in which they see a request."""

from typing import Any

from apiflask import APIFlask
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import api
import web
from bot.app import create_base_app
from bot.config.environment import Config
from bot.core.errors import BotException
from bot.operations.last_words import end_with_a_sentence, last_words
from bot.storage.schema import init_migrations
from middleware.access import init_access
from middleware.faces import calls_api
from middleware.failures import told_failure
from middleware.origin_check import init_form_tokens, init_hosts, init_origin_check
from middleware.rate_limit import add_limit_headers, init_rate_limit
from middleware.readings import init_readings
from middleware.request_body import init_request_bodies
from middleware.request_id import finish_request, init_request_ids
from middleware.security_headers import add_security_headers

# gunicorn ends if a worker exits with this status. With any other it would start new ones forever.
APP_LOAD_ERROR = 4


def create_app(config: Config | None = None, **parts: Any) -> APIFlask:
    """Return the web application. `parts` go to create_base_app. Raises ConfigError."""
    app = APIFlask(
        "troupe",
        title="Troupe",
        version="0.1.0",
        json_errors=False,
        spec_path=None,
        docs_path=None,
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None
    )
    config = config or Config.from_env()
    create_base_app(config, app=app, **parts)
    _believe_proxies(app, config.trusted_proxies)
    # They see a request in this order.
    init_request_ids(app)
    init_readings(app)
    init_request_bodies(app)
    init_hosts(app)
    init_rate_limit(app, config)
    init_origin_check(app, config)
    init_access(app)
    init_form_tokens(app)
    app.after_request(_finish)
    init_migrations(app)
    api.register(app)
    web.register(app)
    for kind in (BotException, HTTPException, Exception):
        app.register_error_handler(kind, _render_failure)
    return app


def _believe_proxies(app: Flask, count: int) -> None:
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _finish(response: Response) -> Response:
    if response.status_code == 405:
        methods: Any = getattr(request.routing_exception, "valid_methods", None)
        response.headers["Allow"] = ", ".join(sorted(methods or ()))
    add_security_headers(response)
    add_limit_headers(response)
    finish_request(response)
    return response


def _render_failure(error: Exception) -> ResponseReturnValue:
    """Return a failure in the form of the face that was called."""
    failure, code = told_failure(error)
    return api.render_error(failure, code) if calls_api() else web.render_error(failure, code)


def __getattr__(name: str) -> Any:
    """Make `wsgi:app` for servers and for the flask command on first use, so that importing has no effect."""
    if name == "app":
        end_with_a_sentence()
        with last_words(status=APP_LOAD_ERROR):
            globals()["app"] = create_app()
        return globals()["app"]
    raise AttributeError(name)
