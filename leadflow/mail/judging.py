"""What a received message is: a letter, a machine's answer, a report that mail did not arrive. Pure."""

import re
from dataclasses import dataclass

from leadflow.kit import disposable
from leadflow.kit.emails import Email
from leadflow.mail.reading import Letter

AUTOMATIC, BOUNCE, LETTER = "automatic", "bounce", "letter"
_BULK = ("bulk", "junk", "list", "auto_reply")
_DAEMONS = (
    "mailer-daemon",
    "postmaster",
    "mail-daemon",
    "bounce",
    "bounces",
    "no-reply",
    "noreply",
)
_AWAY = re.compile(
    r"^(auto(matic|matische|mated)?[ -]?(reply|response|antwort|answer)|out of (the )?office|abwesenheit"
    r"|abwesend|réponse automatique|respuesta automática|risposta automatica|away from)",
    re.IGNORECASE,
)
_HARD = re.compile(r"^5\.")


@dataclass(frozen=True)
class Judgement:
    """What it is, and how that was seen (in a key that the pages put into words)."""

    kind: str
    reason: str = ""


def judge(letter: Letter) -> Judgement:
    """What a message is, by its headers; never by what it says."""
    if letter.is_report or letter.report is not None:
        return Judgement(BOUNCE, "report")
    return Judgement(AUTOMATIC, reason) if (reason := _automatic(letter)) else Judgement(LETTER)


def _automatic(letter: Letter) -> str:
    submitted = letter.header("Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return "auto_submitted"
    if letter.header("X-Autoreply") or letter.header("X-Autorespond"):
        return "auto_submitted"
    if letter.header("Precedence").lower() in _BULK:
        return "bulk"
    if letter.header("List-Id"):
        return "list"
    if letter.header("Return-Path") == "<>":
        return "daemon"
    if letter.from_address.lower().partition("@")[0] in _DAEMONS:
        return "daemon"
    return "away" if _AWAY.match(letter.subject) else ""


def suspicion(letter: Letter, sender: Email) -> str:
    """Why a stranger's mail waits for a person before it makes a lead, as the quarantine of forms does."""
    if letter.header("X-Spam-Flag").lower().startswith("yes"):
        return "spam"
    return "disposable" if disposable.is_disposable(sender.domain) else ""


def is_final(letter: Letter) -> bool:
    """Whether a report says that the message will not arrive; a delay is none."""
    report = letter.report
    return report is not None and report.action == "failed" and bool(_HARD.match(report.status))
