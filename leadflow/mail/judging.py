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
_AUTOMATIC = (
    r"auto(mat(ic|ed|ische[rs]?|isch|iskt?|ic[ao]|ique|yczna|ick[áý]|ikus|ski|inis|iczna|taka)|m[aà]tica|mática|maattinen)?[ -]{0,2}"
    r"(repl(y|ies)|respon[sd]\w*|antwort|answer|svar|beantwoording|antwoord|odpowiedź|odpově?e?ď|vastaus|válasz|odgovor|atsakymas"
    r"|abwesenheits\w+)"
    r"|auto ?(re\b|:)|auto-?(reply|response|responder|respons\w*)|autosvar|automaatvastus"
    r"|(réponse|resposta|respuesta|risposta) (automatique|autom[aàá]tica)|răspuns automat|samodejni odgovor"
    r"|odpowied[zź] automatyczna|odpověď automatická|vastaus automaattinen|automatische? beantwortung"
    r"|авто(матический |матичен |матична |матичний )?(ответ|отговор|відповідь)|автоответ|автовідповід|αυτόματη απάντηση"
    r"|otomatik (yanıt|cevap)|balasan otomatis|trả lời tự động|ตอบกลับอัตโนมัติ|(תשובה|תגובה|מענה) אוטומטית?|رد تلقائي"
    r"|自[动動](应答|回复|答复|回覆|答覆|応答|返信)|자동 ?(응답|회신)"
)
# Behind a word that is a holiday as well as a notice of one: "Vacation homes" is the former.
_ITSELF = r"(?=\W*$|\s*[:!(\[–—-]|\s+(re|aw|sv|fwd?)\s?:|\s+(repl|respon|notice|notif|message|auto|mode|alert|until|till|from|bis|vom|von|ab|und|till|t\.?o\.?m|\d))"
_AWAY = re.compile(
    r"^\W{0,3}((re|aw|sv|fwd?)\s?:\s?){0,3}\W{0,3}("
    rf"{_AUTOMATIC}"
    r"|out of (the )?(office|town)|ooo\b|(i am|i'm|am) (away|out of)|away from|away (until|till|on|-)|on (annual |maternity |parental )?(leave|vacation|holiday)"
    rf"|(vacation|absence|absent|urlaub|semester){_ITSELF}"
    r"|(annual|maternity|parental) leave|abwesen|außer haus|nicht im (büro|haus)|(ich bin )?im urlaub\b|yıllık izin|izindeyim"
    r"|absence du bureau|en congés?|message d.absence|hors du bureau|avis d.absence"
    r"|fuera de (la )?oficina|ausente|ausencia|fuori (sede|ufficio)|assenza|assente|notifica di assenza"
    r"|fora do escritório|ausência|afwezig|niet aanwezig|ik ben (er )?niet|buiten kantoor|frånvaro"
    r"|fraværende|ikke på kontoret|fravær|poissa|poissaolo|poza biurem|nieobecn|autoodpowied|mimo kancelář|nepřítomn"
    r"|távollét|házon kívül|отсутств|εκτός γραφείου|ofis dışı|不在|不在办公室|休假|부재"
    r")"
    # or at the end, where a program put what it is into brackets behind the subject that it answers
    rf"|[\[(]({_AUTOMATIC}|out of (the )?office|abwesen\w*)[^\])]{{0,20}}[\])]\s{{0,3}}$",
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
    if letter.report_type == "disposition-notification" or _succeeded(letter):
        return Judgement(AUTOMATIC, "receipt")
    if letter.report is not None or _is_returned(letter):
        return Judgement(BOUNCE, "report")
    if noticed := bounces.notice(letter.evidence or letter.text):
        return Judgement(_NOTICES[noticed], _NOTICED[noticed])
    if letter.report_type or _SUMMARY.match(letter.subject):
        return Judgement(AUTOMATIC, "auto_submitted")
    if _complains(letter):
        return Judgement(COMPLAINT, "complaint")
    return Judgement(AUTOMATIC, reason) if (reason := _automatic(letter)) else Judgement(LETTER)


_SUMMARY = re.compile(r"^(\[\w+\] )?report domain: ", re.IGNORECASE)  # of DMARC (RFC 7489, 7.2.1.1)
# What a sending service tells by mail in JSON, as Amazon SES does.
_NOTICES = {"bounce": BOUNCE, "complaint": COMPLAINT, "delivery": AUTOMATIC}
_NOTICED = {"bounce": "report", "complaint": "complaint", "delivery": "receipt"}
_ABOUT_DELIVERY = (
    "delivery-status",
    "unknown",
)  # of the reports that there are; TLS-RPT is one too
_DELIVERED = ("delivered", "relayed", "expanded")


def _succeeded(letter: Letter) -> bool:
    """Whether a report tells that a message arrived, which nobody asked for here."""
    return letter.report is not None and letter.report.action in _DELIVERED


def _is_returned(letter: Letter) -> bool:
    """A report without the form of one: a server wrote it, or it is titled so, and it says why."""
    if letter.report_type in _ABOUT_DELIVERY or letter.header("X-Failed-Recipients"):
        return True
    written = _SERVER.search(f"{letter.header('From')} {letter.from_address}")
    null = letter.header("Return-Path") == "<>"
    titled = _RETURNED.search(letter.subject)
    if not (written or null or titled) or _AWAY.search(letter.subject):
        return False
    says = bounces.speaks_of_it(letter.evidence or letter.text)
    if written:
        return bool(titled) or says
    if null and letter.carries_another:
        return says
    return bool(titled) and says and (null or (_is_no_answer(letter) and _names_receiver(letter)))


def _names_receiver(letter: Letter) -> bool:
    """Whether it says whom the mail did not reach, or holds that mail: a person who misses a parcel does not."""
    return letter.carries_another or "@" in (letter.evidence or letter.text)


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
        return "away" if _AWAY.search(letter.subject) else "auto_submitted"
    if _AWAY.search(letter.subject):
        return "away"
    if any(letter.header(name) for name in _MARKED) or _mails_itself(letter):
        return "auto_submitted"
    if reason := _by_words(letter.text[:_OPENING]):
        return reason
    if letter.header("Precedence").lower() in _BULK:
        return "bulk"
    if letter.header("List-Id"):
        return "list"
    if letter.header("Return-Path") == "<>":
        return "daemon"
    return "daemon" if letter.from_address.lower().partition("@")[0] in _DAEMONS else ""


# Of a machine that answers where nobody marked the subject: two signs together, for a person may well
# write that she will be away.
_OPENING = 1_200
_AWAY_IN_WORDS = re.compile(
    r"\b(i am|i'm|i’m|i will be|i'll be) (currently |now )?(out of (the )?office|away from (the|my) (office|desk)|on (annual |maternity |paternity |parental |sick )?(leave|vacation|holidays?))"
    r"|out of (the )?office (until|from|on|and|with)|this is an auto(matic|mated|-)? ?(reply|response|message|e-?mail)|automatically generated (reply|response|message|e-?mail)"
    r"|(derzeit|momentan|zurzeit|aktuell) (leider )?nicht (im (büro|haus)|erreichbar|am arbeitsplatz)|(bin|befinde mich) (bis|vom|ab|derzeit|momentan|aktuell|zurzeit)[^\n]{0,60}(nicht im (büro|haus)|urlaub|abwesend)|automatisch (generierte|erstellte|erzeugte)"
    r"|(suis|serai) (actuellement )?(absente?|en congés?|en vacances)|réponse automatique|message automatique"
    r"|(estoy|estaré) (actualmente )?(fuera de la oficina|de vacaciones|ausente)|respuesta automática|mensaje automático"
    r"|(sono|sarò) (attualmente )?(fuori ufficio|assente|in ferie)|risposta automatica|messaggio automatico"
    r"|ben (ik )?(momenteel )?(afwezig|met vakantie|niet aanwezig)|automatisch (antwoord|bericht)"
    r"|(estou|estarei) (atualmente )?(ausente|de férias|fora do escritório)|mensagem automática|resposta automática"
    r"|jestem na urlopie|przebywam na urlopie|jag är (på semester|ledig)|jeg (er på|holder) ferie|olen lomalla|в отпуске|不在にして|休暇をいただ|正在休假|휴가",
    re.IGNORECASE,
)
_NOT_READ = re.compile(
    r"(limited|no|intermittent|sporadic|irregular) access|(urgent|emergency|immediate (assistance|attention|help))|(upon|on|after|when) my return|when i (return|am back|get back)|in my absence|(reply|respond|answer|get back to you) (as soon as|when|upon|after)|(thank you|thanks) for your (e-?mail|message|mail|note)|do not (reply|respond)"
    r"|in dringenden|in (meiner|der) abwesenheit|meine vertretung|nicht weitergeleitet|wird nicht gelesen|vielen dank für ihre (e-?mail|nachricht|mail)|nach meiner rückkehr|bitte (antworten sie nicht|wenden sie sich)"
    r"|en cas d.urgence|en mon absence|à mon retour|pour toute urgence|en caso de urgencia|durante mi ausencia|a mi regreso|asuntos? urgentes?|in caso di urgen|per (urgenze|questioni urgenti)|al mio rientro|bij spoed|dringende|em caso de urgência|assuntos? urgentes?|no meu regresso|w pilnych sprawach|brådskande|ved hasteri?ng|kiireellis|срочн|急ぎ|緊急|紧急|급한",
    re.IGNORECASE,
)
# Who wants to know first whether a person wrote: it was held, and a link lets it through.
_HELD = re.compile(
    r"(your (e-?mail|message|mail)|the message you sent)[^.]{0,80}(not (yet )?been delivered|is (being )?(held|waiting|pending|quarantined)|on hold|was received)"
    r"|(make sure|ensure|so that) [^.\n]{0,30}(e-?mail|message|mail)s? [^.\n]{0,30}(reach|get|arriv|deliver)|(to be added to|not (yet )?on|join) [^.\n]{0,20}(guest|approved|allow|safe|white) ?-?(list|senders?)"
    r"|(account|mailbox|e-?mail|inbox) is protected by|protected by an? (anti-?spam|spam)|uses? [^.]{0,40}to (block|stop|fight) (spam|junk)",
    re.IGNORECASE,
)
_PROVES = re.compile(
    r"(click|follow|visit|use|go to|reply to)[^.]{0,80}(link|below|this (message|e-?mail)|https?:)([^.]|\.\S){0,120}(confirm|verif|deliver|allow|approve|add|prove|authenticate)"
    r"|(confirm|verify|prove) (that )?(you|your)[^.]{0,60}(are (a )?(human|real|person|not)|address|sender|identity|e-?mail|message)",
    re.IGNORECASE,
)


def _by_words(text: str) -> str:
    """A machine's letter without a mark, by two signs at its beginning."""
    if _AWAY_IN_WORDS.search(text) and _NOT_READ.search(text):
        return "away"
    return "auto_submitted" if _HELD.search(text) and _PROVES.search(text) else ""


# What programs that answer write into their heads.
_MARKED = (
    "X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Mail-Autoreply", "X-Autogenerated", "X-Autoreply-From",
    "X-Auto-Reply-From", "X-Vacation", "X-FC-MachineGenerated", "X-POST-MessageClass",
)  # fmt: skip


def _mails_itself(letter: Letter) -> bool:
    """Whether a program asks that no program answers; Outlook sets it on letters of people too, in part, and
    a rule of a mailbox that passes letters of people on leaves its mark as one that answers does."""
    if letter.header("X-Apple-Action").upper() == "VACATION":
        return True
    answers = letter.header("Auto-Submitted") or letter.header("X-MS-Exchange-Inbox-Rules-Loop")
    return letter.header("X-Auto-Response-Suppress").lower() == "all" and bool(answers)


def suspicion(letter: Letter, sender: Email) -> str:
    """Why a stranger's mail waits for a person before it makes a lead, as the quarantine of forms does."""
    if letter.header("X-Spam-Flag").lower().startswith("yes"):
        return "spam"
    return "disposable" if disposable.is_disposable(sender.domain) else ""


def bounce(letter: Letter, receiver: str = "") -> bounces.Bounce:
    """What a report says about the message that it is about, which went to `receiver` if that is known.

    Of several receivers hers counts; where she is not among them the mildest word does, for an address is
    called wrong only where nothing speaks against that.
    """
    words = letter.evidence or letter.text
    if noticed := bounces.of_notice(words):
        return noticed
    if not letter.reports:
        return bounces.judge(words)
    hers = [one for one in letter.reports if one.receiver.lower() == receiver.lower()]
    found = [
        bounces.judge(words, status=one.status, action=one.action, diagnosis=one.words)
        for one in hers or letter.reports
    ]
    return min(found, key=lambda one: _MILDEST_FIRST.index(one.kind))


_MILDEST_FIRST = (bounces.SOFT, bounces.BLOCK, bounces.HARD)
