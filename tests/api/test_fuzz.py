"""The API against its own document: whatever is sent, the answer is one that is promised, and never a 5xx.

As many examples of each operation as FUZZ says, good ones and bad ones; the same ones each time.
"""

import os
import random
from functools import update_wrapper

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from bot.auth.sessions import sessions
from bot.linking import requests
from bot.storage.models import User
from bot.storage.tenancy import identity
from tests.support.people import VISITOR

EXAMPLES = int(os.environ.get("FUZZ", "3"))


TIMES = {"start_at", "since", "until", "from", "to"}
# What is read as people type it, so that no pattern describes all that is taken.
READ = {
    *("hashtag", "account", "username", "usernames", "keep", "code", "verification_code"),
    *("tags", "of", "posts", "after", "within"),
}


def no_schema_says(problem):
    """A bound of a time; a whole number that is written as 5.0; what our own readers and validators say, as of a
    hashtag, of a time zone, of the template of a message, of a session, or of two fields that have to fit each other.
    """
    if problem["code"] == "WRONG_FORM" and READ.intersection(problem["field"].split(".")):
        return True
    if problem["field"] in TIMES or problem["message"] == "This has to be a whole number.":
        return True
    return problem["code"] in ("INVALID", "INVALID_INPUT")


def takes_what_is_documented(ctx, response, case):
    """What the document allows is not refused for its form; other rules refuse with codes of their own, which `raises`
    declares.
    """
    answer = response.json() if response.status_code == 422 else {}
    if answer.get("error") == "INVALID_INPUT" and not all(map(no_schema_says, answer["errors"])):
        return checks.positive_data_acceptance(ctx, response, case)
    return None


CHECKS = [
    takes_what_is_documented,
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
    checks.allow_header_conformance,
    checks.use_after_free,
    checks.ensure_resource_availability,
]
if "FUZZ" in os.environ:
    # Three calls more for each example; that every operation refuses who is signed out, tests/api/test_access.py shows.
    CHECKS.append(checks.ignored_auth)
# `ready` says 503 where no worker runs, and what the demo offers is not there without its sandbox.
NOT_A_FAILURE = {"ready", "sandbox_accounts", "answering_people"}

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """No limit of requests a minute, and no waiting for a worker."""
    monkeypatch.setattr("middleware.rate_limit.REQUESTS_PER_MINUTE", 1_000_000)
    for asked in (requests.link, requests.verify, requests.test_session, requests.preview):
        monkeypatch.setitem(asked.__kwdefaults__ or {}, "wait", 0.0)


def token_of(app, somebody):
    """Of a new sign-in: what was called before may have ended the last one."""
    with app.app_context(), identity() as session:
        token = sessions.issue(session, session.get_one(User, somebody.id), VISITOR)
        session.commit()
    return token


def problems_of(app, operation, mode, somebody):
    """What a number of calls of one operation do that its document does not promise."""
    headers = {"Authorization": f"Bearer {token_of(app, somebody)}"}
    name = operation.definition.raw["operationId"]
    wanted = [check for check in CHECKS if name not in NOT_A_FAILURE or check is not not_a_server_error]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case):
        case.call_and_validate(headers=headers, checks=wanted)

    try:
        call()
    except Unsatisfiable:
        # It takes nothing that could be wrong.
        return []
    except (Exception, FailureGroup) as problem:
        return [f"{name}, {mode.value}: {problem}"]
    return []


def is_called_by(who, operation, mode):
    """Whether a call by this caller can show what another's does not: nothing but a role tells callers apart.

    A user is refused what needs a role, whatever is sent: good calls show that this is promised too.
    """
    if "FUZZ" in os.environ:
        return True
    needs_role = "x-role" in operation.definition.raw
    return needs_role if who == "ada" else mode is GenerationMode.POSITIVE or not needs_role


def problems_in(app, mode, who, somebody):
    random.seed(0)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 50
    called = [operation for operation in operations if is_called_by(who, operation, mode)]
    assert len(called) > 10
    return [problem for operation in called for problem in problems_of(app, operation, mode, somebody)]


@pytest.mark.parametrize("who", ["alice", "ada"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_a_promised_one(request, app, who, mode):
    problems = problems_in(app, mode, who, request.getfixturevalue(who))
    assert not problems, "\n\n".join(problems)


@pytest.mark.parametrize(
    "view",
    [lambda: 1 / 0, lambda: ("", 418), lambda: ({"success": True}, 200), lambda: ("", 200)],
    ids=["a 500", "a status that nobody promised", "fields that are missing", "another type of content"],
)
def test_an_answer_that_is_not_promised_is_found(app, alice, view):
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    endpoint = "api.settings.show_settings"
    app.view_functions[endpoint] = update_wrapper(view, app.view_functions[endpoint])
    problems = problems_of(app, schema["/api/bot/settings"]["GET"], GenerationMode.POSITIVE, alice)
    assert len(problems) == 1


def test_a_form_that_is_asked_for_and_not_documented_is_found(app, alice, monkeypatch):
    monkeypatch.setitem(globals(), "READ", set())
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    operation = schema["/api/bot/do-not-contact/{username}"]["DELETE"]
    (problem,) = problems_of(app, operation, GenerationMode.POSITIVE, alice)
    assert "Valid data should have been accepted" in problem
