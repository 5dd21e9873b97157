"""What there is to tell, and to whom it is due. Pure.

An alert flickers, services restart and so do we: nobody shall be told the same twice. So what stands is settled
first (`Board`), and what a recipient was told is compared with it (`due`), once as news and once as its end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

KEPT_MS = 60 * 86_400_000
"""What was told so long ago is forgotten."""
MOST_AT_ONCE = 3
"""More than these are told together."""
OVER = "This is no longer so."


class News(NamedTuple):
    """Something people should know."""

    title: str
    text: str
    urgent: bool = False
    """An error: told also in quiet hours."""
    ends: bool = True
    """Its end is news as well."""


class Told(NamedTuple):
    """What a recipient was told under one name."""

    at_ms: int
    title: str
    urgent: bool
    over: bool
    """Also that it is over, or that has no meaning."""


class Message(NamedTuple):
    """One thing to tell now."""

    title: str
    text: str
    urgent: bool
    told: Mapping[str, Told]
    """What to remember once it is told, by name."""


@dataclass
class Board:
    """What stands, with flicker taken out: a change counts once it has lasted `settle_s`."""

    settle_s: float
    began_s: float
    _raw: dict[str, tuple[News, float]] = field(default_factory=dict)
    _gone_s: dict[str, float] = field(default_factory=dict)
    _settled: dict[str, News] = field(default_factory=dict)

    def put(self, name: str, news: News, now_s: float) -> None:
        """It stands, perhaps with new words."""
        _, since_s = self._raw.get(name, (news, now_s))
        self._raw[name] = (news, since_s)
        self._gone_s.pop(name, None)

    def take(self, name: str, now_s: float) -> None:
        """It stands no longer."""
        if self._raw.pop(name, None) is not None:
            self._gone_s[name] = now_s

    def standing(self, now_s: float) -> Mapping[str, News]:
        """All news that have lasted, by name."""
        for name in [name for name in self._settled if self.is_gone(name, now_s)]:
            del self._settled[name]
        for name, (news, since_s) in self._raw.items():
            if name in self._settled or now_s - since_s >= self.settle_s:
                self._settled[name] = news
        return self._settled

    def is_gone(self, name: str, now_s: float) -> bool:
        """Whether it has not stood for so long that it is over. At first nobody knows: retained ones are coming."""
        return name not in self._raw and now_s - self._gone_s.get(name, self.began_s) >= self.settle_s


@dataclass(frozen=True, slots=True)
class Taste:
    """What a recipient wants to hear, and when."""

    alerts: Literal["all", "errors", "none"]
    announcements: bool
    again_after_s: float
    tell_end: bool

    def wants(self, news: News) -> bool:
        """Whether it is for them."""
        if not news.ends:
            return self.announcements
        return self.alerts == "all" or (self.alerts == "errors" and news.urgent)


def due(
    board: Board, told: Mapping[str, Told], taste: Taste, *, now_s: float, now_ms: int, quiet: bool
) -> list[Message]:
    """What a recipient is to be told now, urgent things first. `quiet`: only what is urgent."""
    messages = [
        Message(news.title, news.text, news.urgent, {name: Told(now_ms, news.title, news.urgent, not news.ends)})
        for name, news in board.standing(now_s).items()
        if taste.wants(news) and _is_new(news, told.get(name), now_ms, taste.again_after_s)
    ]
    if taste.tell_end:
        ends = ended(board, told, now_s)
        messages += [Message(f"Over: {end.title}", OVER, False, {name: end}) for name, end in ends.items()]
    due_now = sorted((each for each in messages if each.urgent or not quiet), key=lambda each: not each.urgent)
    return due_now if len(due_now) <= MOST_AT_ONCE else [_together(due_now)]


def ended(board: Board, told: Mapping[str, Told], now_s: float) -> dict[str, Told]:
    """What was told and is no longer so, as it is to be remembered from now on."""
    standing = board.standing(now_s)
    return {
        name: known._replace(over=True)
        for name, known in told.items()
        if not known.over and name not in standing and board.is_gone(name, now_s)
    }


def kept(told: Mapping[str, Told], now_ms: int) -> dict[str, Told]:
    """What is still worth remembering: all that is not over, and the rest for two months."""
    return {name: each for name, each in told.items() if not each.over or now_ms - each.at_ms < KEPT_MS}


def _is_new(news: News, known: Told | None, now_ms: int, again_after_s: float) -> bool:
    if known is None or (news.urgent and not known.urgent):
        return True
    return news.ends and known.over and now_ms - known.at_ms >= again_after_s * 1000


def _together(messages: Sequence[Message]) -> Message:
    """One message instead of many: whoever is told of a broker that is gone need not be told of ten devices."""
    text = "\n".join(f"- {message.title}" for message in messages)
    told = {name: each for message in messages for name, each in message.told.items()}
    return Message(f"{len(messages)} things to know", text, any(each.urgent for each in messages), told)
