"""What servers and mail programs of every day write, and what each is taken for.

The words are those of Exchange, Gmail, Yahoo, Postfix, Exim, qmail, Domino, filters before a mailbox and
mail programs; names and addresses are made up. `leadflow judge-mail tests/data/mail-verdicts` reads them too.
"""

import email
import json
from pathlib import Path

import pytest

from leadflow.mail import bounces, quotes, reading, verdicts

DATA = Path(__file__).parents[2] / "data" / "mail-verdicts"
LETTERS = [
    (name, raw, email.message_from_bytes(raw))
    for name, raw in verdicts.in_folder(DATA / "letters.mbox")
]
KINDS = ("hard", "soft", "block", "complaint", "automatic", "unsubscribe", "reply")


def test_an_answer_of_a_server_of_every_day_is_taken_for_what_it_says():
    lines = (DATA / "answers.tsv").read_text().splitlines()
    rows = [line.replace("\\n", "\n").split("\t") for line in lines]

    wrong = [
        (kind, words) for kind, words in rows if bounces.judge("", diagnosis=words).kind != kind
    ]

    assert len(rows) > 150
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_of_every_day_is_taken_for_what_it_is(kind):
    of_kind = [(raw, head) for _name, raw, head in LETTERS if kind in head["X-Expected"].split("|")]

    found = [(verdicts.judge(raw), head) for raw, head in of_kind]

    assert of_kind
    assert [one for one, head in found if one.label not in head["X-Expected"].split("|")] == []
    returns = [
        (one.back_on, head["X-Back-On"]) for one, head in found if head["X-Back-On"] is not None
    ]
    assert [pair for pair in returns if pair[0] != pair[1]] == []


def test_of_a_reply_what_its_writer_wrote_is_left():
    expected = [(raw, json.loads(head["X-Said"])) for _name, raw, head in LETTERS if head["X-Said"]]

    wrong = [
        said for raw, said in expected if quotes.without_quotes(reading.read(raw).text) != said
    ]

    assert len(expected) > 30
    assert wrong == []
