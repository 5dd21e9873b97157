"""`ballast`: run it, look at it, ask it, set it up. Each subcommand lives in a module of its own."""

import argparse
import os
import sys
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from common import __version__
from common.errors import EXIT_CONFIG, ConfigError
from services.cli.terminal import Unusable, complain


class Subcommand(NamedTuple):
    """One word after `ballast`; its module has `arguments(parser)` and `run(options) -> exit status`."""

    module: str
    help: str


class Implementation(Protocol):
    """What the module of a subcommand offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what may follow the subcommand's name."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it. Returns the exit status."""


SUBCOMMANDS = {
    "demo": Subcommand("demo", "a simulated house with all services, live in this terminal"),
    "top": Subcommand("top", "a running house, live in this terminal; asks the balancer by keyboard"),
    "run": Subcommand("run", "run services against the configured broker"),
    "check": Subcommand("check", "check the configuration, then try every device"),
    "discover": Subcommand("discover", "find devices on the network and print what to paste into ballast.yaml"),
    "pair": Subcommand("pair", "pair with a device that wants a button pressed"),
    "calibrate": Subcommand("calibrate", "measure what a dimmer gives at each percentage"),
    "once": Subcommand("once", "one decision: inputs, decision, commands; sends nothing unless --apply"),
    "record": Subcommand("record", "record the bus as JSON lines"),
    "replay": Subcommand("replay", "a recording through the balancer, or a recorded house through every policy"),
    "history": Subcommand("history", "fill the forecaster's history from a CSV file"),
    "contract": Subcommand("contract", "write the contract: schemas and a readable page"),
    "schema": Subcommand("schema", "write the JSON Schema of ballast.yaml, for editors"),
    "metrics": Subcommand("metrics", "write the page about the figures for Prometheus"),
    "dashboards": Subcommand("dashboards", "write the dashboards for Grafana"),
    "health": Subcommand("health", "exit 0 if a service on this machine does its work"),
    "setup": Subcommand("setup", "create accounts, passwords and rights for Mosquitto, and an example file"),
}


def main() -> None:
    """Entry point of the console script."""
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads what we print has had enough: `ballast record | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status)


def run(words: list[str]) -> int:
    """Run one subcommand. Returns the exit status."""
    asked = next((word for word in words if not word.startswith("-")), None)
    parser = _parser(asked if asked in SUBCOMMANDS else None)
    options = parser.parse_args(words)
    if options.subcommand is None:
        parser.print_help()
        return 0
    try:
        return _module(options.subcommand).run(options)
    except Unusable as unusable:
        complain(str(unusable))
        return unusable.status
    except ConfigError as error:
        complain(error.told())
        return EXIT_CONFIG


def _parser(asked: str | None) -> argparse.ArgumentParser:
    """The command line; only the subcommand that was asked for is imported."""
    parser = argparse.ArgumentParser(prog="ballast", description="Home energy management over MQTT.")
    parser.add_argument("--version", action="version", version=f"ballast {__version__}")
    words = parser.add_subparsers(dest="subcommand", metavar="COMMAND")
    for name, subcommand in SUBCOMMANDS.items():
        word = words.add_parser(name, help=subcommand.help, description=subcommand.help.capitalize() + ".")
        if name == asked:
            _module(name).arguments(word)
    return parser


def _module(name: str) -> Implementation:
    return cast(Implementation, import_module(f"services.cli.{SUBCOMMANDS[name].module}"))  # by its shape


if __name__ == "__main__":
    main()
