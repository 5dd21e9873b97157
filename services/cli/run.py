"""`ballast run SERVICE… | all`: services in this process, after the whole file has been checked."""

import argparse
import asyncio

from common.service import run as run_services
from common.service import until_stopped
from services.cli.configured import Unusable, config_argument, configured
from services.cli.registry import DEPLOYED, NAMES, service


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast run`."""
    parser.add_argument("services", nargs="+", metavar="SERVICE", help=f"{', '.join(NAMES)}, or all")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Run until SIGTERM."""
    loaded, environment = configured(options, quiet=False)
    names = list(dict.fromkeys(options.services))
    if names == ["all"]:
        names = [name for name in DEPLOYED if name in loaded.sections]
        if not names:
            raise Unusable(f"{loaded.path} has no section of a service, so there is nothing to run")
    try:
        chosen = tuple(service(name) for name in names)
    except ValueError as error:
        raise Unusable(str(error), 2) from error
    asyncio.run(until_stopped(run_services(chosen, loaded, environment)))
    return 0
