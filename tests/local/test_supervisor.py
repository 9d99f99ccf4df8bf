import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from local.processes import wait_until
from local.supervisor import Program, ProgramFailed, RestartPolicy, Stopped, Supervisor

ROOT = Path(__file__).parents[2]
QUICK = RestartPolicy(deaths=2, window=60, first_delay=0.01, longest_delay=0.02)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", textwrap.dedent(code))


def says_ready(tmp_path, name, code="import signal; signal.pause()", **fields):
    """A program that writes its process id to a file, and is ready when it has."""
    mark = tmp_path / f"{name}.pid"
    write = f"import os, pathlib; pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\n"
    return Program(name, python(write + textwrap.dedent(code)), ready=mark.exists, **fields)


def recorded(tmp_path, name):
    return int((tmp_path / f"{name}.pid").read_text())


@pytest.fixture
def supervisor(tmp_path):
    supervisor = Supervisor(directory=tmp_path, logs=tmp_path / "log", restart_policy=QUICK)
    yield supervisor
    supervisor.stop()


def start(supervisor, *stages):
    supervisor.start(stages, os.environ)


def test_it_starts_a_stage_only_when_the_stage_before_is_ready(supervisor, tmp_path):
    first = says_ready(tmp_path, "first")
    second = Program("second", python(f"import os; assert os.path.exists({str(tmp_path / 'first.pid')!r})"), once=True)
    start(supervisor, [first], [second])
    assert psutil.pid_exists(supervisor.pid("first"))


def test_a_program_that_runs_once_is_remembered_and_not_logged(supervisor):
    start(supervisor, [Program("release", python("print('admin: ada secret')"), once=True)])
    assert supervisor.printed["release"] == "admin: ada secret\n"
    assert "secret" not in supervisor.log("release").read_text()


def test_it_ends_the_children_of_its_children_as_well(supervisor, tmp_path):
    code = f"""
        import subprocess, sys
        grandchild = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        pathlib.Path({str(tmp_path / "grandchild.pid")!r}).write_text(str(grandchild.pid))
        grandchild.wait()
    """
    program = says_ready(tmp_path, "web", code)
    start(supervisor, [program])
    assert wait_until(lambda: (tmp_path / "grandchild.pid").exists(), 10)
    supervisor.stop()
    assert not runs(recorded(tmp_path, "web"))
    assert wait_until(lambda: not runs(recorded(tmp_path, "grandchild")), 10)


def test_it_ends_the_last_stage_before_the_first(supervisor, tmp_path):
    order = tmp_path / "order"
    code = """
        import signal, sys
        def leave(*_):
            with open({order!r}, "a") as file:
                file.write({name!r} + " ")
            sys.exit()
        signal.signal(signal.SIGTERM, leave)
        pathlib.Path({mark!r}).touch()
        signal.pause()
    """

    def program(name):
        mark = tmp_path / f"{name}.mark"
        text = textwrap.dedent(code).format(order=str(order), name=name, mark=str(mark))
        return Program(name, python("import pathlib\n" + text), ready=mark.exists)

    start(supervisor, [program("redis")], [program("web")])
    supervisor.stop()
    assert order.read_text() == "web redis "


def test_it_kills_what_does_not_end_when_asked(supervisor, tmp_path):
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w'); signal.pause()"
    program = Program("deaf", python(code), ready=(tmp_path / "deaf").exists, grace=0.2)
    start(supervisor, [program])
    pid = supervisor.pid("deaf")
    supervisor.stop()
    assert not runs(pid)


def test_it_kills_at_once_when_it_is_asked_twice(supervisor, tmp_path):
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w'); signal.pause()"
    start(supervisor, [Program("deaf", python(code), ready=(tmp_path / "deaf").exists, grace=3600)])
    supervisor.request_stop()
    supervisor.request_stop()
    supervisor.wait()
    assert not runs(supervisor.pid("deaf"))


