"""Starts the app's server: Streamlit, with the project's own safe settings."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from assistant.errors import InvalidInput
from assistant.language import _
from probes import directories

ALLOWED_HOSTS = ("127.0.0.1", "localhost")
APP = Path(__file__).parent / "app.py"
ROOT = APP.parents[1]


def serve(host: str, port: int) -> None:
    """Replace this process with the app's server on `host`:`port`; raises `InvalidInput` when it cannot listen."""
    _check_free(host, port)
    if not (ROOT / ".streamlit" / "config.toml").is_file():
        raise InvalidInput(
            _("No .streamlit/config.toml beside {app}; run Probewise from a clone of its repository.").format(app=APP)
        )
    directories.settle()
    os.chdir(ROOT)
    command = server_command(host, port)
    os.execv(command[0], command)  # noqa: S606  the server is all this process has left to be


def server_command(host: str, port: int) -> list[str]:
    """The command that serves the app on `host`:`port`; the browser may call it by that host's name as well."""
    command = [sys.executable, "-m", "assistant.views.serving", "run", str(APP)]
    command += ["--server.address", host, "--server.port", str(port), "--server.headless", "true"]
    for name in dict.fromkeys((*ALLOWED_HOSTS, host)):
        command += ["--server.allowedHosts", name]
    return command


def _check_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        # A host that cannot be a name at all is no error of the system's.
        reason, command = getattr(error, "strerror", None) or error, sys.argv[0] or "probewise"
        raise InvalidInput(
            _("Cannot listen on {host}:{port}: {reason}. Try another port: {command} app --port {other}").format(
                host=host, port=port, reason=reason, command=command, other=port % 65535 + 1
            )
        ) from error
