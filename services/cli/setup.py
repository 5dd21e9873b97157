"""`ballast setup`: accounts, passwords and rights for the broker, and what docker compose needs to know.

Makes what is missing and keeps what is there: run it again after adding a device, or whenever in doubt.
"""

import argparse
import json
import os
from pathlib import Path

from common.config import Loaded
from common.config.settings import SERVICES
from services.cli.accounts import Account, accounts
from services.cli.acl import access_list, own_part, own_users
from services.cli.configured import Unusable, configured, say
from services.cli.dotenv import Variable, completed, variables
from services.cli.passwords import fresh, password_file
from services.cli.placing import SERVICE, Owner, Placing
from services.cli.registry import DEPLOYED, NAMES

PRIVATE = 0o600
READABLE = 0o644
FOLDER = 0o700
HOUSE = "house"
"""The profile of compose.yaml that every house has."""
METRICS_PORT = 9464
"""Where a service in a container shows its figures."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast setup`."""
    here = Path()
    parser.add_argument("--folder", type=Path, default=here, metavar="DIR", help="where it all stands (default: here)")


def run(options: argparse.Namespace) -> int:
    """Set up, and tell what was done."""
    try:
        Setup(options.folder.resolve()).go()
    except OSError as error:
        where = error.filename or options.folder
        advice = "Run it as the owner of the folder, or with sudo."
        raise Unusable(f"{where} cannot be made or read ({error.strerror}). {advice}") from error
    return 0


