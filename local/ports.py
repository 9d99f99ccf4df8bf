"""TCP ports of the loopback interface: free ones, busy ones."""

import errno
import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port of the loopback interface that has no listener now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def obstacle(port: int) -> str | None:
    """Return why this process cannot listen on `port`; None if it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is in use by another program"
            return f"cannot be used ({error.strerror})"
    return None
