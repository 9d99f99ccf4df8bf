"""Facts of the installed Instagram client that this product relies on, as JSON on standard output."""

import ast
import inspect
import json
from collections.abc import Iterator
from importlib.metadata import requires, version
from importlib.resources import files
from typing import Any

from instagrapi import config, exceptions

CLIENT = "instagrapi"


def facts() -> dict[str, Any]:
    """Return version, app, known apps, phone, exceptions with their bases, steps of challenges, and requirements."""
    app = config.DEFAULT_APP_VERSION
    raised = {name: kind for name, kind in vars(exceptions).items() if inspect.isclass(kind)}
    return {
        "version": version(CLIENT),
        "app": config.APP_SETTINGS[app],
        "known apps": sorted(config.APP_SETTINGS),
        "phone": config.DEVICE_SETTINGS,
        "exceptions": {
            name: ", ".join(base.__name__ for base in kind.__bases__)
            for name, kind in raised.items()
            if issubclass(kind, Exception)
        },
        "challenge steps": challenge_steps(files(CLIENT).joinpath("mixins/challenge.py").read_text(encoding="utf-8")),
        "requirements": sorted(one for one in requires(CLIENT) or () if "extra ==" not in one),
    }


def challenge_steps(source: str) -> list[str]:
    """Return the names that the source compares a step or a type of a challenge with."""
    compared = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare))
    named = (
        node for node in compared if any(word in ast.unparse(node.left) for word in ("step_name", "challenge_type"))
    )
    return sorted({text for node in named for side in node.comparators for text in _texts(side)})


def _texts(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
            yield part.value


if __name__ == "__main__":
    print(json.dumps(facts()))
