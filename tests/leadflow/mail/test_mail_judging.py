"""What is a machine's letter and what a person's, by head, by form and by words."""

import pytest

from leadflow.mail import judging, reading
from leadflow.mail.judging import AUTOMATIC, BOUNCE, COMPLAINT, LETTER


def judged(
    subject="Re: Prices", body="Yes, gladly.", sender="Ann <ann@a.test-mail.com>", **headers
):
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    raw = f"From: {sender}\r\nTo: us@north.example\r\nSubject: {subject}\r\n{head}\r\n{body}\r\n"
    return judging.judge(reading.read(raw.encode()))


SUBJECTS = [
    "Automatic reply: Prices", "Autoreply: Prices", "Auto: Prices", "Out of Office: Prices", "OOO Re: Prices",
    "Automatische Antwort: Preise", "Automatische Abwesenheitsbenachrichtigung", "Abwesenheitsnotiz: Preise",
    "Nicht im Büro: Preise", "Réponse automatique : Prix", "Absence du bureau : Prix", "Message d'absence",
    "Respuesta automática: Precios", "Fuera de la oficina: Precios", "Risposta automatica: Prezzi",
    "Fuori sede: Prezzi", "Resposta automática: Preços", "Automatisch antwoord: Prijzen", "Afwezig: Prijzen",
    "Automatiskt svar: Priser", "Automatisk svar: Priser", "Autosvar: Priser", "Automaattinen vastaus: Hinnat",
    "Automatyczna odpowiedź: Ceny", "[Automatyczna odpowiedź] Ceny", "Automatická odpověď: Ceny",
    "Automatická odpoveď: Ceny", "Automatikus válasz: Árak", "Automatski odgovor: Cijene", "Samodejni odgovor: Cene",
    "Răspuns automat: Prețuri", "Автоответ: Цены", "Автоматический ответ: Цены", "Автоматична відповідь: Ціни",
    "Αυτόματη απάντηση: Τιμές", "Otomatik Yanıt: Fiyatlar", "自動応答: 価格", "自動返信: 価格", "不在通知", "自动答复: 价格",
    "自动回复：价格", "自動回覆: 價格", "자동 회신: 가격", "부재중: 가격", "תשובה אוטומטית: מחירים", "رد تلقائي: الأسعار",
    "Trả lời tự động: Giá", "Re: Prices (Automatic Response)", "Re: Prices [Out of Office]",
]  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS)
def test_an_automatic_answer_is_known_by_its_subject_in_any_language(subject):
    assert judged(subject).kind == AUTOMATIC


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Prices", "Automate our sales", "Re: Automatic gates for your office", "Re: Automatic e-mail for shops", "Office hours", "Leave it to us",
        "Re: Your vacation rental offer", "Re: Out of the box?", "Automotive parts", "Re: Autor gesucht",
        "Antwort: Preise", "Svar: Priser", "Re: Report domain", "Ausführliche Antwort", "Holiday offer",
    ],
)  # fmt: skip
def test_a_subject_of_a_person_is_none(subject):
    assert judged(subject).kind == LETTER


HEADS = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated (vacation)"},
    {"X_Auto_Response_Suppress": "All", "X_MS_Exchange_Inbox_Rules_Loop": "ann@a.test-mail.com"},
    {"X_Autoresponse": "yes"},
    {"X_Auto_Reply_From": "ann@a.test-mail.com"},
    {"X_Apple_Action": "VACATION"},
    {"Precedence": "auto_reply"},
    {"Precedence": "bulk"},
    {"Return_Path": "<>"},
]


@pytest.mark.parametrize("head", HEADS)
def test_an_automatic_answer_is_known_by_its_head(head):
    assert judged(**head).kind == AUTOMATIC


@pytest.mark.parametrize(
    "head",
    [
        {"Auto_Submitted": "no"},
        {"X_Auto_Response_Suppress": "OOF, AutoReply"},
        {"X_Auto_Response_Suppress": "All"},
        # a rule of our own server passes on what a person wrote
        {"X_MS_Exchange_Inbox_Rules_Loop": "sales@north.example"},
        {"X_Apple_Action": "MOVE_TO_FOLDER/INBOX"},
        {"Return_Path": "<ann@a.test-mail.com>"},
    ],
)
def test_what_a_letter_of_a_person_may_carry_makes_it_no_machines(head):
    assert judged(**head).kind == LETTER


