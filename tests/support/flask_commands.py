"""Run several `flask` commands in one process, each under its own environment: their imports take most of a start.

Asked by JSON on standard input: a list of arguments and environment. What each says, and its status, is on standard
error.
"""

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Sequence

from local.stack import ROOT

_END = re.compile(r"^ended with (-?\d+)\n", re.MULTILINE)
Asked = tuple[list[str], dict[str, str]]


def run_all(asked: Sequence[Asked]) -> list[tuple[int, str]]:
    """Return status and standard error of each."""
    command = [sys.executable, "-m", "tests.support.flask_commands"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    *parts, rest = _END.split(done.stderr)
    assert rest == ""
    return [(int(status), told) for told, status in zip(parts[::2], parts[1::2], strict=True)]


def _run(arguments: list[str], env: dict[str, str]) -> int:
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = arguments
    # Each makes its application itself, and says itself how it ends if that fails.
    sys.modules.pop("wsgi", None)
    sys.excepthook = sys.__excepthook__
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    for one in json.load(sys.stdin):
        print(f"ended with {_run(*one)}", file=sys.stderr, flush=True)
