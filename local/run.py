"""`make run`: start everything, print how to sign in, end everything."""

import argparse
import os
import signal
import sys

from bot.config.environment import ConfigError
from local.processes import end_with_parent
from local.redis import RedisUnavailable
from local.stack import InTheWay, Stack
from local.supervisor import ProgramFailed, Stopped

__all__ = ["Stack", "main"]

HOPELESS = (ConfigError, InTheWay, ProgramFailed, RedisUnavailable)


def main() -> int:
    """Run until a signal. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.run", description=__doc__)
    parser.add_argument("--end-with-parent", action="store_true", help="end when the caller is killed")
    parser.add_argument("--new-password", metavar="NAME", help="make a new first password for NAME instead")
    parser.add_argument(
        "--past", metavar="DAYS", type=int, default=0, help="let a second demo user live this number of days"
    )
    options = parser.parse_args()
    if options.end_with_parent:
        end_with_parent()
    try:
        if options.new_password:
            return Stack(os.environ).call("flask", "--app", "wsgi", "new-password", options.new_password)
        return _run(Stack(os.environ, lively=True, past=options.past))
    except HOPELESS as problem:
        print(f"troupe: {problem}", file=sys.stderr, flush=True)
    except OSError as problem:
        print(f"troupe: {problem.strerror}: {problem.filename}", file=sys.stderr, flush=True)
    return 1


def _run(stack: Stack) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # `nohup` asks for a run that outlives its terminal.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stack.request_stop())
    print(f"Troupe starts; its files and logs are in {stack.instance}", flush=True)
    try:
        stack.start()
        if stack.demo:
            print("The demo user is {}, with the password {}; the sign-in page has a button.".format(*stack.demo))
        print(f"Troupe is ready at {stack.address} - {_sign_in(stack)}. Ctrl-C ends it.", flush=True)
        stack.wait()
    except Stopped:
        _keep_password(stack)
    except HOPELESS:
        _keep_password(stack)
        raise
    print("Troupe has ended.", flush=True)
    return 0


def _sign_in(stack: Stack) -> str:
    if stack.admin:
        return "sign in as {} with the one-time password {}".format(*stack.admin)
    if stack.config.admin_password:
        return f"sign in as {stack.config.admin_username} with ADMIN_PASSWORD, or what you changed it to"
    return "sign in with your existing login (lost it: make password)"


def _keep_password(stack: Stack) -> None:
    """Store the first password. It is printed once, so a start that fails must not lose it."""
    if stack.admin:
        print("The first administrator is made: {} {}".format(*stack.admin), flush=True)


if __name__ == "__main__":
    sys.exit(main())
