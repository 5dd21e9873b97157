"""The list of rights as Mosquitto reads it. Pure: accounts in, text out.

What stands below the marker is the owner's: it is kept, and accounts named there are given passwords too.
"""

import re
from collections.abc import Iterable

from services.cli.accounts import Account

HEAD = """\
# Who may write and read which topic. Written by `ballast setup` from ballast.yaml: change that file, then run
# `ballast setup` again and restart the broker. An account can do nothing that is not listed here.
"""
MARKER = "# ---- Rights of your own: what stands below this line is kept. Each block begins with `user NAME`. ----"


def access_list(accounts: Iterable[Account], own: str = "") -> str:
    """The whole file; `own` is what the owner wrote below the marker."""
    blocks = [HEAD]
    for account in accounts:
        rights = "".join(f"topic {right.access} {right.topic}\n" for right in account.rights)
        blocks.append(f"# {account.who}\nuser {account.name}\n{rights}")
    return "\n".join([*blocks, f"{MARKER}\n"]) + own


def own_part(text: str) -> str:
    """What the owner wrote into an earlier version of the file; all of it, if that was not written by us."""
    _, marker, own = text.partition(f"{MARKER}\n")
    return own if marker or text.startswith(HEAD) else text


def own_users(own: str) -> tuple[str, ...]:
    """The accounts that the owner gave rights to. Names that could not be a file's are not for us."""
    return tuple(dict.fromkeys(re.findall(r"^user ([A-Za-z0-9_-]+)[ \t]*$", own, re.MULTILINE)))