AWAY = [
    "Thank you for your email. I am currently out of the office with limited access to my mail.",
    "I'm on annual leave until 14 August. For urgent matters please contact Jane.",
    "Vielen Dank für Ihre Nachricht. Ich bin derzeit nicht im Büro.",
    "Ich bin vom 3. bis 14. August im Urlaub. In dringenden Fällen hilft Herr Meier.",
    "Bonjour, je suis actuellement en congés. En cas d'urgence, appelez le standard.",
    "Estoy fuera de la oficina. En caso de urgencia escriba a Ana.",
    "Sono in ferie. In caso di urgenza scrivere a Anna.",
    "Ik ben momenteel afwezig. Bij spoed kunt u bellen.",
    "Estou de férias. Em caso de urgência ligue para o escritório.",
    "Jestem na urlopie. W pilnych sprawach proszę o kontakt z biurem.",
    "This is an automated response. Please do not reply to this message.",
]
CHALLENGES = [
    "Your message was received. This account is protected by Mailwall. Please click on the link to verify it.",
    "Your email has not yet been delivered. Please confirm that you are a real person: https://x.example/2",
]


@pytest.mark.parametrize("words", AWAY + CHALLENGES)
def test_a_machine_that_marks_nothing_is_known_by_two_signs_in_its_words(words):
    assert judged(body=words).kind == AUTOMATIC


@pytest.mark.parametrize(
    "words",
    [
        "I will be out of office next week, can we talk on Thursday?",
        "Ich bin bis Freitag im Urlaub, melde mich danach. Klingt gut!",
        "Sounds good. I am on vacation until Monday, let's meet then.",
        "Can you send me the link again? It was not delivered.",
        "We use your product to stop spam, and I would like more seats.",
        "Please confirm your address, so that I can send the contract.",
    ],
)
def test_a_person_who_says_that_she_is_away_is_a_person(words):
    assert judged(body=words).kind == LETTER


def report(kind, part, body):
    return (
        "From: MAILER-DAEMON@mx.test-mail.com\r\nSubject: Report\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        f"--b\r\nContent-Type: {part}\r\n\r\n{body}\r\n--b--\r\n"
    ).encode()


def fields(action, status):
    return (
        "Reporting-MTA: dns; mx.test-mail.com\r\n\r\nFinal-Recipient: rfc822; a@b.test-mail.com\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n"
    )


@pytest.mark.parametrize(
    ("kind", "part", "body", "expected"),
    [
        ("delivery-status", "message/delivery-status", fields("failed", "5.1.1"), BOUNCE),
        ("delivery-status", "message/delivery-status", fields("delayed", "4.4.1"), BOUNCE),
        ("delivery-status", "message/delivery-status", fields("delivered", "2.0.0"), AUTOMATIC),
        ("delivery-status", "message/delivery-status", fields("relayed", "2.0.0"), AUTOMATIC),
        (
            "disposition-notification",
            "message/disposition-notification",
            "Disposition: x",
            AUTOMATIC,
        ),
        ("feedback-report", "message/feedback-report", "Feedback-Type: abuse", COMPLAINT),
        ("tlsrpt", "application/tlsrpt+gzip", "x", AUTOMATIC),
    ],
)
def test_a_report_is_what_it_says(kind, part, body, expected):
    assert judging.judge(reading.read(report(kind, part, body))).kind == expected


def test_a_summary_about_our_domain_is_nobodys_letter():
    found = judged(
        "Report domain: north.example Submitter: x.example Report-ID: 1", "", "dmarc@x.example"
    )

    assert found.kind == AUTOMATIC


TWO = (
    fields("failed", "5.1.1").replace("a@b", "gone@b")
    + "Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n\r\n"
    + "Final-Recipient: rfc822; full@b.test-mail.com\r\nAction: failed\r\nStatus: 5.2.2\r\n"
    + "Diagnostic-Code: smtp; 552 5.2.2 mailbox full\r\n"
)


@pytest.mark.parametrize(
    ("receiver", "kind"),
    [
        ("", "soft"),
        ("somebody@else.test-mail.com", "soft"),
        ("full@b.test-mail.com", "soft"),
        ("Gone@b.test-mail.com", "hard"),
    ],
)
def test_of_a_report_about_several_hers_counts_and_else_the_mildest(receiver, kind):
    found = reading.read(report("delivery-status", "message/delivery-status", TWO))

    assert judging.bounce(found, receiver).kind == kind
