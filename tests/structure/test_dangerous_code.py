"""No module does what the rules forbid; each rule finds the sample that is planted for it."""

import ast
import re

import pytest

from tests.structure import rules
from tests.structure.source import ROOT, product_files, shown, tree

# Code that is not the product's own part: it starts programs and keeps time for one machine, or plays Instagram.
_PRODUCT = [path for path in product_files() if shown(path).split("/")[0] not in ("local", "sandbox")]

ALLOWED = {
    rules.chance: {
        "bot/config/clock.py": "the delays between steps, which are no secret",
        "jobs/past/__main__.py": "the days of a demo user, which are to be the same each time",
        "jobs/past/person.py": "the wishes of a demo user, which are to be the same each time",
    },
    rules.network: {
        "bot/network/addresses.py": "asks the resolver",
        "bot/demo/sandbox.py": "the sandbox on this machine, at a port that a setting names",
        "bot/core/causes.py": "names the errors of others, and opens nothing",
        "bot/network/pinned_http.py": "checks where it goes",
        "bot/mail/smtp.py": "the mail server, which the administrator names",
        "jobs/past/clocks.py": "the sandbox on this machine, at a port that a setting names",
        "jobs/instagram/answers.py": "the client of Instagram",
        "jobs/instagram/endpoint.py": "the client of Instagram",
        "jobs/instagram/factory.py": "the client of Instagram",
        "jobs/instagram/translate.py": "the client of Instagram",
        "jobs/instagram/transport.py": "the client of Instagram",
        "jobs/instagram/wire.py": "the client of Instagram",
        "middleware/serving.py": "is the server, which opens none",
    },
    rules.beside_the_scope: {
        "bot/storage/engine.py": "makes the engine",
        "bot/storage/roles.py": "roles belong to the server",
        "bot/operations/fleet_figures.py": "the functions that count over all users",
        "bot/storage/models/limit.py": "an index of an expression",
        "bot/storage/models/message.py": "an index of an expression",
        "bot/operations/readiness.py": "the version of the schema, which is nobody's",
        "bot/storage/schema.py": "how a migration begins",
        "bot/storage/tenancy.py": "is the scope",
        "bot/auth/throttle.py": "counts one after the other, by a lock of the database",
        "bot/automation/wakeups.py": "the two functions that the clock may call",
        "bot/automation/verdicts.py": "the function that reads the verdicts of all bots",
        "bot/automation/client_versions.py": "the function that counts sessions by their app version",
    },
    rules.told_by_foreigners: {"jobs/worker_pool.py": "what is wrong with a setting, which never names its value"},
    rules.made_up_sql: {
        "bot/storage/engine.py": "a number that stands beside it",
        "bot/storage/roles.py": "the names of the three roles",
    },
    rules.markup: {"web/charts.py": "draws thousands of numbers, and escapes each text itself"},
    rules.own_clock: {
        "bot/config/clock.py": "is the clock",
        "bot/lanes/queue.py": "lanes are scored by the time that all machines share",
        "jobs/instagram/client.py": "what Instagram is told of when a story was seen",
        "middleware/rate_limit.py": "the throttle counts by the time that all machines share",
    },
    rules.compared_in_time: {
        "bot/steps/doubts.py": "marks a message; no secret",
        "bot/linking/provisioning.py": "an empty password is told from a hash",
        "jobs/step_kinds/message.py": "marks a message; no secret",
        "web/profile.py": "both were typed by the same person",
        "web/recovery.py": "a password that was typed twice",
        "web/registration.py": "a password that was typed twice",
    },
}
"""Rule → module → why it may."""