def test_it_restarts_what_dies(supervisor, tmp_path):
    start(supervisor, [says_ready(tmp_path, "worker")])
    first = supervisor.pid("worker")
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: supervisor.pid("worker") != first, 10)
    assert wait_until(lambda: recorded_or_none(tmp_path, "worker") == supervisor.pid("worker"), 10)


def test_it_gives_up_on_what_dies_again_and_again_and_shows_why(supervisor, tmp_path):
    go = tmp_path / "go"
    code = f"""
        import os, sys, time
        while not os.path.exists({str(go)!r}):
            time.sleep(0.01)
        sys.exit("no such table: users")
    """
    start(supervisor, [says_ready(tmp_path, "other"), Program("web", python(code))])
    go.touch()
    with pytest.raises(ProgramFailed, match=r"(?s)web died 3 times.*exit status 1.*no such table: users"):
        supervisor.wait()
    assert not runs(recorded(tmp_path, "other"))


def test_what_does_not_start_ends_the_others_and_shows_why(supervisor, tmp_path):
    broken = Program("web", python("import sys; sys.exit('address already in use')"), ready=lambda: False)
    with pytest.raises(ProgramFailed, match=r"(?s)web ended with exit status 1.*address already in use"):
        start(supervisor, [says_ready(tmp_path, "redis")], [broken])
    assert not runs(recorded(tmp_path, "redis"))


def test_what_never_gets_ready_is_not_waited_for_forever(supervisor):
    silent = Program("web", python("import signal; signal.pause()"), ready=lambda: False, ready_timeout=0.2)
    with pytest.raises(ProgramFailed, match="was not ready after"):
        start(supervisor, [silent])


def test_a_command_that_is_not_there_is_named(supervisor):
    with pytest.raises(ProgramFailed, match=r"web cannot be started: .*no-such-command"):
        start(supervisor, [Program("web", ("no-such-command",))])


def test_it_can_be_stopped_while_it_starts(supervisor):
    supervisor.request_stop()
    with pytest.raises(Stopped):
        start(supervisor, [Program("slow", python("import signal; signal.pause()"), ready=lambda: False)])
    assert not runs(supervisor.pid("slow"))


def test_everything_ends_when_the_supervisor_itself_is_killed(tmp_path):
    script = f"""
        import os, pathlib, sys
        from local.supervisor import Program, Supervisor
        mark = pathlib.Path({str(tmp_path / "pid")!r})
        program = Program("worker", (sys.executable, "-c", "import signal; signal.pause()"))
        supervisor = Supervisor(directory=mark.parent, logs=mark.parent)
        supervisor.start([[program]], os.environ)
        mark.with_suffix(".new").write_text(str(supervisor.pid("worker")))
        mark.with_suffix(".new").rename(mark)
        supervisor.wait()
    """
    process = subprocess.Popen(python(script), cwd=ROOT)
    try:
        assert wait_until((tmp_path / "pid").exists, 20)
    finally:
        process.kill()
        process.wait()
    worker = int((tmp_path / "pid").read_text())
    assert wait_until(lambda: not runs(worker), 10)


@pytest.mark.parametrize(
    ("ended_at", "expected"),
    [([100.0], 0.5), ([99.0, 100.0], 1.0), ([1.0, 100.0], 0.5), ([96.0, 97.0, 98.0, 99.0, 100.0], 8.0)],
)
def test_the_delay_doubles_with_each_recent_death(ended_at, expected):
    assert RestartPolicy().delay(ended_at, now=100.0) == expected


def test_one_death_too_many_in_the_window_ends_patience():
    assert RestartPolicy(deaths=2).delay([98.0, 99.0, 100.0], now=100.0) is None


def runs(pid):
    """Whether that process still does something; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def recorded_or_none(tmp_path, name):
    text = (tmp_path / f"{name}.pid").read_text()
    return int(text) if text else None
