import pytest

from bot.auth.passwords import verify_password
from bot.core.visitor import Visitor
from bot.demo.users import DEMO_USER, demo_user, demo_users, ensure_demo_user, sign_in_demo
from bot.operations.release import release_command
from bot.users.directory import NewUser, create_user
from tests.support.attempts import refused

VISITOR = Visitor("127.0.0.1", "a browser")

pytestmark = pytest.mark.usefixtures("base_app")


def test_the_demo_user_has_a_password_and_no_change_to_make(base_app):
    made = ensure_demo_user()
    assert made
    user, password = made
    assert (user.role, user.must_change_password, user.first_password_expires_at) == ("user", False, None)
    assert verify_password(user.password, password)


def test_it_is_made_once_and_keeps_its_password():
    made = ensure_demo_user()
    assert made
    assert ensure_demo_user() is None
    assert verify_password(demo_user(DEMO_USER).password, made[1])


def test_a_user_of_that_name_stays_who_they_are():
    create_user(NewUser(username=DEMO_USER, role="admin"), None)
    assert ensure_demo_user() is None
    assert demo_users() == []
    assert refused(sign_in_demo, DEMO_USER, VISITOR) == "NOT_FOUND"


def test_the_release_makes_it_only_when_asked(base_app):
    runner = base_app.test_cli_runner()
    assert "demo: " not in runner.invoke(release_command, []).output
    assert runner.invoke(release_command, ["--demo"]).output.splitlines()[-1].startswith("demo: demo ")
    assert "demo: " not in runner.invoke(release_command, ["--demo"]).output


def test_the_release_refuses_it_without_the_sandbox(base_app, config):
    from bot.config.runtime import EXTENSION

    base_app.extensions[EXTENSION].config = config.model_copy(update={"instagram_sandbox": False})
    assert base_app.test_cli_runner().invoke(release_command, ["--demo"]).exit_code == 2
    assert demo_user(DEMO_USER) is None
