"""What servers, providers and machines send back, as they write it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.mail import away, bounces, judging, quotes, reading
from leadflow.mail.bounces import BLOCK, HARD, SOFT


def letter(subject, body, sender="MAILER-DAEMON@mx.test-mail.com", **headers):
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    text = body.replace("\n", "\r\n")
    raw = f"From: {sender}\r\nTo: us@north.example\r\nSubject: {subject}\r\n{head}\r\n{text}\r\n"
    return reading.read(raw.encode())


ANSWERS = [
    (HARD, "550 5.1.1 <ann@x.example>: Recipient address rejected: User unknown"),
    (HARD, "550 5.7.1 <ann@x.example>... No such user here"),
    (HARD, "550-5.1.1 The email account that you tried to reach does not exist."),
    (HARD, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (HARD, "550 5.4.1 [ann@x.example]: Recipient address rejected: Access denied"),
    (HARD, "554 delivery error: dd This user doesn't have a yahoo.com account"),
    (HARD, "550 Benutzer unbekannt"),
    (HARD, "550 Destinataire inconnu"),
    (HARD, "Host or domain name not found. Name service error for name=x.example"),
    (SOFT, "552 5.2.2 mailbox full"),
    (SOFT, "550 5.1.1 quota exceeded for this mailbox"),
    (SOFT, "554 5.2.2 Das Postfach ist voll"),
    (SOFT, "450 4.1.1 user unknown, try again later"),
    (SOFT, "421 4.7.0 too many messages from your address"),
    (SOFT, "552 5.3.4 Message size exceeds fixed maximum message size"),
    (SOFT, "550 5.2.1 The account has been disabled"),
    (SOFT, "554 5.4.6 Too many hops"),
    (SOFT, "550 something that nobody understands"),
    (SOFT, "550 5.1.1 RCPT TO:<ann@x.example> max message size exceeded"),
    (SOFT, "554 5.7.1 Message Rejected Class=size limit=15728640 Subclass=reject size=18571048"),
    (SOFT, "550 5.2.1 The email account that you tried to reach is disabled"),
    (SOFT, "525 5.7.13 Disabled recipient address"),
    (
        SOFT,
        "5.4.4 Name service error for name=x.example type=MX: Malformed or unexpected name server reply",
    ),
    (SOFT, "Name service error for domain x.example: Host not found, try again"),
    (SOFT, "550 5.1.1 procmail: Couldn't create /var/spool/mail/ann: No such user"),
    (SOFT, "450 4.2.0 Greylisted, try again in 5 minutes"),
    (HARD, "550 5.0.1 Recipient rejected (in reply to RCPT TO command)"),
    (HARD, "550 mailbox ann@x.example unavailable"),
    (HARD, "550 BAD_RECIPIENT - see http://x.example/"),
    (HARD, "an MX or SRV record indicated no SMTP service"),
    (
        BLOCK,
        "550 5.7.25 <a@x.example>: Recipient address rejected: Reverse DNS failed: see /reason/#blocked",
    ),
    (
        BLOCK,
        "554 5.7.1 Mail appears to be unsolicited - Score (59) over MessageScoringUpperLimit (50)",
    ),
    (
        BLOCK,
        "550 Your server requires confirmation. Visit http://x.example/Whitelist to confirm this server",
    ),
    (BLOCK, "550 domain [x.example] mismatches client ip 192.0.2.225"),
    (BLOCK, "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using Spamhaus"),
    (BLOCK, "554 5.7.1 Message rejected because of unacceptable content: looks like spam"),
    (BLOCK, "550 5.7.26 This mail is unauthenticated; SPF and DKIM did not pass"),
    (BLOCK, "550 5.1.8 Sender address rejected: Domain not found"),
    (BLOCK, "550 5.7.25 The IP address sending this message does not have a PTR record"),
    (BLOCK, "554 5.7.1 Relay access denied"),
]


@pytest.mark.parametrize(("kind", "answer"), ANSWERS)
def test_an_answer_of_a_server_is_hard_soft_or_a_block(kind, answer):
    assert bounces.judge("", diagnosis=answer).kind == kind


FREE_TEXT = {
    "qmail": (
        HARD, "failure notice",
        ("Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your"
        " message to the following addresses.\nThis is a permanent error; I've given up.\n\n"
        "<ann@x.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a"
        " copy of the message.\n\nReceived: from us\nMessage-ID: <d-1@x>\n\nmailbox full"),
    ),
    "exim": (
        SOFT, "Mail delivery failed: returning message to sender",
        ("This message was created automatically by mail delivery software.\n\nA message that you sent"
        " could not be delivered. The following address(es) failed:\n\n  ann@x.example\n    mailbox is"
        " full: retry timeout exceeded\n\n------ This is a copy of the message ------\n"),
    ),
    "postfix": (
        BLOCK, "Undelivered Mail Returned to Sender",
        ("This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message"
        " could not be delivered.\n\n<ann@x.example>: host mx said: 554 5.7.1 rejected due to policy\n"),
    ),
    "outlook in german": (
        HARD, "Unzustellbar: Angebot",
        ("Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.\n\n ann@x.example\n"
        " Die E-Mail-Adresse des Empfängers wurde nicht gefunden. Empfänger unbekannt.\n"),
    ),
    "notes": (
        HARD, "DELIVERY FAILURE: User ann (ann@x.example) not listed in Domino Directory",
        ("Your message could not be delivered because:\n\nUser ann (ann@x.example) not listed in Domino"
        " Directory\n"),
    ),
    "yahoo": (
        SOFT, "Delivery failure",
        ("Message from yahoo.com.\nUnable to deliver message to the following address(es).\n\n"
        "<ann@x.example>:\nThis account is over quota.\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("server", FREE_TEXT)
def test_a_report_in_words_alone_is_read(server):
    kind, subject, words = FREE_TEXT[server]
    found = letter(subject, words)

    assert judging.judge(found).kind == judging.BOUNCE
    assert judging.bounce(found).kind == kind


def test_an_answer_that_was_broken_over_lines_is_read_as_one():
    found = letter(
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.\n\n<ann@x.example>: host mx said: 550 no\n    mailbox by that name is"
        " currently available (in reply to RCPT TO command)\n",
    )

    assert judging.bounce(found).kind == HARD


NOTICE = '{"notificationType":"%s","bounce":{"bounceType":"%s","bounceSubType":"%s"},"mail":{}}'


@pytest.mark.parametrize(
    ("told", "kind", "bounce"),
    [
        (("Bounce", "Permanent", "General"), judging.BOUNCE, HARD),
        (("Bounce", "Transient", "MailboxFull"), judging.BOUNCE, SOFT),
        (("Bounce", "Transient", "ContentRejected"), judging.BOUNCE, BLOCK),
        (("Bounce", "Permanent", "OnAccountSuppressionList"), judging.BOUNCE, SOFT),
        (("Complaint", "", ""), judging.COMPLAINT, ""),
        (("Delivery", "", ""), judging.AUTOMATIC, ""),
    ],
)
@pytest.mark.parametrize("escaped", [False, True])
def test_a_notice_of_a_sending_service_is_read(told, kind, bounce, escaped):
    words = NOTICE % told
    found = letter(
        "AWS Notification Message",
        words.replace('"', '\\"') if escaped else words,
        "no-reply@sns.example",
    )

    assert judging.judge(found).kind == kind
    assert not bounce or judging.bounce(found).kind == bounce


def test_a_warning_that_the_server_goes_on_trying_is_not_final():
    found = letter(
        "Delivery Status Notification (Delay)",
        "THIS IS A WARNING MESSAGE ONLY.\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n"
        "Delivery to ann@x.example has been delayed.",
    )

    assert judging.bounce(found).is_final is False


def test_what_we_wrote_does_not_judge_itself():
    told = "Delivery failed:\n<ann@x.example>: 552 mailbox full, sorry about that, try later\n\n"
    ours = "--- Below this line is a copy of the message.\n\nThe user unknown to us is spam."

    assert bounces.judge(told + ours).kind == SOFT


def test_a_person_who_writes_about_a_bounce_is_a_person():
    found = letter("Re: Offer", "My boss says: 550 user unknown. Funny!", "ann@x.test-mail.com")

    assert judging.judge(found).kind == judging.LETTER


def test_a_complaint_in_its_form_is_one():
    raw = (
        b"From: fbl@isp.example\r\nSubject: Complaint\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nabuse\r\n--b\r\n"
        b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <d-1@x>\r\n\r\nHi\r\n--b--\r\n"
    )
    found = reading.read(raw)

    assert judging.judge(found).kind == judging.COMPLAINT
    assert found.feedback == "abuse"
    assert found.refers_to == ("<d-1@x>",)


AWAY = [
    ("I am out of the office until August 12, 2026", date(2026, 8, 12)),
    ("I will be back on Monday.", date(2026, 8, 3)),
    ("Ich bin vom 3.8. bis 14.8.2026 nicht im Büro.", date(2026, 8, 14)),
    ("Ab dem 17. August bin ich wieder erreichbar", date(2026, 8, 17)),
    ("Ich bin bis einschließlich 07.08.2026 abwesend", date(2026, 8, 8)),
    ("Je suis absent jusqu'au 15 août 2026", date(2026, 8, 15)),
    ("Estaré fuera hasta el 20 de agosto", date(2026, 8, 20)),
    ("Sono fuori ufficio fino al 18/08/2026", date(2026, 8, 18)),
    ("I'm away from 08/03/2026 to 08/14/2026 and back 08/17/2026", date(2026, 8, 17)),
    ("Ik ben terug op 24 augustus", date(2026, 8, 24)),
    ("Jag är åter den 17 augusti", date(2026, 8, 17)),
    ("Wracam 10 sierpnia", date(2026, 8, 10)),
    ("Я в отпуске до 14 августа", date(2026, 8, 14)),
    ("8月12日まで不在にしております", date(2026, 8, 12)),
    ("I am away until 10-Aug-2026.", date(2026, 8, 10)),
    ("Ich bin ab Montag, den 17. August 2026, wieder für Sie da.", date(2026, 8, 17)),
    ("Ich bin nicht erreichbar. Am 10.8. bin ich wieder im Haus.", date(2026, 8, 10)),
    ("Estaré fuera del 3 al 21 de agosto. Me reincorporo el 24 de agosto.", date(2026, 8, 24)),
    ("Gli uffici resteranno chiusi fino al 23/08 compreso.", date(2026, 8, 24)),
    ("Estarei fora de 03/08 a 14/08, retornando em 17/08/2026.", date(2026, 8, 17)),
    ("Я в отпуске до 16 августа 2026 г. включительно.", date(2026, 8, 17)),
    ("Szabadságon vagyok 2026. augusztus 14-ig.", date(2026, 8, 14)),
    ("夏季休業期間：2026年8月8日～2026年8月16日", date(2026, 8, 16)),
    ("Yıllık izindeyim, 17 Ağustos 2026 tarihinde döneceğim.", date(2026, 8, 17)),
    ("Jestem na urlopie do 14 sierpnia 2026.", date(2026, 8, 14)),
    ("안녕하세요. 8월 14일까지 휴가입니다. 8월 17일에 복귀합니다.", date(2026, 8, 17)),
    ("My last day at the company was 30 June 2026.", None),
    ("Please note that from 1 September 2026 our address changes.", None),
    ("Back in the office on 1 January", date(2027, 1, 1)),
    ("I was away until 3 March 2020", None),
    ("I read my mail rarely.", None),
    ("until 99.99.2026", None),
]


@pytest.mark.parametrize(("words", "day"), AWAY)
def test_the_day_of_return_is_read_where_words_say_so(words, day):
    assert away.back_on(words, date(2026, 7, 30)) == day


def test_an_answer_written_below_what_it_quotes_is_read():
    text = "Hi,\n\nOn Mon, 3 Aug 2026 at 9:00 Bob <bob@x.example> wrote:\n> Shall we?\n\nYes, on Friday.\n"

    assert quotes.without_quotes(text) == "Hi,\n\n\nYes, on Friday."


QUOTED = [
    "On Mon, 3 Aug 2026 at 9:00 Bob\n<bob@x.example> wrote:\n\n> Shall we?",
    "Am 03.08.2026 um 09:00 schrieb Bob <bob@x.example>:\n> Sollen wir?",
    "Le lun. 3 août 2026 à 09:00, Bob <bob@x.example> a écrit :\n> On y va ?",
    "El lun, 3 ago 2026 a las 9:00, Bob (<bob@x.example>) escribió:\n> ¿Vamos?",
    "Il giorno lun 3 ago 2026 alle ore 09:00 Bob <bob@x.example> ha scritto:\n> Andiamo?",
    "Op ma 3 aug 2026 om 09:00 schreef Bob <bob@x.example>:\n> Zullen we?",
    "W dniu 03.08.2026 o 09:00, Bob pisze:\n> Idziemy?",
    "-----Original Message-----\nFrom: Bob\nSent: Monday\n\nShall we?",
    "________________________________\nVon: Bob <bob@x.example>\nGesendet: Montag\nAn: Ann\nBetreff: X",
    "From: Bob <bob@x.example>\nDate: Monday\nTo: Ann\nSubject: X\n\nShall we?",
    "De : Bob <bob@x.example>\nEnvoyé : lundi\nÀ : Ann\nObjet : X\n\nOn y va ?",
    "---------- Přeposlaná zpráva ---------\nOd: Bob <bob@x.example>\nPředmět: X\nDatum: 3. 8. 2026\nKomu: Ann\n\nJak?",
    "   ----- Mensaje reenviado ----- De: Bob <bob@x.example>Para: Ann <a@x.example>Enviado: lunes\n ¿Vamos?",
    "-------- Proslijeđena poruka --------\nNaslov: \tX\nDatum: \tMon, 3 Aug 2026\nŠalje: \tBob <bob@x.example>\n\nIdemo?",
    '11:00 AM, August 3, 2026, "Bob" <bob@x.example>:\n\nShall we?',
    "2026-08-03 9:00 GMT+02:00 Bob <\nbob@x.example>:\n\n> Shall we?",
    "From: Human Resources\n<hr@x.example>\nSent: Monday\nTo: Ann\nSubject: X\n\nShall we?",
    "Date: Mon, 3 Aug 2026\nSubject: X\nFrom: bob@x.example\nTo: ann@x.example\n\nShall we?",
    "28/10/2026 12:46 používateľ Bob (<bob@x.example>) napísal:\n\n    Ideme?",
    "-- \nAnn Lee\nRoofs Ltd",
    "Mit freundlichen Grüßen\nAnn Lee\nRoofs GmbH\nTel. 030 1",
    "Sent from my iPhone",
    "Von meinem iPhone gesendet",
]


@pytest.mark.parametrize("below", QUOTED)
def test_quotes_and_signatures_are_taken_off_an_answer(below):
    assert quotes.without_quotes(f"Yes, gladly.\n\n{below}\n") == "Yes, gladly."


@pytest.mark.parametrize("below", QUOTED)
def test_a_letter_that_is_all_quote_is_shown_whole(below):
    assert quotes.without_quotes(below).strip()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=3_000))
def test_whatever_bytes_come_are_judged_without_an_error(raw):
    for start in (b"", b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n"):
        found = reading.read(start + raw)
        judging.judge(found)
        judging.bounce(found)
        away.back_on(found.text, date(2026, 1, 1))
        assert quotes.without_quotes(found.text) or not found.text.strip()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=1_500))
def test_an_answer_that_says_something_is_never_shown_empty(text):
    shown = quotes.without_quotes(text)

    assert shown.strip() or not text.replace("\u200b", "").strip()


@pytest.mark.parametrize(
    "line", ["On " + "a " * 400, "From: " + "x@" * 500, "> " * 800, "550 user " * 200, "-" * 3_000]
)
def test_abuse_H09_a_letter_made_to_be_slow_is_read_in_its_time(line):
    import time

    text = f"{line}\n" * 400
    began = time.process_time()
    quotes.without_quotes(text)
    bounces.judge(text)
    away.back_on(text, date(2026, 1, 1))

    assert time.process_time() - began < 3
