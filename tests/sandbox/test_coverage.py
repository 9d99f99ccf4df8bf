"""Every endpoint that the product can call is answered; the list comes from the product's source."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from instagrapi import Client
from instagrapi.mixins import bloks

from sandbox.calls import TABLE

PRODUCT = Path(__file__).resolve().parents[2] / "jobs" / "instagram"
APPS = {"bloks_app": "bloks/apps/{}/", "bloks_async_action": "bloks/async_action/{}/"}
OWN_SENDERS = {"_ask", "private_request"}
SENDERS = OWN_SENDERS | APPS.keys() | {"_send_private_request"}
# What stands in a path for what the source computes. A challenge's own path comes from Instagram.
CHOICES = {
    "box": ("inbox", "pending_inbox"),
    "row": ("followers", "following"),
    "verb": ("create", "destroy"),
    "name": ("like", "unlike"),
}
FROM_INSTAGRAM = {"path", "step.token", "challenge_url", "challenge_url.lstrip('/')", "endpoint"}
CHALLENGE = "challenge/1000000001/nonce/"
# The one path besides those of the API. instagrapi keeps it in a constant.
GRAPHQL = "graphql/query"


def filled(node: ast.expr) -> Iterator[str]:
    """The paths that an argument can mean."""
    source = ast.unparse(node)
    if isinstance(node, ast.Constant):
        yield str(node.value).replace("{}", "1")
    elif isinstance(node, ast.BinOp):
        yield from (left + right for left in filled(node.left) for right in filled(node.right))
    elif isinstance(node, ast.Name) and node.id in CHOICES:
        yield from CHOICES[node.id]
    elif isinstance(node, ast.Name) and hasattr(bloks, node.id):
        yield getattr(bloks, node.id)
    elif source in FROM_INSTAGRAM:
        yield CHALLENGE
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        yield from filled(node.func.value)
    elif isinstance(node, ast.JoinedStr):
        paths = [""]
        for part in node.values:
            text = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
            if text == "method" and all(path.endswith("two_factor_login_") for path in paths):
                choices: tuple[str, ...] = ("sms", "whatsapp")
            else:
                choices = CHOICES.get(text, ("method-text",) if text == "method" else ("1",)) if text else ()
            paths = [path + one for path in paths for one in choices or (str(getattr(part, "value", "")),)]
        yield from (path.replace("method-text", one) for path in paths for one in ("text", "link"))
    else:
        raise AssertionError(f"no path known for {source}")


def called(source: str, senders: set[str]) -> Iterator[tuple[str, ast.Call | None]]:
    """What a source calls or hands on: names of senders with their call, names of anything else without."""
    for node in ast.walk(ast.parse(textwrap.dedent(source))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in senders:
            yield node.func.attr, node
        elif isinstance(node, ast.Attribute) and node.attr not in senders:
            yield node.attr, None


def first_argument(call: ast.Call) -> ast.expr:
    return call.args[0] if call.args else next(one.value for one in call.keywords if one.arg in ("endpoint", "app"))


@cache
def of_the_client(name: str) -> frozenset[str]:
    """The paths that a method of instagrapi can send, by itself or through the methods that it calls."""
    paths, waiting, known = set(), [name], set()
    while waiting:
        method = getattr(Client, waiting.pop(), None)
        if not inspect.isfunction(method) or method in known or not method.__module__.startswith("instagrapi"):
            continue
        known.add(method)
        if method.__name__ in SENDERS:
            continue
        for sub, call in called(inspect.getsource(method), SENDERS):
            if call is None:
                waiting.append(sub)
                continue
            paths |= {APPS.get(sub, "{}").format(one) for one in filled(first_argument(call))}
    return frozenset(paths)


def every_path() -> set[str]:
    paths: set[str] = set()
    for file in PRODUCT.glob("*.py"):
        for name, call in called(file.read_text(), OWN_SENDERS):
            paths |= of_the_client(name) if call is None else set(filled(first_argument(call)))
            paths |= {GRAPHQL} if name == "private_graphql_followers_list" else set()
    return paths


def answered(path: str) -> bool:
    whole = path.partition("?")[0]
    absolute = f"/api{whole}" if whole.startswith("/v") else f"/api/v1/{whole}"
    if whole == GRAPHQL:
        absolute = f"/{whole}"
    return any(TABLE.find(method, absolute) for method in ("GET", "POST"))


@pytest.mark.parametrize("path", sorted(every_path()))
def test_an_endpoint_of_the_product_is_answered(path):
    assert answered(path)


def test_the_list_holds_what_the_product_is_known_to_call():
    paths = every_path()

    assert len(paths) >= 35
    assert {
        "friendships/create/1/",
        GRAPHQL,
        "friendships/1/followers/",
        "media/1/info/",
        "direct_v2/threads/broadcast/link/",
        "media/1/like/",
        CHALLENGE,
    } <= paths
    assert any(re.search("enter_backup_code", path) for path in paths)
    assert not answered("nothing/at/all/")