PLANTED = {
    rules.chance: ["import random", "from random import choice"],
    rules.network: [
        "import requests",
        "from urllib.request import urlopen",
        "import urllib.request",
        "import http.client",
        "from socket import create_connection",
        "import httpx as quick",
    ],
    rules.loads_code: [
        "import pickle",
        "from marshal import loads",
        "eval(x)",
        "os.system('ls')",
        "render_template_string(x)",
    ],
    rules.shell: ["run('ls', shell=True)"],
    rules.unverified: ["get(url, verify=False)", "context.verify_mode = ssl.CERT_NONE"],
    rules.markup: ["Markup(name)", "markupsafe.Markup(f'<b>{name}</b>')"],
    rules.made_up_sql: [
        "session.execute(text(f'SELECT {x}'))",
        "text('SELECT ' + x)",
        "text('SELECT %s' % x)",
        "text('SELECT {}'.format(x))",
        "query = f'DELETE FROM users WHERE id = {x}'",
    ],
    rules.beside_the_scope: [
        "session.execute(text('SELECT 1'))",
        "insert(User.__table__)",
        "session.connection()",
        "db.engine.connect()",
        "db.session.add(row)",
    ],
    rules.own_clock: ["datetime.now(UTC)", "time.time()", "date.today()"],
    rules.told_by_foreigners: [
        "try:\n  f()\nexcept ValueError as error:\n  log.error('failed', why=str(error))",
        "try:\n  f()\nexcept ValueError as error:\n  get_logger().warning(f'failed: {error}')",
        "try:\n  f()\nexcept ValueError as error:\n  raise BotException('INTERNAL', f'{error}.')",
        "try:\n  f()\nexcept ValueError as error:\n  log.info('failed', why=error)",
        "try:\n  f()\nexcept ValueError as error:\n  log.info('failed', why=error.args[0])",
    ],
    rules.secret_in_address: ["url_for('reset', token=token)", "f'/reset?token={token}'"],
    rules.compared_in_time: ["token == given", "given.signature != expected", "stored_hash == digest"],
}

INNOCENT = {
    rules.chance: "import secrets",
    rules.network: "from urllib.parse import quote",
    rules.loads_code: "import json",
    rules.shell: "run(['ls'])",
    rules.unverified: "get(url, verify=True)",
    rules.markup: "Markup('<b>{}</b>').format(name)",
    rules.made_up_sql: "session.execute(select(User).where(User.id == x)); f'{x} people were deleted'",
    rules.beside_the_scope: "session.execute(select(User))",
    rules.own_clock: "now()",
    rules.told_by_foreigners: "try:\n  f()\nexcept ValueError as error:\n  log.error('failed', exc_info=error)",
    rules.secret_in_address: "url_for('users', user_id=x)",
    rules.compared_in_time: "select(UserSession).where(UserSession.token_hash == digest); password == ''",
}

_EVERY_RULE = sorted(PLANTED, key=lambda rule: rule.__name__)
each_rule = pytest.mark.parametrize("rule", _EVERY_RULE, ids=lambda rule: rule.__name__)


@each_rule
def test_no_module_breaks_it(rule):
    allowed = ALLOWED.get(rule, {})
    found = [f"{shown(path)}:{line}" for path in _PRODUCT if shown(path) not in allowed for line in rule(tree(path))]
    assert found == [], rule.__doc__


@each_rule
def test_every_exception_is_still_needed(rule):
    for name in ALLOWED.get(rule, {}):
        assert list(rule(tree(ROOT / name))), name


@each_rule
def test_it_finds_what_is_planted_and_nothing_else(rule):
    assert [sample for sample in PLANTED[rule] if not list(rule(ast.parse(sample)))] == []
    assert list(rule(ast.parse(INNOCENT[rule]))) == []


UNSAFE_TEMPLATE = re.compile(
    r"\|\s*safe\b|autoescape\s+false|\bhx-on\b|\bjavascript:|\son[a-z]+\s*=|<style|\sstyle\s*="
)
UNSAFE = ("{{ name | safe }}", "{{ name|safe }}", "{% autoescape false %}", '<a onclick="x()">', '<p style="x">')


def test_no_template_shows_data_as_markup_or_brings_code_of_its_own():
    templates = [path for folder in ("web", "api") for path in (ROOT / folder / "templates").rglob("*.html")]
    assert len(templates) > 50
    assert [shown(path) for path in templates if UNSAFE_TEMPLATE.search(path.read_text())] == []
    assert all(UNSAFE_TEMPLATE.search(planted) for planted in UNSAFE)


def test_only_templates_of_html_are_escaped_so_there_are_no_others():
    files = [path for folder in ("web", "api") for path in (ROOT / folder / "templates").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".html"}
