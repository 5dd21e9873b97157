"""`ballast health SERVICE`: exit 0 if the service on this machine does its work; for container health checks."""

import argparse
import urllib.error
import urllib.request
from urllib.parse import quote

from common.config.environment import read
from services.cli.configured import say

TIMEOUT_S = 5.0
DEFAULT_PORT = 9464


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast health`."""
    parser.add_argument("service", help="its name, such as p1")
    parser.add_argument("--port", type=int, help="port of its /healthz (default: BALLAST_METRICS_PORT, else 9464)")


def run(options: argparse.Namespace) -> int:
    """Ask, print the answer, and return it as the exit status."""
    port = options.port or read().metrics_port or DEFAULT_PORT
    url = f"http://127.0.0.1:{port}/healthz?{quote(options.service)}"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            say(answer.read().decode())
            return 0
    except urllib.error.HTTPError as unwell:
        say(unwell.read().decode())
    except OSError as error:
        say(f"{options.service} does not answer on port {port}: {error}")
    return 1
