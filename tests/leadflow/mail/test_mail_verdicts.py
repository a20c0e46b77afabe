"""Mails in files are judged as received ones are, and replies of other projects' tests are read."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from leadflow.mail import quotes

REPLIES = Path(__file__).parents[2] / "data" / "email-replies"
# The last words that its writer wrote herself, and words that are of the quote or the signature.
EXPECTED = {
    "email_1_1.txt": ("I am currently using the Java HTTP API.", "riak-users"),
    "email_1_2.txt": ('delete them all individually."', "Abhishek Kona"),
    "email_1_3.txt": ("Having the function would be great.", "Riak-Users"),
    "email_1_4.txt": ("haven't had another problem with it.", "Loader seems"),
    "email_1_6.txt": ("I get proper rendering as well.", "Sent from a magnificent torch"),
    "email_1_7.txt": (":+1:", "Steps 0-2"),
    "email_1_8.txt": ("and under this.", "Hey there, this is my signature"),
    "email_2_1.txt": ("Outlook with a reply", "Google Apps Sync Team"),
    "email_2_2.txt": ("Outlook with a reply directly above line", "Google Apps Sync Team"),
    "email_2_3.txt": ("Outlook with a reply directly above line", "Google Apps Sync Team"),
    "email_BlackBerry.txt": ("Here is another email", "BlackBerry"),
    "email_iPhone.txt": ("Here is another email", "iPhone"),
    "email_multi_word_sent_from_my_mobile_device.txt": ("Here is another email", "Verizon"),
    "email_bullets.txt": ("and another", "kibbitz"),
    "email_one_is_not_on.txt": ("when I run...", "defunkt"),
    "email_sig_delimiter_in_middle_of_line.txt": ("kthxbai", "--\n"),
    "greedy_on.txt": ("telnet 127.0.0.1 52698", "Hakan Ensari"),
    "pathological.txt": ("get back to a computer.", "shortening the reference"),
    "correct_sig.txt": ("with a correct -- signature.", "rick"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_reply_is_read_without_what_it_quotes(name):
    hers, not_hers = EXPECTED[name]
    said = quotes.without_quotes((REPLIES / name).read_text())

    assert hers in said
    assert not_hers not in said


def test_no_reply_is_shown_empty():
    for path in REPLIES.glob("*.txt"):
        assert quotes.without_quotes(path.read_text()).strip() or not path.read_text().strip()


def test_a_folder_of_mails_is_judged_by_a_command(tmp_path, capsys):
    (tmp_path / "a.eml").write_text(
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nSorry: 550 5.1.1 user unknown\n"
    )
    (tmp_path / "b.eml").write_text("From: ann@x.example\nSubject: Re: Hi\n\nunsubscribe\n")
    (tmp_path / "c.mbox").write_text(
        "From a\nFrom: ann@x.example\nSubject: Re: Hi\n\nYes, gladly.\n\n"
        "From b\nFrom: bot@x.example\nAuto-Submitted: auto-replied\nSubject: Away\n\nBack soon.\n"
    )
    truth = tmp_path / "_truth.csv"
    truth.write_text("a.eml,soft\nb.eml,unsubscribe\n")

    call_command("judge_mail", str(tmp_path), "--json", "--expect", str(truth))

    out, told = capsys.readouterr()
    found = {row["file"]: row for row in map(json.loads, out.splitlines())}
    assert found["a.eml"]["bounce"] == "hard"
    assert found["b.eml"]["kind"] == "unsubscribe"
    assert found["c.mbox#1"]["meaning"] == "interested"
    assert found["c.mbox#2"]["kind"] == "automatic"
    assert "right: 50.0%; soft called hard: 1" in told
