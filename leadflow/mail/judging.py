"""What a received message is: a letter, a machine's answer, a complaint, a report that mail did not arrive.

By its headers and its form first. What it says counts only where a mail server wrote it and put it into no
form, as many still do. Pure.
"""

import re
from dataclasses import dataclass

from leadflow.kit import disposable
from leadflow.kit.emails import Email
from leadflow.mail import bounces
from leadflow.mail.reading import Letter

AUTOMATIC, BOUNCE, LETTER, COMPLAINT = "automatic", "bounce", "letter", "complaint"
_BULK = ("bulk", "junk", "list", "auto_reply")
_DAEMONS = (
    "mailer-daemon",
    "postmaster",
    "mail-daemon",
    "bounce",
    "bounces",
    "no-reply",
    "noreply",
    "donotreply",
    "do-not-reply",
)
_SERVER = re.compile(
    r"mailer.?daemon|mdaemon|post.?master|mail ?delivery|mail.?(system|router|daemon)|delivery ?(sub)?system"
    r"|maildelivery|mail administrator|mailadmin|complaints?@|microsoft outlook",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^\W{0,3}((re|aw|sv|fwd?)\s?:\s?){0,3}\W{0,3}("
    r"auto(matic|matische|matisch|matisk|mated|mática|matique|matica)?[ -]?(reply|response|antwort|answer|svar|beantwoording|antwoord|odpowiedź|responder)"
    r"|auto ?(re|:)\b|autoreply|auto-?response|autosvar|automaattinen|automatikus"
    r"|out of (the )?(office|town)|ooo\b|(i am|i'm|am) (away|out of)|away from|on (annual |maternity |parental )?(leave|vacation|holiday)"
    r"|vacation|(annual|maternity|parental) leave|absence|absent|abwesen|außer haus|nicht im büro|(ich bin )?(im )?urlaub\b"
    r"|réponse automatique|absence du bureau|en congés?|message d.absence|hors du bureau"
    r"|respuesta autom[aá]tica|fuera de (la )?oficina|ausente|ausencia"
    r"|risposta automatica|fuori (sede|ufficio)|assenza|assente|resposta autom[aá]tica|fora do escritório|ausência"
    r"|afwezig|niet aanwezig|ik ben (er )?niet|buiten kantoor|frånvaro|semester\b|autosvar|fraværende|ikke på kontoret|fravær|poissa|poissaolo"
    r"|poza biurem|nieobecn|autoodpowied|mimo kancelář|automatická odpov|nepřítomn|távollét|automat(a|ikus) válasz|házon kívül"
    r"|автоответ|автоматический ответ|отсутств|автовідповід|αυτόματη απάντηση|εκτός γραφείου|otomatik (yanıt|cevap)|ofis dışı|răspuns automat"
    r"|自動(応答|返信)|不在|自动(回复|答复)|自動回覆|不在办公室|休假|부재|자동 ?(응답|회신)|תגובה אוטומטית|رد تلقائي"
    r")",
    re.IGNORECASE,
)
_RETURNED = re.compile(
    r"undeliver|returned (mail|to sender|message)|mail (delivery|failure|returned|system error|could not|not delivered|failure)|delivery (status|fail|report|problem|notification|has failed|error|unsuccess|warning)"
    r"|fail(ed|ure)[ :]*(notice|delivery|mail|message|to deliver)|failure notice|(message|mail|e-?mail) (not|un|delivery|status|bounced|rejected|could not)|non ?delivery|notification.{0,20}(deliver|fail)"
    r"|(could|can) ?not (be )?deliver|nondeliverable|rejected|bounce|message status|warning: (could|message)|unzustell|nicht zustellbar|zustell(ung|benach)|fehler bei der|non remis|échec|non (distribu|livr)|rapport de non"
    r"|no (se ha podido|se pudo|entregad)|devuelto|imposible|mancat(o|a) (recapito|consegna)|non recapit|onbestelbaar|niet (be)?zorg|kan inte levereras|olevererbart|kunne ikke leveres|não (entregue|foi possível)|niedostarcz|zwrot"
    r"|не(возможно|доставлен| удалось)|недоставлен|配信|送信エラー|배달|退信|系统退信",
    re.IGNORECASE,
)
_COMPLAINS = re.compile(
    r"^(fw(d)?: )?(complaint about message from|email feedback report for|abuse report|junk e?mail report|spam report|\[?yahoo.{0,30}complaint|feedback.?loop)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Judgement:
    """What it is, and how that was seen (in a key that the pages put into words)."""

    kind: str
    reason: str = ""


def judge(letter: Letter) -> Judgement:
    """What a message is; a letter where nothing says otherwise."""
    if letter.feedback or letter.report_type == "feedback-report":
        return Judgement(COMPLAINT, "complaint")
    if letter.report_type == "disposition-notification":
        return Judgement(AUTOMATIC, "receipt")
    if letter.report is not None or _is_returned(letter):
        return Judgement(BOUNCE, "report")
    if _complains(letter):
        return Judgement(COMPLAINT, "complaint")
    return Judgement(AUTOMATIC, reason) if (reason := _automatic(letter)) else Judgement(LETTER)


def _is_returned(letter: Letter) -> bool:
    """A report without the form of one: a server wrote it, or it is titled so, and it says why."""
    if letter.report_type or letter.header("X-Failed-Recipients"):
        return True
    written = _SERVER.search(f"{letter.header('From')} {letter.from_address}")
    null = letter.header("Return-Path") == "<>"
    titled = _RETURNED.search(letter.subject)
    if not (written or null or titled) or _AWAY.match(letter.subject):
        return False
    says = bounces.speaks_of_it(letter.evidence or letter.text)
    if written:
        return bool(titled) or says
    return bool(titled) and says and (null or _is_no_answer(letter))


def _is_no_answer(letter: Letter) -> bool:
    """Whether it says what it is about without answering somebody, as the letters of servers do."""
    return not re.match(r"\s*(re|aw|sv|antw|fwd?)\s?:", letter.subject, re.IGNORECASE)


def _complains(letter: Letter) -> bool:
    """A provider's complaint from before there was a form for it: the mail that is meant goes along."""
    return bool(_COMPLAINS.match(letter.subject)) and (
        "staff@hotmail" in letter.from_address.lower()
        or bool(re.search(r"abuse|complaint|feedback|fbl|scomp|junk", letter.from_address, re.I))
    )


def _automatic(letter: Letter) -> str:
    submitted = letter.header("Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return "away" if _AWAY.match(letter.subject) else "auto_submitted"
    if _AWAY.match(letter.subject):
        return "away"
    if any(letter.header(name) for name in _MARKED) or _mails_itself(letter):
        return "auto_submitted"
    if letter.header("Precedence").lower() in _BULK:
        return "bulk"
    if letter.header("List-Id"):
        return "list"
    if letter.header("Return-Path") == "<>":
        return "daemon"
    return "daemon" if letter.from_address.lower().partition("@")[0] in _DAEMONS else ""


_MARKED = ("X-Autoreply", "X-Autorespond", "X-Mail-Autoreply", "X-Autogenerated")


def _mails_itself(letter: Letter) -> bool:
    """Whether a program asks that no program answers; Outlook sets it on letters of people too, in part."""
    return letter.header("X-Auto-Response-Suppress").lower() == "all" and bool(
        letter.header("Auto-Submitted")
    )


def suspicion(letter: Letter, sender: Email) -> str:
    """Why a stranger's mail waits for a person before it makes a lead, as the quarantine of forms does."""
    if letter.header("X-Spam-Flag").lower().startswith("yes"):
        return "spam"
    return "disposable" if disposable.is_disposable(sender.domain) else ""


def bounce(letter: Letter) -> bounces.Bounce:
    """What a report says about the message that it is about."""
    report = letter.report
    words = letter.evidence or letter.text
    if report is None:
        return bounces.judge(words)
    return bounces.judge(words, status=report.status, action=report.action, diagnosis=report.words)
