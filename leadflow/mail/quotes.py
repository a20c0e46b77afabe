"""What somebody wrote herself in an answer: without what it quotes, without her signature. Pure.

One pass over the lines, with patterns that each look at one short line: the writer of a letter must not
choose how long we read it. (Parsers that match over the whole text take minutes for a letter made for it.)
Nothing is ever made of nothing: where no words would be left, the whole letter is shown.
"""

import re

_LINE = 400

# "On 3 May Ann wrote:" as mail programs write it above what they quote
_WROTE = re.compile(
    r"(\bwrote|\bschrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|\bnapsal|\bnapísal|napisala?|pisze|napisał(a|\(a\))?|kirjoitti"
    r"|\bírta|пишет|написала?\(?а?\)?|пише|написав|έγραψε|yazdı|a scris|написа|napisao|a écrite?|geschreven|escribi[oó]"
    r"|さんは書きました|のメール|写道|寫道|작성|님이 작성|כתב|كتب|さん?:)[^\n]{0,160}:?\W{0,4}$",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"^\W{0,3}(on|am|le|el|il|op|em|den|dne|dnia|w dniu|pe|în|на|вт|пн|ср|чт|пт|сб|вс|στις|dana|у|il giorno|vào)\b"
    r"|^\W{0,3}((mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|ma|wo|za|zo|lun|mar|mer|jeu|ven|sam|dim)[a-zéì]{0,7}[.,]?|\d{1,4}[-./年 ])",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_ADDRESSED = re.compile(
    r"^\W{0,3}([^<>:]{1,120})<[^<>\s]+@[^<>\s]+>\s?(:|(wrote|schrieb)\W{0,4})\s?$"
)
_DATED = re.compile(
    r"^\d{4}([-/.年])\s?\d{1,2}\S{0,3}\s?\d{0,2}.{0,80}<[^<>\s]+@[^<>\s]+>.{0,3}:?\s?$"
)

# "11:00, 17 November 2021, Ann <ann@…>:" and its like: a time or a year, an address, a colon
_STAMPED = re.compile(
    r"^[^<>\n]{0,120}(\d{1,2}[:.]\d\d|\b20\d\d\b)[^<>\n]{0,120}<\s?(mailto:)?[^<>\s]+@[^<>\s]+>[\s)]{0,3}[:：]\s?$"
)

_RULE = re.compile(
    r"^[\s>*]{0,4}[-_=*‐–—]{2,}\s?(original|ursprüngliche|forwarded|weitergeleitete|message (d.origine|transféré)|mensaje original|messaggio"
    r"|oorspronkelijk|oprindelig|ursprungligt|mensagem original|reply message|reply above|wiadomość|исходное|původní|eredeti|alkuperäinen"
    r"|原始|元のメ|전달된|원본|opprinnelig|begin forwarded|antwort|reply|quote)",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"^[\s>*]{0,9}[-_=]{3,}\s?[^\W\d_][^\n]{2,60}?\s?[-_=]{3,}\s?:?($|\s[^\W\d][^:：\n]{0,24}[:：]\s?\S)"
)  # above a head, in any language
_LIST = re.compile(r"mailing ?list|unsubscribe|abmelden|désabonner", re.IGNORECASE)
_RULED = re.compile(r"^[_\-=]{20,}\s?$")
_BEGIN = re.compile(
    r"^\W{0,3}(begin forwarded message|forwarded message\s?:\s{0,3}$|anfang der weitergeleiteten|début du message (transféré|réexpédié)|inicio del mensaje|inizio messaggio"
    r"|##-? ?(please )?(type|reply|write|bitte|antwort)|reply above this line)",
    re.IGNORECASE,
)
_HEAD = (
    "from", "von", "de", "da", "van", "od", "från", "fra", "от", "lähettäjä", "feladó", "kimden", "差出人", "发件人",
    "寄件者", "보낸 사람", "από", "de la", "mittente", "expéditeur", "remitente", "absender", "від", "מאת", "saatja",
    "送信者", "発信者", "送信元", "šalje", "gönderen", "odesílatel", "nadawca", "avsender", "afzender", "発件人", "من", "från", "expeditor",
)  # fmt: skip
_FOLLOWS = (
    "sent", "date", "gesendet", "datum", "to", "an", "envoyé", "enviado", "inviato", "verzonden", "skickat", "sendt",
    "wysłano", "data", "odesláno", "отправлено", "дата", "lähetetty", "elküldve", "gönderilme", "gönderildi", "送信日時",
    "日時", "发送时间", "发送日期", "時間", "날짜", "보낸 날짜", "cc", "subject", "betreff", "objet", "asunto", "oggetto",
    "onderwerp", "ämne", "emne", "temat", "тема", "reply-to", "à", "para", "aan", "till", "til", "do", "кому", "to whom",
    "předmět", "predmet", "komu", "kopie", "kopia", "tárgy", "dátum", "címzett", "másolat", "subiect", "dată", "către",
    "konu", "tarih", "kime", "aihe", "päivämäärä", "vastaanottaja", "teema", "kuupäev", "saaja", "dato", "kopi", "за",
    "za", "копія", "копия", "temat", "assunto", "oggetto", "kopie an", "répondre à", "reply to", "pvm", "data", "küldve",
    "odoslané", "poslano", "saadetud", "trimis", "antwort an", "宛先", "送信日", "收件者", "日期", "主旨", "받는 사람", "제목",
    "ημερομηνία", "προς", "θέμα", "תאריך", "אל", "נושא", "التاريخ", "إلى", "الموضوع",
    "risposta", "rispondi a", "responder a", "antworten an", "adresat", "naslov", "prima", "送信先", "日付", "送信日時",
    "fecha", "inviato il", "envoyé le", "date d'envoi", "sent at", "on", "data e hora", "件名", "宛先", "收件人", "主题",
)  # fmt: skip
_FIELD = re.compile(r"^[\s>*|]{0,5}([^\W\d][^:：]{0,24}?)\s?\*?\s?[:：]\*?\s?(.*)$")

_SIGN = re.compile(r"^\s{0,3}(--|—|––|__)\s{0,2}$")
_LINED = re.compile(r"^\s{0,3}(-{3,6}|_{3,10}|={3,6})\s{0,2}$")  # where only a signature follows
_DASHED = re.compile(r"^(-|--\s?|—\s?)[^\W\d_][^\n]{0,40}$")  # "-Ann", "— Ann Lee"
_DEVICE = re.compile(
    r"^\W{0,4}(sent (from|via|by|using|on|with) (my|the|a|outlook|mail|yahoo|proton|samsung|iphone|ipad|blackberry|android|mailbird|aol|windows|gmail|mobile|spark|superhuman|front)\b"
    r"|get outlook for|(von meinem|gesendet (von|mit|über)) .{2,60}$|diese nachricht wurde von mein|envoyé (de|depuis|à partir de) (mon|ma|outlook|yahoo)|télécharger outlook|obtenir outlook"
    r"|enviado (desde|do|a partir do) (mi|meu|el|outlook)|inviato da(l mio| outlook| iphone| ipad)|verzonden (vanaf|met|via) |skickat från|sendt fra (min|outlook|mail)|lähetetty (iphone|.{2,20}sta$)"
    r"|wysłane z |wysłano z |odesláno z |отправлено (с|из) |надіслано з |iphoneから送信|从我的 ?iphone|發自我的|发自我的|나의 iphone|iphone에서|trimis de pe|küldve az? |enviado do meu|sent from my"
    r"|hent outlook|download outlook|outlook (für|voor|para|per) (ios|android))",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"^\W{0,2}((best|kind|warm|many)?\s?(regards|wishes)|sincerely( yours)?|yours( (truly|faithfully|sincerely))?|cheers|best|kh|vh"
    r"|mit freundlichen? gr(ü|ue)(ß|ss)en?|(viele|liebe|beste|freundliche|herzliche|schöne|sonnige)n? gr(ü|ue)(ß|ss)en?|(beste[rn]?|lieber|freundlicher) gru(ß|ss)|gru(ß|ss)|gr(ü|ue)(ß|ss)e|mfg|lg|vg"
    r"|(bien )?cordialement|(sincères |meilleures |cordiales )?salutations( distinguées)?|bien à vous|amicalement"
    r"|(un )?(cordial )?saludos?( cordiale?s?)?|atentamente|(cordiali|distinti) saluti|cordialmente|saluti|atenciosamente|cumprimentos|abraços?"
    r"|(met )?vriendelijke groe(t|ten)|groet(en|jes)?|(med )?(vänliga?|venlig(e)?) h(ä|i)lsn?(ing|ingar|en)?|hälsningar|mvh|hilsen|z poważaniem|pozdrawiam|s pozdravem|terveisin|ystävällisin terveisin"
    r"|с уважением|üdvözlettel|saygılarımla|cu stimă)\b[\s,.!*]{0,4}$",
    re.IGNORECASE,
)
_SIGNED = 12  # lines below a closing that may be a signature
_SHORT = 70


def without_quotes(text: str) -> str:
    """What she wrote herself; all of it where nothing would be left."""
    plain = text.replace("\u200b", "").replace("\xa0", " ")
    lines = [line.rstrip() for line in plain.splitlines()]
    kept = _unquoted(lines)
    return _joined(_unsigned(kept)) or _joined(kept) or text.strip()


def _unquoted(lines: list[str]) -> list[str]:
    """The lines that are no quote. Below an introduction and marked lines, hers may go on."""
    kept: list[str] = []
    place = 0
    while place < len(lines):
        if _is_quoted(lines[place]):
            place += 1
        elif introduction := _wrote(lines, place):
            if not _marked_follows(lines, place + introduction):
                break
            place += introduction
        elif _ends_quote(lines, place):
            break
        else:
            kept.append(lines[place])
            place += 1
    return kept


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith((">", "|>"))


def _marked_follows(lines: list[str], place: int) -> bool:
    following = place if place < len(lines) and lines[place].strip() else _next(lines, place)
    return following < len(lines) and _is_quoted(lines[following])


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _ends_quote(lines: list[str], place: int) -> bool:
    """Whether the message that is answered begins at this line."""
    line = lines[place][:_LINE]
    if not line.strip():
        return False
    if _RULE.match(line) or _BEGIN.match(line):
        return True
    if (titled := _TITLED.match(line)) and (
        titled[1] or _fields_from(lines, _next(lines, place)) > 2
    ):
        return True
    if _RULED.match(line):
        following = _next(lines, place)
        return _is_head(lines, following) or _is_footer(lines, following)
    return _is_head(lines, place) or _is_whole_head(lines, place)


def _is_whole_head(lines: list[str], place: int) -> bool:
    """Whether four fields of a head or more stand here, from whom among them, whichever comes first."""
    known = _HEAD + _FOLLOWS
    if not (_is_field(lines, place, known) and _fields_from(lines, place, known) > 3):
        return False
    return any(_is_field(lines, one, _HEAD) for one in range(place, min(place + 6, len(lines))))


def _fields_from(lines: list[str], place: int, names: tuple[str, ...] = ()) -> int:
    """How many lines from here on look like fields of a head, of these names where some are given."""
    count = 0
    while count < 6 and place + count < len(lines):
        found = _FIELD.match(lines[place + count][:_LINE])
        if not found or (names and found[1].strip(" *").lower() not in names):
            break
        count += 1
    return count


def _is_footer(lines: list[str], place: int) -> bool:
    """Whether a mailing list puts its own lines below every letter here."""
    return place < len(lines) and bool(_LIST.search(lines[place][:_LINE]))


def _wrote(lines: list[str], place: int) -> int:
    """How many lines an introduction takes here, which programs break over up to four; 0 where none is."""
    joined = lines[place][:_LINE].lstrip("> ")
    if _ADDRESSED.match(joined) or _DATED.match(joined):
        return 1
    opens = bool(_OPENS.match(joined))
    for more in range(4 if opens else 1):
        if _STAMPED.match(joined):
            return more + 1
        if _WROTE.search(joined) and ("@" in joined or _DIGIT.search(joined)):
            return more + 1
        following = lines[place + more + 1][:_LINE].strip() if place + more + 1 < len(lines) else ""
        begins_anew = bool(_OPENS.match(following) and _DIGIT.search(following))
        if not following or len(joined) > _LINE or begins_anew:
            break
        joined = f"{joined} {following}"
    return 0


def _next(lines: list[str], place: int) -> int:
    """The next line that holds something."""
    for more in range(place + 1, min(place + 4, len(lines))):
        if lines[more].strip():
            return more
    return len(lines)


def _is_head(lines: list[str], place: int) -> bool:
    """Whether the head of a message stands here: who wrote it, then when, to whom or about what."""
    if place >= len(lines):
        return False
    field = _FIELD.match(lines[place][:_LINE])
    if field is None or field[1].strip(" *").lower() not in _HEAD:
        return False
    if "@" in field[2] and len(lines[place]) < _LINE:
        return _follows(lines, place) or "<" in field[2] or "mailto:" in field[2]
    return _follows(lines, place)


def _follows(lines: list[str], place: int) -> bool:
    following = _next(lines, place)
    if following < len(lines) and _BARE.match(
        lines[following]
    ):  # the address was broken off the name
        following = _next(lines, following)
    return _is_field(lines, following, _FOLLOWS)


_BARE = re.compile(r"^\s{0,3}<\S{1,200}@\S{1,200}>\s{0,3}$")


def _is_field(lines: list[str], place: int, names: tuple[str, ...] = _HEAD + _FOLLOWS) -> bool:
    """Whether a line names a field of the head of a message."""
    found = _FIELD.match(lines[place][:_LINE]) if place < len(lines) else None
    return bool(found and found[1].strip(" *").lower() in names)


def _unsigned(lines: list[str]) -> list[str]:
    """The lines above a signature. A closing counts where little and only short lines follow."""
    for place, line in enumerate(lines):
        short = line[:_LINE]
        if _SIGN.match(short) or _DEVICE.match(short):
            return lines[:place]
        if _LINED.match(short) and place and _is_card(lines[place + 1 :]):
            return lines[:place]
        if _DASHED.match(short) and _only_a_name(lines, place):
            return lines[:place]
        if _CLOSES.match(short) and _is_tail(lines[place + 1 :]):
            return lines[:place]
    return lines


def _is_card(lines: list[str]) -> bool:
    """Whether a few short lines follow, none of them a sentence: a name, a house, a number."""
    full = [line.strip() for line in lines if line.strip()]
    return 0 < len(full) <= 6 and not any(
        len(one) > 60 or one.endswith(("?", "!", ".", ":", ",")) or _LINED.match(one)
        for one in full
    )


def _only_a_name(lines: list[str], place: int) -> bool:
    return (
        place > 0
        and _is_tail(lines[place + 1 :])
        and not any(line.startswith(("-", "—")) for line in lines[:place])
    )


def _is_tail(lines: list[str]) -> bool:
    full = [line for line in lines if line.strip()]
    return len(full) <= _SIGNED and sum(len(line) > _SHORT for line in full) <= max(
        2, len(full) // 3
    )
