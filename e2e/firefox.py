"""Firefox by WebDriver BiDi: find Debian's, start it without a window, and speak to it over a WebSocket."""

import base64
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request, TextMessage

from local.ports import LOOPBACK
from local.processes import bind_to_parent, end

NAMES = ("firefox-esr", "firefox")
START_SECONDS = 60.0
ANSWER_SECONDS = 60.0
CHUNK = 65_536
_LISTENS = re.compile(r"WebDriver BiDi listening on ws://[^:]+:(\d+)")
# No traffic of its own, and the color scheme that is asked for.
_SETTINGS: dict[str, object] = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
    "services.settings.server": "",
    "toolkit.telemetry.enabled": False,
}
DARK, LIGHT = 0, 1


class FirefoxUnavailable(Exception):
    """There is no Firefox, or it does not start. The text says what to do."""


def find() -> str:
    """Return the Firefox: `E2E_FIREFOX`, else the system's. Raises FirefoxUnavailable."""
    found = os.environ.get("E2E_FIREFOX") or next((path for name in NAMES if (path := shutil.which(name))), None)
    if not found:
        raise FirefoxUnavailable(
            "There is no Firefox: install it (as root: apt-get install firefox-esr), or set E2E_FIREFOX to one."
        )
    return found


class Firefox:
    """A Firefox that runs, with one tab. All methods raise FirefoxUnavailable if it does not answer."""

    def __init__(self, connection: socket.socket, port: int) -> None:
        self._socket = connection
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._ids = itertools.count(1)
        self._text = ""
        self._answers: dict[int, dict[str, Any]] = {}
        connection.sendall(self._ws.send(Request(host=f"{LOOPBACK}:{port}", target="/session")))
        self._accepted = False
        while not self._accepted:
            self._receive()
        self.call("session.new", capabilities={})
        self._tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Do one command, and return its result."""
        number = next(self._ids)
        command = json.dumps({"id": number, "method": method, "params": params})
        self._socket.sendall(self._ws.send(TextMessage(command)))
        while number not in self._answers:
            self._receive()
        answer = self._answers.pop(number)
        if answer["type"] == "error":
            raise FirefoxUnavailable(f"{method}: {answer.get('error')}: {answer.get('message')}")
        result: dict[str, Any] = answer["result"]
        return result

    def resize(self, width: int, height: int) -> None:
        self.call("browsingContext.setViewport", context=self._tab, viewport={"width": width, "height": height})

    def open(self, address: str) -> None:
        self.call("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return the plain value of a JavaScript expression in the page."""
        answer = self.call("script.evaluate", expression=expression, target={"context": self._tab}, awaitPromise=True)
        return answer.get("result", {}).get("value")

    def wait_for(self, expression: str, seconds: float = ANSWER_SECONDS) -> None:
        """Wait until the expression is true. Raises FirefoxUnavailable if it does not become true."""
        deadline = time.monotonic() + seconds
        while self.evaluate(f"Boolean({expression})") is not True:
            if time.monotonic() > deadline:
                raise FirefoxUnavailable(f"after {seconds:.0f} s at {self.evaluate('location.href')}: {expression}")
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        """Click the middle of the first element of a CSS selector, with the mouse."""
        self.wait_for(f"document.querySelector({json.dumps(selector)})")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        locator = {"type": "css", "value": selector}
        nodes = self.call("browsingContext.locateNodes", context=self._tab, locator=locator, maxNodeCount=1)["nodes"]
        origin = {"type": "element", "element": {"sharedId": nodes[0]["sharedId"]}}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.call(
            "input.performActions", context=self._tab, actions=[{"type": "pointer", "id": "mouse", "actions": steps}]
        )

    def picture(self) -> bytes:
        """Return the whole page as PNG."""
        data = self.call("browsingContext.captureScreenshot", context=self._tab, origin="document")["data"]
        return base64.b64decode(data)

    def _receive(self) -> None:
        data = self._socket.recv(CHUNK)
        self._ws.receive_data(data or None)
        for event in self._ws.events():
            if isinstance(event, AcceptConnection):
                self._accepted = True
            elif isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    self._take(json.loads(self._text))
                    self._text = ""
            elif isinstance(event, Ping):
                self._socket.sendall(self._ws.send(event.response()))
            elif isinstance(event, CloseConnection | BytesMessage):
                raise FirefoxUnavailable("Firefox closed the connection.")

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("id") is not None:
            self._answers[message["id"]] = message


@contextmanager
def running(scheme: int = LIGHT) -> Iterator[Firefox]:
    """Start Firefox with a new profile, and end it. Raises FirefoxUnavailable."""
    with ExitStack() as open_:
        profile = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="firefox-")))
        settings = _SETTINGS | {"layout.css.prefers-color-scheme.content-override": scheme}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
        (profile / "user.js").write_text("\n".join(lines))
        process = subprocess.Popen(
            [find(), "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)],
            env={**os.environ, "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=(profile / "log").open("wb"),
            process_group=0,
            preexec_fn=bind_to_parent(),
        )
        open_.callback(end, process, 10)
        port = _port(process, profile / "log")
        connection = open_.enter_context(socket.create_connection((LOOPBACK, port), timeout=ANSWER_SECONDS))
        yield Firefox(connection, port)


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := _LISTENS.search(log.read_text(errors="replace")):
            return int(found[1])
        time.sleep(0.1)
    raise FirefoxUnavailable(f"Firefox does not start:\n{log.read_text(errors='replace')[-1000:]}")
