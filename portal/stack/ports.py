"""TCP ports: listening on the wanted one or the next that is free."""

import errno
import socket

from portal.stack.errors import StackError

TRIES = 50


def listen(host: str, port: int) -> socket.socket:
    """Listen on a port of a host, or on the next free one above it.

    The socket listens before the web server exists, which inherits it: nobody can take the port in
    between, and a browser that is too early waits instead of being refused.

    Raises StackError when the host is no address of this machine or no port is free.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise StackError(
            f"--host {host} is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all."
        ) from None
    for candidate in range(port, min(port + TRIES, 65_536)):
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address[0], candidate, *address[2:]))
            listener.listen(128)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                continue
            if error.errno == errno.EACCES:
                raise StackError(
                    f"--port {candidate} is kept for the administrator; use one above 1023."
                ) from None
            raise StackError(
                f"--host {host} cannot be listened on ({error.strerror});"
                " use 127.0.0.1, or 0.0.0.0 for all."
            ) from None
        return listener
    raise StackError(f"No port from {port} to {candidate} is free; name another with --port.")


def free_port() -> int:
    """A port of the loopback address that is free now, for a part that opens it itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
