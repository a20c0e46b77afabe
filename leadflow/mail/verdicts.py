"""Judging mail that lies in files, as received mail is judged, without keeping any of it.

For whoever wants to know how well her own mail is understood before she connects a mailbox, and for the
figures in docs/inbound-quality.md.
"""

import mailbox
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from leadflow.kit import clock
from leadflow.mail import answers, away, bounces, judging, quotes, reading

REPLY, UNSUBSCRIBE = "reply", "unsubscribe"
_MOST = 25_000_000  # bytes of a file that are read


@dataclass(frozen=True)
class Verdict:
    """What one message is. `bounce` is hard, soft or block; `meaning` is of an answer of a person."""

    file: str
    kind: str
    bounce: str = ""
    is_final: bool = True
    status: str = ""
    receiver: str = ""
    reason: str = ""
    back_on: str = ""
    meaning: str = ""
    words: str = ""

    @property
    def label(self) -> str:
        """The kind in one word, a bounce by its own."""
        return self.bounce or self.kind


def judge(raw: bytes, file: str = "") -> Verdict:
    """What a message is, of its bytes."""
    letter = reading.read(raw)
    judged = judging.judge(letter)
    said = quotes.without_quotes(letter.text)
    if judged.kind == judging.BOUNCE:
        found = judging.bounce(letter)
        receiver = letter.report.receiver if letter.report else letter.header("X-Failed-Recipients")
        return Verdict(
            file, judging.BOUNCE, found.kind, found.is_final, found.status, receiver,
            judged.reason, words=found.words[:200],
        )  # fmt: skip
    if judged.kind == judging.COMPLAINT:
        return Verdict(file, judging.COMPLAINT, reason=letter.feedback or judged.reason)
    if answers.wants_no_more(said, letter.subject):
        return Verdict(file, UNSUBSCRIBE, words=said[:200])
    if judged.kind == judging.AUTOMATIC:
        day = away.back_on(f"{letter.subject}\n{letter.text}", _written(letter))
        back = day.isoformat() if day else ""
        return Verdict(
            file, judging.AUTOMATIC, reason=judged.reason, back_on=back, words=said[:200]
        )
    return Verdict(file, REPLY, meaning=answers.kind_of(said), words=said[:200])


def _written(letter: reading.Letter) -> date:
    return (letter.sent_at or clock.now()).date()


def in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The messages under a folder, by name: each file is one, an mbox file holds many."""
    paths = (
        [folder] if folder.is_file() else sorted(one for one in folder.rglob("*") if one.is_file())
    )
    for path in paths:
        if path.name.startswith((".", "_")) or path.stat().st_size > _MOST:
            continue
        name = path.name if folder.is_file() else path.relative_to(folder).as_posix()
        raw = path.read_bytes()
        if raw.startswith(b"From ") and raw.count(b"\nFrom ") > 0:
            yield from _of_mbox(path, name)
        else:
            yield name, raw


def _of_mbox(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield f"{name}#{number}", box.get_bytes(key)
    finally:
        box.close()


@dataclass(frozen=True)
class Score:
    """How verdicts compare with what is known to be true."""

    right: Mapping[str, int]
    all: Mapping[str, int]
    soft_called_hard: int
    wrong: list[tuple[Verdict, str]]

    @property
    def share(self) -> float:
        """The share of verdicts that were right, 0 to 1."""
        return sum(self.right.values()) / max(sum(self.all.values()), 1)


def score(verdicts: Iterable[Verdict], truth: Mapping[str, str]) -> Score:
    """Compare with labels by file; a label may name several that are right, as `soft|block`."""
    right: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    wrong: list[tuple[Verdict, str]] = []
    softly = 0
    for one in verdicts:
        label = truth.get(one.file)
        if label is None:
            continue
        accepted = label.split("|")
        everything[accepted[0]] += 1
        if one.label in accepted:
            right[accepted[0]] += 1
        else:
            wrong.append((one, label))
            softly += accepted[0] == bounces.SOFT and one.label == bounces.HARD
    return Score(right, everything, softly, wrong)
