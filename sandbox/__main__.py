"""`python -m sandbox`: a local Instagram that runs until a signal."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox.journal import Unreadable
from sandbox.server import Addresses, run
from sandbox.unkindness import is_unkind_by_default
from sandbox.world import World

DEFAULT_PORT = 8001


def main() -> int:
    options = _options()
    world = World(
        seed=options.seed, people=options.people, plain=options.plain, lively=options.lively, unkind=options.unkind
    )
    try:
        if options.state_dir:
            asyncio.run(run(world, options.port, options.state_dir, _say_ready, keep=True))
        else:
            with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
                asyncio.run(run(world, options.port, Path(folder), _say_ready))
    except Unreadable as error:
        print(f"sandbox: {error}; without that file it starts anew", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"sandbox: cannot listen on 127.0.0.1:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Instagram on loopback.")
    parser.add_argument(
        "--port",
        type=_whole(0, 65_535),
        default=os.environ.get("SANDBOX_PORT", str(DEFAULT_PORT)),
        help="port of the control API, 0 for any free one (default: SANDBOX_PORT, else 8001)",
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, other people (default: 1)")
    parser.add_argument(
        "--people", type=_whole(100, 10_000_000), default=100_000, help="how many people (default: 100000)"
    )
    parser.add_argument("--plain", type=_whole(1, 100_000), default=10, help="how many plain accounts (default: 10)")
    parser.add_argument("--lively", action="store_true", help="people answer, follow back, accept (default: nobody)")
    parser.add_argument(
        "--unkind",
        action="store_true",
        default=is_unkind_by_default(),
        help="reads are throttled, old apps refused, acts quietly not done (default: SANDBOX_UNKIND=1)",
    )
    parser.add_argument(
        "--state-dir", type=Path, help="where certificates and all that happens are kept (default: nothing is)"
    )
    return parser.parse_args()


def _whole(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"between {least} and {most}")
        return value

    return number


def _say_ready(addresses: Addresses) -> None:
    print(json.dumps({"ready": True, "control": addresses.control, "proxy": addresses.proxy}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
