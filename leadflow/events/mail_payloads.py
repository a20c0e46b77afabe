"""What the kinds of event about mail that came in carry in their `data`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Received:
    mail: int
    title: str = ""


@dataclass(frozen=True)
class Replied:
    delivery: int | None = None
    title: str = ""
    words: str = ""  # how it begins, without what it quotes
    mail: int | None = None
    meaning: str = ""  # as the rules read it


@dataclass(frozen=True)
class Meant:
    mail: int
    to: str
    was: str = ""


@dataclass(frozen=True)
class SignInFailed:
    user: int
    address: str
    why: str = ""


@dataclass(frozen=True)
class Away:
    mail: int
    back_on: str
