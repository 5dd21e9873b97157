"""The way out: apprise, which knows Prowl, ntfy, mail and a hundred others. Imported only where somebody is told."""

import asyncio
import logging
from importlib import import_module
from typing import Any

from common.clock import Clock

SENDER = "Ballast"


class Voice:
    """One recipient's address."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._way = _way(url)

    async def say(self, title: str, text: str, *, urgent: bool) -> bool:
        """Tell it. Returns whether it was taken; refusals, time-outs and lack of a network are all False."""
        kind = "failure" if urgent else "info"
        with self._clock.busy():
            taken = await asyncio.to_thread(self._way.notify, body=text, title=title, notify_type=kind)
        return bool(taken)


def checked(url: str) -> str:
    """The same address. Raises ValueError if apprise cannot make sense of it."""
    _way(url)
    return url


def _way(url: str) -> Any:  # apprise's own class; its package is optional
    try:
        apprise = import_module("apprise")
    except ImportError as error:
        raise ValueError("telling people needs the package apprise: pip install 'ballast[notify]'") from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would write addresses, which are secrets, to the log
    way = apprise.Apprise(asset=apprise.AppriseAsset(app_id=SENDER))
    if not way.add(url):
        raise ValueError("is no address that apprise knows; its documentation lists the form of each service")
    return way
