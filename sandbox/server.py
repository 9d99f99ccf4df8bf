"""The server: brings the sandbox up on two loopback ports and takes it down again."""

import asyncio
import resource
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from sandbox import certificates
from sandbox.answer import Instagram
from sandbox.app import App
from sandbox.control import Connection
from sandbox.proxy import HOSTS, IDLE_SECONDS, Proxy
from sandbox.world import World

LOOPBACK = "127.0.0.1"
BACKLOG = 1_024
LAST_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Addresses:
    control: str
    proxy: str


async def run(world: World, port: int, folder: Path, ready: Callable[[Addresses], None], keep: bool = False) -> None:
    """Serve until SIGTERM or SIGINT. `port` 0 means any free one; with `keep` the world stays in the folder.

    Raises OSError if the port is taken, and Unreadable if the folder holds a damaged journal.
    """
    _allow_many_connections()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    control, door = _listen(port), _listen(0)
    addresses = Addresses(_url(control), _url(door))
    files = certificates.prepare(folder, HOSTS, datetime.now(UTC))
    proxy = Proxy(_tls(files), Instagram(world))
    if keep:
        # Not before the port is ours: another sandbox may still be writing there.
        world.keep_in(folder)
    entrance = await asyncio.get_running_loop().create_server(proxy.welcome, sock=door, backlog=BACKLOG)
    app = App(world, Connection(addresses.proxy, files.ca_pem))
    serving = asyncio.create_task(serve(app, _config(control), shutdown_trigger=stop.wait))
    ready(addresses)
    await stop.wait()
    entrance.close()
    proxy.close()
    world.let_go()
    await asyncio.wait((serving,), timeout=LAST_SECONDS)


def _tls(files: certificates.TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _config(control: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{control.detach()}"]
    config.keep_alive_timeout = IDLE_SECONDS
    # By default a connection ends after a thousand requests, and a client would see a fault without a command.
    config.keep_alive_max_requests = 10**9
    config.backlog = BACKLOG
    config.loglevel = "WARNING"
    return config


def _listen(port: int) -> socket.socket:
    listening = socket.create_server((LOOPBACK, port), backlog=BACKLOG)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _url(listening: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}"


def _allow_many_connections() -> None:
    """Raise the limit of descriptors: each client connection takes one here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
