"""Brings the sandbox up on three loopback ports and takes it down again."""

import asyncio
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from sandbox import certificates
from sandbox.app import App
from sandbox.control import Connection
from sandbox.proxy import HOSTS, Proxy
from sandbox.world import World

LOOPBACK = "127.0.0.1"
IDLE_SECONDS = 120
LAST_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Addresses:
    control: str
    proxy: str


async def run(world: World, port: int, folder: Path, ready: Callable[[Addresses], None], keep: bool = False) -> None:
    """Serves until SIGTERM or SIGINT; `port` 0 means any free one; `keep`: the world lasts in the folder.

    Raises OSError where the port is taken, and Unreadable where the folder holds a damaged journal.
    """
    _allow_many_connections()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    control, tls = _listen(port), _listen(0)
    proxy = Proxy(tls.getsockname()[1])
    entrance = await asyncio.start_server(proxy.serve, LOOPBACK, 0)
    addresses = Addresses(_url(control), _url(entrance.sockets[0]))
    files = certificates.prepare(folder, HOSTS, datetime.now(UTC))
    if keep:
        # Not before the port is ours: another sandbox may still be writing there.
        world.keep_in(folder)
    app = App(world, Connection(addresses.proxy, files.ca_pem), proxy.cut)
    serving = asyncio.create_task(serve(app, _config(control, tls, files), shutdown_trigger=stop.wait))
    ready(addresses)
    await stop.wait()
    entrance.close()
    proxy.close()
    world.let_go()
    await asyncio.wait((serving,), timeout=LAST_SECONDS)


def _config(control: socket.socket, tls: socket.socket, files: certificates.TlsFiles) -> Config:
    config = Config()
    config.bind = [f"fd://{tls.detach()}"]
    config.insecure_bind = [f"fd://{control.detach()}"]
    config.certfile, config.keyfile = str(files.certificate), str(files.key)
    config.alpn_protocols = ["h2", "http/1.1"]
    config.keep_alive_timeout = IDLE_SECONDS
    # By default a connection ends after a thousand requests, and a client sees a fault that nobody ordered.
    config.keep_alive_max_requests = 10**9
    config.backlog = 1_024
    config.loglevel = "WARNING"
    return config


def _listen(port: int) -> socket.socket:
    listening = socket.create_server((LOOPBACK, port), backlog=1_024)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _url(listening: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}"


def _allow_many_connections() -> None:
    """Each client connection takes three descriptors here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
