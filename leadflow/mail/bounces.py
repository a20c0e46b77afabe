"""Why a message of ours did not arrive: the address is wrong, it is not now, or we are not wanted. Pure.

Servers say it in a status (RFC 3463), in the code of an SMTP answer, and in words of their own. The words
weigh most: a full mailbox comes with 5.1.1 from some, an unknown user with 5.7.1 from others. An address is
called wrong only where a server says so; whatever is not understood is a soft bounce, which suppresses
nobody.
"""

import re
from dataclasses import dataclass

HARD, SOFT, BLOCK = "hard", "soft", "block"
_MOST = 20_000  # signs of a report that are read

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-:,;)])")
# Where the copy of what we wrote begins: its words are ours, not the server's.
_COPY = re.compile(
    r"below this line is a copy|this is a copy of (the|your) message|(the )?header of the original message"
    r"|original message (headers|follows)|original-nachricht|unsent message (below|follows)"
    r"|the original message was received|message header follows|returned message follows"
    r"|original mail(kopf| header)|----- ?original message|en-têtes de message|ursprünglichen? kopfzeilen"
    r"|included is a copy of|ursprüngliche nachricht"
    r"|^(received: (from|by)|return-path: <|dkim-signature: |message-id: <)",
    re.IGNORECASE | re.MULTILINE,
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_WAITS = _any(
    r"\bdelayed\b.{0,200}(retr|try|attempt)",
    r"(will|to) (keep |continue )?(be )?(retr|try)(y|ied|ying)",
    r"no action is required on your part",
    r"not yet been delivered",
    r"delivery attempts will continue",
    r"warning message only",
    r"do not need to resend",
    r"zustellung (verzögert|wird weiterhin)",
    r"weitere zustellversuche",
    r"retardé",
    r"se seguirá intentando",
)
_FULL = _any(
    r"\b(over|exceed(s|ed|ing)?|out of|insufficient|past|full)\b.{0,40}\b(quota|storage|disk|mailbox)",
    r"\b(mailbox|inbox|account|storage|quota|disk|user|recipient)\b.{0,40}(over|exceed\w*|reached|past) .{0,20}limit",
    r"(quota|mail ?box|inbox|mailfolder|maildir|account|disk)[^.]{0,60}(exceed|full\b|over\b|is full|too large|overdrawn)",
    r"\bquota\b.{0,20}(violation|limit)",
    r"\bover ?quota",
    r"\bmailbox_?full",
    r"no space left",
    r"not enough (disk|storage|space|room)",
    r"(postfach|mailbox).{0,30}(voll|überschritten)",
    r"speicherplatz",
    r"boîte.{0,30}(pleine|saturée)",
    r"buz[oó]n.{0,20}lleno",
    r"casella.{0,20}piena",
    r"caixa.{0,20}cheia",
    r"postvak.{0,15}vol\b",
    r"skrzynk.{0,30}(pełn|przepełn)",
    r"ящик.{0,30}(переполнен|полон)",
    r"容量(超|不足)",
    r"邮箱(已|空间)?满",
    r"552 .{0,20}(storage|exceeded)",
)
# Said of this message, or of the server's own machinery, in words that could be taken for the address's.
_NOT_THE_ADDRESS = _any(
    r"(max\w*|message|mail|class=)[ _-]?(message |mail )?size.{0,30}(exceed|limit|larger|too)|size.{0,12}(exceed|limit=)",
    r"could ?n.t create|can.?t create|(procmail|maildrop|local delivery|pipe).{0,60}(fail|error|denied|could|died)",
    r"not found,? try again|(malformed|unexpected).{0,30}name ?server|name ?server.{0,20}(fail|timed|timeout|refused)|servfail|server failure",
    r"host(name)? lookup (did not complete|failed temporarily)|(temporar|transient)\w* (address |dns |host |user )?(lookup|resolution)",
    r"message expired",
)
# A list or group into which we may not write, whatever else it says of its name.
_GROUP = _any(
    r"group you tried to contact|groups\.google\.|topic=25838|群組|グループ.{0,40}(投稿|権限)|not (be )?allowed to post|permission to post"
    r"|not a (member|subscriber) of (this|the) (mailing )?list|send mail as"
)
# An account that is shut may open again: no word that nobody has this address.
_SHUT = _any(
    r"(account|mailbox|user|recipient|addressee|compte)\b.{0,40}\b(disabled|suspended|deactivated|inactive|locked|on hold|not been activated)\b",
    r"(account|compte)\b.{0,40}\b(is|est) (blocked|bloqu)",
    r"frequency limit",
    r"\b(disabled|suspended|inactive|deactivated|not activated) (account|mailbox|user|recipient)",
)
_LATER = _any(
    r"time[d]?[ -]?out",
    r"retry (time|timeout)",
    r"(queue|delivery) (time|lifetime)? ?expired",
    r"message expired",
    r"(been|was) in the queue too long",
    r"could ?n.t (be )?(delivered|deliver).{0,40}(days|hours)",
    r"delivery (attempts|period).{0,30}(exceed|expired)",
    r"expired.{0,20}(unable|deliver)",
    r"connection (refused|reset|dropped|timed|lost|closed|died)",
    r"lost connection",
    r"no route to host",
    r"network (is )?unreachable",
    r"(could ?n.t|cannot|unable to|was not able to|wasn.t able to) (establish|connect|make an? smtp)",
    r"unable to (contact|reach) (the )?(server|host|destination)",
    r"(temporar|transient)\w* (failure|error|problem|lookup|unavail|reject|defer|block)",
    r"exceed.{0,40}\blimit",
    r"temporarily (unavailable|deferred|rejected|disabled|suspended)",
    r"try again later",
    r"too many (connections|messages|recipients|hops|mails|sessions)",
    r"(mail|message|routing) loop",
    r"loops? back to",
    r"hop count",
    r"rate ?limit",
    r"receiving mail (at a rate|too quickly)",
    r"too (big|large)",
    r"(message|mail|size).{0,30}(exceed|larger than).{0,30}(size|limit|maximum)",
    r"\bsize limit",
    r"insufficient (system|resources)",
    r"system (resources|not accepting|full|error)",
    r"local (configuration )?error",
    r"unable to run|command (died|output|line)|(pipe|local) .{0,20}(failed|child)|can.t create|permission denied",
    r"out of memory",
    r"(internal|server|protocol|syntax) error",
    r"mailer error",
)
_UNWANTED = _any(
    r"\bspam\w*",
    r"\bunsolicited\b",
    r"\bjunk\b",
    r"black ?list\w*|block ?list\w*|deny ?list\w*|\brbl\b|dnsbl|\bsurbl\b|spamhaus|spamcop|barracuda|sorbs|senderbase|cloudmark",
    r"\bblocked\b|\bbanned\b|\bblacklisted\b",
    r"\breputation\b",
    r"\bpolicy\b|policies",
    r"\b(spf|dkim|dmarc)\b|unauthenticated|not pass.{0,30}auth|sender id",
    r"reverse (dns|lookup)|\bptr\b|\brdns\b|unable to verify your|hostname.{0,20}(not|does)",
    r"not (allowed|permitted|authori[sz]ed|accepted) (to|from|for|by|delivery)",
    r"\b(virus|malware|trojan|infected|worm)\b",
    r"relay(ing)? (access )?(denied|not|is|prohibited)|(cannot|unable to|not allowed to|not permitted to) relay|not a relay|relaying",
    r"access (is )?denied",
    r"content (rejected|filter|not|denied)|prohibited (content|attachment)|message (content|filtered|rejected|refused)",
    r"(refused|rejected|denied|declined) (by|due to|because|for|on account|as|from)",
    r"(sender|from) (address|domain)?.{0,30}(reject|denied|not exist|invalid|unknown|refus|verif|bad)|(invalid|bad|unrout\w+|unknown|undeliverable) (sender|ip\b|from)",
    r"(authentication|login|authorization|tls|encryption|certificate).{0,25}(required|fail|needed|must|untrusted)",
    r"client host.{0,60}reject|your (ip|host|domain|server|network|message).{0,60}(block|reject|denied|listed|refus)",
    r"\bkeine annahme|unerwünscht|abgelehnt",
    r"not rfc ?(2822|5322|822) compliant|rfc ?compliant|missing.{0,20}(header|from)|multiple .{0,10}header",
    r"attachment",
    r"mail(s)? from .{0,80}(refused|rejected|denied|not accepted)",
    r"restricted|\bdelivery not authorized|only members|not a member|moderat|does ?n.t have permission|don.t have permission",
    r"your (daily|hourly) relay|insecure mail relay",
    r"(host|network|ip|connection)s? .{0,30}not allowed|does ?n.t support tls|does not support tls",
    r"mismatch|white ?list|requires? confirmation|\bJFE\d+|high volume|too many (complaints|spam)|\bsuspicious\b|abuse",
    r"administrative prohibition|\brcpthosts\b|(?<!not )\blisted (on|in|at|by)\b|\bDT:SPM\b|messages from \S{3,60} were ?n.t sent",
)
_UNKNOWN = _any(
    r"\b(user|mail ?box|account|recipient|addressee|address|mailbox name|username|local ?part|alias|customer|person)\b.{0,60}?"
    r"(unknown|not (be )?(found|known|exist|listed|recogni[sz]ed|local|registered|valid)|doesn.t exist|does not exist|couldn.t be found|no longer (exist|valid|available|here|active|works)|invalid|non-?existent|unavailable here|is not (a )?(valid|known|registered|one of))",
    r"(unknown|invalid|no such|non-?existent|nonexist\w*|bad|undefined|illegal|wrong|incorrect|unrouteable|unroutable|unresolvable)[ -]+(local |destination |virtual |mail |e-?mail |final |delivery )*(user ?id|user|mail ?box|recipient|address(ee)?|account|alias|local|person|name|users?)\b",
    r"\bno (such )?(user|mail ?box|account|recipient|address|person|one)\b( here|.{0,30}(by|with) that name|s? at|.{0,20}found|.{0,20}exist| with this)?",
    r"dosn.t exist|\b(bad|invalid|unknown|no)[_ ]recipient\b|mailbox unavailable or access denied",
    r"recipient (address )?rejected\.?\W*($|\n|\(in reply|\[)|indicated no smtp service|possibly incorrect",
    r"mailbox \S{1,90}@\S{1,90} (is )?unavailable",
    r"no valid recipients?|check (if|that|whether) (the )?address is correct|recipient address rejected: access denied",
    r"does ?n.t (exist|like recipient|have an? (account|user|mailbox))|does not (exist|have an? (account|user|mailbox))",
    r"(not|n.t) (a valid|have an? .{0,30}(account|mailbox|user)|listed in|our customer|a known|known at|found in|in (our|my) (directory|control|user))",
    r"isn.t in my control files|don.t accept mail for|sorry, (no mailbox|i couldn)",
    r"(user|adress|empfänger|benutzer|postfach|konto|teilnehmer).{0,60}(unbekannt|existiert nicht|nicht (gefunden|bekannt|vorhanden|gültig)|ungültig)",
    r"\b(unbekannte[rs]?|ungültige[rs]?) (empfänger|adresse|benutzer|e-?mail)",
    r"(destinataire|adresse|utilisateur|boîte|compte).{0,60}(inconnu|n.existe pas|introuvable|invalide|inexistant)",
    r"(usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta).{0,60}(desconocid|no existe|no (se )?encontr|inexistente|no v[aá]lid|inv[aá]lid)",
    r"(no se (ha )?encontr(ó|ado)|no existe|desconocid[oa]|inexistente) (la |el |una? )?(dirección|direccion|usuario|buz[oó]n|cuenta|destinatario)",
    r"(utente|destinatario|indirizzo|casella).{0,60}(sconosciut|non esiste|inesistente|non trovat|non valid)",
    r"(usuário|destinatário|endereço|conta|caixa).{0,60}(desconhecid|não existe|inexistente|não encontrad|inválid)",
    r"(gebruiker|geadresseerde|adres|postvak|ontvanger).{0,60}(onbekend|bestaat niet|niet gevonden|ongeldig)",
    r"(adresat|użytkownik|adres|konto|skrzynka).{0,60}(nieznan|nie istnieje|nie znalezion|niepoprawn)",
    r"(användare|mottagare|adress|bruger|modtager|bruker|mottaker).{0,40}(okänd|finns inte|hittades inte|ukendt|ukjent|finnes ikke|findes ikke)",
    r"(пользовател|адресат|получател|ящик|адрес).{0,60}(не (существует|найден)|неизвест|недоступ)",
    r"(存在しません|見つかりません|あて先不明|宛先不明|ユーザ.{0,10}(不明|存在)|不存在|无此用户|用户不|找不到|존재하지|없는 사용자)",
    r"(kullanıcı|alıcı|adres).{0,40}(bulunamadı|mevcut değil|bilinmiyor)",
    r"host (name )?(or domain name )?(not found|unknown)|unknown host|(domain|host|hostname)\b.{0,60}(not found|does not exist|doesn.t exist|couldn.t be found|unknown|nonexistent|not exist|isn.t|invalid)",
    r"no (mail server|mx|such (host|domain)|answer from dns|dns|route (to )?domain)|nxdomain|name or service not known|bad destination (host|system)|unrouteable (mail )?domain|(dns|address) (error|lookup).{0,40}(not found|no such|nxdomain)|all relevant mx records point to non-existent|null ?mx|does not accept mail|illegal host|couldn.t find any host|cannot (resolve|find) .{0,40}(host|domain|server)|(resolve|lookup).{0,20}(fail|error)",
    r"(user|person|recipient|employee|account).{0,30}(has )?(moved|left|no longer|is gone)|has moved to|please (use|try|forward to) (the )?(new|following)? ?.{0,20}(address|<)|no longer (with|works|employed|available|in use|valid|active)",
    r"(mailbox|user|account) (is )?(not available|unavailable|closed|has been (closed|terminated|removed|deleted))|(closed|terminated|deleted|discontinued|delivery to this) (account|mailbox|user|address)",
    r"\b(5\.1\.(0|1|2|3|4|6|10))\b.{0,40}(user|address|recipient|mailbox|unknown|bad|reject|failed|resolver)",
    r"\bRESOLVER\.ADR\.(RecipNotFound|RecipientNotFound|ExRecipNotFound|InvalidInSmtp|BadPrimary)",
    r"\bMapiExceptionNotFound|\bDirectory Based Edge|unknown[_ ]?(user|recipient)|recipient_?(unknown|notfound)|RecipNotFound|RecipientNotFound",
    r"user \w{0,60} ?\(?[^\s]{0,90}\)? (not listed|is unknown|unknown)",
)


_REFUSED = _any(r"\b(rejected|refused|denied|rejete[er]?|rejet[ée]|prohibited)\b")
# The answer came before the receiver was named: it is about us.
_BEFORE_RECEIVER = re.compile(
    r"(after|reply to|response to|in reply to|did not like our)[^a-z\n]{0,4}"
    r"(MAIL\b|EHLO|HELO|initial|connection|greeting)|>>> MAIL From[^\n]{0,200}\s{1,4}<<< 5",
    re.IGNORECASE,
)
# A server that asked ours whether our own address exists, and would not believe it.
_SENDER_DOUBTED = re.compile(
    r"sender (address )?(verif|callout)|verif\w* (of )?sender", re.IGNORECASE
)
# Words that RFC 5321 gives a code, said before the cause: they count where nothing else is said.
_STOCK = re.compile(
    r"requested (mail )?action (was )?(not taken|aborted)\W{1,3}mailbox (is )?unavailable",
    re.IGNORECASE,
)
_ABOUT_US = re.compile(
    r"\b(sender|client|your|reverse|helo|ehlo|mail from|spf|ptr|ip)\b|\bfrom:", re.IGNORECASE
)
_GIVES_UP = re.compile(r"fatal|permanent|giv(e|en|ing) up|returned unsent", re.IGNORECASE)
# What some servers write before every answer, whatever it says.
_PREFIX = re.compile(r"unknown address error|5\.1\.0 - unknown address", re.IGNORECASE)


@dataclass(frozen=True)
class Bounce:
    """What a report means for the address: `kind`, and by which status and words that was seen."""

    kind: str
    status: str = ""
    words: str = ""
    is_final: bool = True  # False: the server goes on trying


def judge(words: str, *, status: str = "", action: str = "", diagnosis: str = "") -> Bounce:
    """What a report says, of its status, its action and its words, in this order of trust: the words of
    the server's own answer (`diagnosis`), the status, the words around it."""
    told = _flowed(_own_words(words))
    if action == "delayed" or (not action and _only_waits(told)):
        return Bounce(SOFT, status, _line(diagnosis or told), is_final=False)
    diagnosis = diagnosis or _answer(told)
    codes = _codes(diagnosis, status, told)
    return Bounce(_kind(diagnosis, told, codes), codes[0], _line(diagnosis or told))


def judge_answer(code: int, text: str) -> str:
    """The kind of an answer in an SMTP session: HARD, SOFT or BLOCK."""
    return judge("", diagnosis=f"{code} {text}").kind


def excuses_address(text: str) -> bool:
    """Whether a refusal says of itself that the address is not what is wrong: a full mailbox, a filter or
    a policy, something that passes."""
    return any(one.search(text) for one in (_FULL, _UNWANTED, _LATER))


_NOTICE = re.compile(
    r'\\?"(?:notificationType|eventType)\\?"\s?:\s?\\?"(Bounce|Complaint|Delivery)', re.IGNORECASE
)
_NOTICED_BOUNCE = re.compile(
    r'\\?"bounceType\\?"\s?:\s?\\?"(\w+)\\?"|\\?"bounceSubType\\?"\s?:\s?\\?"(\w+)\\?"',
    re.IGNORECASE,
)


def notice(words: str) -> str:
    """What a sending service tells in JSON: bounce, complaint, delivery; empty where it is none."""
    found = _NOTICE.search(words[:_MOST])
    return found[1].lower() if found else ""


def of_notice(words: str) -> Bounce | None:
    """The bounce of such a notice, by the type that the service gives it; None where it is none."""
    if notice(words) != "bounce":
        return None
    types = {(m[1] or m[2]).lower() for m in _NOTICED_BOUNCE.finditer(words[:_MOST])}
    kind = HARD if "permanent" in types and not types & _EXCUSED else SOFT
    return Bounce(BLOCK if types & _REJECTED else kind, words=_line(", ".join(sorted(types))))


_EXCUSED = {"suppressed", "onaccountsuppressionlist"}  # its own list, not the server's word
_REJECTED = {"contentrejected", "attachmentrejected"}


def speaks_of_it(words: str) -> bool:
    """Whether a text holds what servers write when mail does not arrive."""
    told = _own_words(words)
    patterns = (_STATUS, _SAYS, _UNKNOWN, _FULL, _REFUSED, _SHUT)
    return any(one.search(told) for one in patterns)


_SAYS = _any(
    r"(not|n.t|unable to|could ?not|cannot|failed to) (be )?deliver",
    r"delivery .{0,40}(fail|delay|problem|error)",
    r"undeliver",
    r"returned mail|bounced",
    r"fatal errors|permanent(ly)? (error|fail)",
    r"did not reach the following",
    r"unzustellbar|nicht zugestellt|pas (pu être|été) (remis|distribu)|no se (ha podido|pudo) entregar",
    r"non (è stato possibile|recapitat)|配信|送信でき|не (доставлен|удалось)",
)


def _own_words(words: str) -> str:
    """What the server says before it returns the message. A report that begins with it is read whole."""
    told = words[:_MOST]
    found = _COPY.search(told, 40)
    return told[: found.start()] if found and found.start() > 50 else told


def _flowed(told: str) -> str:
    """Lines that were broken for their length made one again: the next one is set in."""
    return _BROKEN.sub(" ", told)


_BROKEN = re.compile(r"(?<=[^\s\n])[ \t]{0,9}\r?\n[ \t]{1,20}(?=\S)")


def _answer(told: str) -> str:
    """The other server's answer among the words around it: from its code to the end of the paragraph."""
    found = _CODE.search(told)
    return told[found.start() : found.start() + 600].split("\n\n")[0] if found else ""


def _only_waits(told: str) -> bool:
    return bool(_WAITS.search(told)) and not _GIVES_UP.search(told)


def _line(words: str) -> str:
    return " ".join(words.split())[:400]


def _codes(diagnosis: str, status: str, told: str) -> tuple[str, str]:
    """The enhanced status that says most, and the SMTP code; empty where there is none."""
    texts = (diagnosis, status, told)
    found = [m[0] for text in texts for m in _STATUS.finditer(text) if m[1] != "2"]
    telling = [one for one in found if not one.endswith(".0.0")]
    code = next((m[1] for text in (diagnosis, told) if (m := _CODE.search(text))), "")
    return (telling or found or [""])[0], code


def _kind(diagnosis: str, told: str, codes: tuple[str, str]) -> str:
    """The answer's own words first; what stands around it where that says nothing."""
    status, code = codes
    if (status or code).startswith("4") or _SHUT.search(f"{diagnosis}\n{told}"):
        return SOFT
    about_us = bool(_BEFORE_RECEIVER.search(told))
    kind = _by_words(diagnosis, about_us) or _by_status(status) or _by_words(told, about_us)
    return kind or (BLOCK if _REFUSED.search(told) else SOFT)


def _by_words(text: str, about_us: bool) -> str:
    text = _without_stock(_PREFIX.sub("", text))
    if _FULL.search(text) or _NOT_THE_ADDRESS.search(text):
        return SOFT
    if _GROUP.search(text) or _SENDER_DOUBTED.search(text) or "rcpthosts" in text:
        return BLOCK
    unknown, unwanted = _UNKNOWN.search(text), _UNWANTED.search(text)
    if unknown and not about_us and not _is_doubtful(text, unknown, unwanted):
        return HARD
    if unwanted or (unknown and about_us):
        return BLOCK
    return SOFT if _LATER.search(text) else ""


def _without_stock(text: str) -> str:
    """Without the words that a code always has, where a cause of another kind is said as well."""
    said = _STOCK.sub("", text)
    return said if _UNWANTED.search(said) else text


def _is_doubtful(text: str, unknown: re.Match[str], unwanted: re.Match[str] | None) -> bool:
    """Whether what is unknown is our own address or server, or a filter speaks before it."""
    line = text.rfind("\n", 0, unknown.start()) + 1
    around = text[max(unknown.start() - 30, line) : unknown.end()]
    if _ABOUT_US.search(around):
        return True
    return unwanted is not None and unwanted.start() < unknown.start() - 20


_BY_STATUS = (
    (re.compile(r"5\.1\.[78]$"), BLOCK),  # the address that is wrong is ours
    (re.compile(r"5\.1\."), HARD),
    (re.compile(r"5\.2\.1$"), HARD),
    (re.compile(r"5\.4\.4$"), HARD),
    (re.compile(r"5\.[67]\."), BLOCK),
)


def _by_status(status: str) -> str:
    return next((kind for pattern, kind in _BY_STATUS if pattern.match(status)), "")