class Setup:
    """One folder with everything a house needs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._dotenv = folder / ".env"
        self._placing = Placing(_runs_as(folder, _text(self._dotenv)))

    def go(self) -> None:
        """Do all of it. Raises Unusable with what is wrong, and OSError."""
        is_fresh = self._configuration()
        loaded, _ = configured(argparse.Namespace(config=self._folder / "ballast.yaml"))
        self._broker(loaded, accounts(loaded.mqtt.base, NAMES, loaded.sections))
        for name in ("data", "data/mosquitto"):
            self._placing.folder(self._folder / name, FOLDER)
        if (self._folder / "compose.yaml").exists():
            self._compose(loaded)
            self._dashboards(loaded)
        self._tell(is_fresh)

    def _configuration(self) -> bool:
        """The owner's file, as a copy of the example if there is none. Returns whether it is one."""
        mine, example = self._folder / "ballast.yaml", self._folder / "ballast.example.yaml"
        if mine.exists():
            return False
        if not example.exists():
            text = "has neither ballast.yaml nor ballast.example.yaml; run this in Ballast's own folder"
            raise Unusable(f"{self._folder} {text}, or name it with --folder")
        self._placing.file(mine, example.read_text(), READABLE, _owner(self._folder))
        return True

    def _broker(self, loaded: Loaded, known: tuple[Account, ...]) -> None:
        """What Mosquitto reads: hashes and rights, of our accounts and of those the owner added."""
        folder = self._folder / "mosquitto"
        if not folder.is_dir():
            self._placing.folder(folder, FOLDER)
        own = own_part(_text(folder / "acl"))
        passwords = self._passwords(loaded, (*(account.name for account in known), *own_users(own)))
        hashes = password_file(_text(folder / "passwd"), passwords)
        self._placing.file(folder / "passwd", hashes, PRIVATE)
        self._placing.file(folder / "acl", access_list(known, own), PRIVATE)

    def _passwords(self, loaded: Loaded, names: tuple[str, ...]) -> dict[str, str]:
        """The password of each account, by its name; made where there is none."""
        folder = loaded.mqtt.password_dir
        if folder is None:
            text = "says nothing of mqtt.password_dir, so no service would send a password"
            raise Unusable(f"{loaded.path} {text}; add `password_dir: secrets` under `mqtt:`")
        self._placing.folder(folder, FOLDER)
        passwords: dict[str, str] = {}
        for name in names:
            passwords[name] = self._password(folder / name)
        return passwords

    def _password(self, path: Path) -> str:
        text = _text(path)
        password = text.strip() or fresh()
        self._placing.file(path, text if text.strip() else f"{password}\n", PRIVATE)
        return password

    def _compose(self, loaded: Loaded) -> None:
        text, (uid, gid) = _text(self._dotenv), self._placing.owner
        wanted = {
            "COMPOSE_PROFILES": Variable(
                _profiles(loaded, variables(text).get("COMPOSE_PROFILES", "")),
                "What `docker compose up -d` starts: the broker and every service with a section in ballast.yaml.",
                is_derived=True,
            ),
            "BALLAST_UID": Variable(str(uid), "The user the containers run as: whose the files are."),
            "BALLAST_GID": Variable(str(gid), "Their group."),
            "BALLAST_ACCOUNTS": Variable(
                loaded.mqtt.base.replace("/", "-"), "How the services' accounts begin: mqtt.base.", is_derived=True
            ),
            "BALLAST_MQTT_ADDRESS": Variable(
                "127.0.0.1", "The address of this machine at which others reach the broker; 127.0.0.1: none but itself."
            ),
            "BALLAST_WEB_ADDRESS": Variable("127.0.0.1", "The same for the page, if ballast.yaml has a section web."),
        }
        self._placing.file(self._dotenv, completed(text, wanted), READABLE, _owner(self._folder))

    def _dashboards(self, loaded: Loaded) -> None:
        """What Prometheus and Grafana need, also where they are not started."""
        for name in ("prometheus", "grafana"):
            self._placing.folder(self._folder / "data" / name, FOLDER)
        self._placing.folder(self._folder / "secrets", FOLDER)
        self._password(self._folder / "secrets" / "grafana")
        targets = [{"targets": [f"{name}:{METRICS_PORT}" for name in DEPLOYED if name in loaded.sections]}]
        self._placing.file(self._folder / "data" / "prometheus" / "targets.json", json.dumps(targets) + "\n", READABLE)

    def _tell(self, is_fresh: bool) -> None:
        made = [done for done in self._placing.done if done.deed != "kept"]
        say(f"Ballast in {self._folder}:" + ("" if made else " everything is there already, nothing was changed."))
        for deed, path in made:
            say(f"  {deed:<8} {path.relative_to(self._folder) if path.is_relative_to(self._folder) else path}")
        if is_fresh:
            say("Next: write your devices into ballast.yaml, then run this again: rights on the broker are by device.")
        elif any(deed == "changed" and path.parent.name == "mosquitto" for deed, path in made):
            say("The broker reads what has changed when it starts: docker compose restart mosquitto")


def _profiles(loaded: Loaded, known: str) -> str:
    """The profiles of compose.yaml to start. Those that are not ours to choose, such as dashboards, stay."""
    own = [name for name in known.split(",") if name and name not in (HOUSE, *SERVICES)]
    return ",".join([HOUSE, *(name for name in DEPLOYED if name in loaded.sections), *own])


def _runs_as(folder: Path, dotenv: str) -> Owner:
    """Whom the services run as: us, or, where root sets up, whoever .env names or the folder belongs to."""
    said = variables(dotenv)
    uid, gid = said.get("BALLAST_UID", ""), said.get("BALLAST_GID", "")
    if os.geteuid() == 0:
        theirs = _owner(folder) if _owner(folder).uid else SERVICE
        return Owner(int(uid), int(gid)) if uid.isdecimal() and gid.isdecimal() else theirs
    if uid not in ("", str(os.geteuid())):
        text = f"the containers run as user {uid}, who could not read what user {os.geteuid()} makes"
        raise Unusable(f"{folder / '.env'} says that {text}; run this as that user, or with sudo")
    return Owner(os.geteuid(), os.getegid())


def _owner(folder: Path) -> Owner:
    found = folder.stat()
    return Owner(found.st_uid, found.st_gid)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
