"""When somebody who is away will be back, read from the automatic answer of her mailbox. Pure.

A date counts only behind words that say so ("back on", "until"), in the languages below. One without a year
is the next such day after the letter; one that is past, or more than a year ahead, is none.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

_MOST = 6_000
_AHEAD = 70  # signs behind such words in which the date stands
_YEAR = timedelta(days=366)

_BACK = re.compile(
    r"\b(i.?ll be back|be back|back (in|at|to|on|from|by)?|return(ing|s)?( to| on)?|will return|resume|available (again|from)|again (on|from|as of)|in the office again|reachable (again|from)"
    r"|zurück|wieder (ab|am|im|erreichbar|da|für|in)|erst (wieder )?(ab|am)|ab (?=(dem |den )?\d{1,2}\.[^\n]{0,25}wieder)|ab (dem|den|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)\b|erreichen sie mich ab|de retour|retour|reviens|serai (à nouveau|de nouveau)|dès le|à partir du"
    r"|de vuelta|regres[oaé]r?|volver[ée]|vuelvo|regresso|de volta|voltarei|retorn(ar|arei|o|ando)\b|reincorpor\w+|rientr(o|er[oò])|torner[oòà]|di ritorno|sar[oò] di nuovo|di nuovo (in|disponibile)|terug|weer (op|aanwezig|bereikbaar|terug)"
    r"|tillbaka|åter(kommer)?|tilbake|tilbage|igen (den|fra)|takaisin|palaan|wrócę|wracam|powrót|ponownie|zpět|vrátím|vissza(térek)?|вернусь|возвращ\w+|буду на|выйду|повернусь|επιστρέφω|επιστροφή|dön(üş|eceğim)|mă întorc|revin)",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(until|till|'til|through|thru|up to|ends? on|from .{3,40}? to|between .{3,40}? and|bis( zum| einschließlich)?|jusqu.?au|jusqu.?à|au|hasta( el)?|al|fino al?|até|a té|tot( en met)?|t/m|t\.?o\.?m\.?|till( och med)?|til( og med)?|do( dnia)?|asti|saakka|-ig|до|по|μέχρι|έως|kadar|până)\b",
    re.IGNORECASE,
)
_CJK = re.compile(r"(\d{4})?[年년]?\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]?")
_CJK_CUES = re.compile(r"期間|休業|休暇|まで|から|戻|復帰|出社|返回|回来|回來|至|到|까지|복귀|부터")
_THROUGH = re.compile(
    r"through|thru|einschließlich|inclusive|inklusive|\binkl|t/m|tot en met|till och med|\bt\.?o\.?m\b|til og med|compris|compreso|\binclus|\bincluíd|включительно|włącznie|včetně|bezárólag",
    re.IGNORECASE,
)

_MONTHS: tuple[tuple[str, ...], ...] = (
    ("jan", "jän", "gen", "ene", "janv", "янв", "stycz", "led", "tammi", "ocak", "ian", "ιαν", "січ"),
    ("feb", "fév", "fev", "febb", "févr", "фев", "lut", "úno", "helmi", "şubat", "φεβ", "лют"),
    ("mar", "mär", "mrz", "maart", "mrt", "мар", "březn", "maalis", "márc", "μαρ", "берез", "mars"),
    ("apr", "avr", "abr", "апр", "kwie", "dub", "huhti", "ápr", "nisan", "απρ", "квіт"),
    ("may", "mai", "mei", "mag", "maj", "мая", "май", "květ", "touko", "máj", "mayıs", "μαΐ", "μαι", "трав"),
    ("jun", "juin", "giu", "июн", "czerw", "červn", "kesä", "jún", "haziran", "iun", "ιουν", "черв"),
    ("jul", "juil", "lug", "июл", "lip", "červenc", "heinä", "júl", "temmuz", "iul", "ιουλ", "лип"),
    ("aug", "aoû", "aou", "ago", "авг", "sierp", "srp", "elo", "ağustos", "αυγ", "серп", "août"),
    ("sep", "set", "сен", "wrze", "září", "syys", "szept", "eylül", "σεπ", "верес"),
    ("oct", "okt", "ott", "out", "окт", "paźdz", "říj", "loka", "ekim", "οκτ", "жовт"),
    ("nov", "ноя", "listop", "marras", "kasım", "noi", "νοε", "листоп"),
    ("dec", "dez", "déc", "dic", "дек", "grud", "prosin", "joulu", "aralık", "δεκ", "груд"),
)  # fmt: skip
_DAYS: tuple[tuple[str, ...], ...] = (
    ("monday", "montag", "lundi", "lunes", "lunedì", "maandag", "segunda", "måndag", "mandag", "poniedział", "pondělí", "понедельник", "maanantai", "hétfő", "pazartesi"),
    ("tuesday", "dienstag", "mardi", "martes", "martedì", "dinsdag", "terça", "tisdag", "tirsdag", "wtorek", "úterý", "вторник", "tiistai", "kedd", "salı"),
    ("wednesday", "mittwoch", "mercredi", "miércoles", "mercoledì", "woensdag", "quarta", "onsdag", "środ", "středa", "сред", "keskiviikko", "szerda", "çarşamba"),
    ("thursday", "donnerstag", "jeudi", "jueves", "giovedì", "donderdag", "quinta", "torsdag", "czwartek", "čtvrtek", "четверг", "torstai", "csütörtök", "perşembe"),
    ("friday", "freitag", "vendredi", "viernes", "venerdì", "vrijdag", "sexta", "fredag", "piątek", "pátek", "пятниц", "perjantai", "péntek", "cuma"),
    ("saturday", "samstag", "samedi", "sábado", "sabato", "zaterdag", "lördag", "lørdag", "sobot", "суббот", "lauantai", "szombat", "cumartesi"),
    ("sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag", "söndag", "søndag", "niedziel", "neděl", "воскресень", "sunnuntai", "vasárnap", "pazar"),
)  # fmt: skip
_TOMORROW = re.compile(
    r"\b(tomorrow|morgen|demain|mañana|domani|amanhã|imorgon|i morgen|jutro|zítra|завтра)\b", re.I
)

_ISO = re.compile(r"(?<!\d)(20\d\d)[-/.]\s?(\d{1,2})[-/.]\s?(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(20\d\d|\d\d)(?!\d|:))?")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})[/-](\d{1,2})(?:[/-](20\d\d|\d\d))?(?![\d/])")
_WORDED = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º|°|\.|:a|e)?[\s-]?(?:of |de |d')?\s?([^\W\d_]{3,12})\.?(?:(?:,?\s|-)(?:de |of )?(20\d\d))?"
)
_YEAR_FIRST = re.compile(r"(20\d\d)\.?\s([^\W\d_]{3,14})\.?\s(\d{1,2})(?!\d)")
# Words behind which no date stands, but before which it does: "am 10.8. bin ich wieder im Haus".
_BEFORE = re.compile(
    r"\b(bin|sind) (ich|wir) (wieder|zurück)|\b(dön(eceğim|üyorum)|olacağım)\b|\bkadar\b|(?<=\d)-(ig|ig)\b",
    re.IGNORECASE,
)
_LEFT = 45  # signs before such words in which the date stands
_MONTH_FIRST = re.compile(
    r"\b([^\W\d_]{3,12})\.?\s(?:the )?(\d{1,2})(?:st|nd|rd|th)?\b(?!:)(?:,?\s(20\d\d))?"
)


def back_on(text: str, written_on: date) -> date | None:
    """The day on which the writer is back; None where the text does not say."""
    told = text[:_MOST]
    for cues, lasts in ((_BACK, False), (_UNTIL, True)):
        found = [
            day for cue in cues.finditer(told) for day in _behind(told, cue, written_on, lasts)
        ]
        if found:
            return found[0]
    before = (day for cue in _BEFORE.finditer(told) for day in _ahead_of(told, cue, written_on))
    return next(before, None) or _eastern(told, written_on)


def _ahead_of(told: str, cue: re.Match[str], on: date) -> list[date]:
    """The last date that stands before such words in their sentence, if one does."""
    left = re.split(
        r"\n\s*\n|[!?]|(?<!\d)\.\s+[A-ZÄÖÜÀÉ]", told[max(cue.start() - _LEFT, 0) : cue.start()]
    )[-1]
    return list(_days(left, on))[:1]


def _behind(told: str, cue: re.Match[str], on: date, lasts: bool) -> list[date]:
    """The date that stands behind such words, if one does."""
    ahead = told[cue.end() : cue.end() + _AHEAD]
    ahead = re.split(r"\n\s*\n|[!?]|(?<!\d)\.\s+[A-ZÄÖÜÀÉ]", ahead)[0]
    found = next(_days(ahead, on), None)
    if found is None:
        return []
    through = lasts and bool(_THROUGH.search(told[cue.start() : cue.end() + _AHEAD]))
    return [found + timedelta(days=1) if through else found]


def _days(ahead: str, on: date) -> Iterator[date]:
    """The dates in it, in the order of how sure a form is."""
    forms = (_iso, _year_first, _dotted, _worded, _month_first, _slashed)
    found = [hit for form in forms if (hit := form(ahead, on)) is not None]
    yield from (day for _place, day in sorted(found))
    yield from _weekday(ahead, on)


_Hit = tuple[int, date]


def _iso(ahead: str, on: date) -> _Hit | None:
    found = _ISO.search(ahead)
    return _hit(found, _made(found[3], found[2], found[1], on)) if found else None


def _year_first(ahead: str, on: date) -> _Hit | None:
    for found in _YEAR_FIRST.finditer(ahead):
        if month := _month(found[2]):
            return _hit(found, _made(found[3], str(month), found[1], on))
    return None


def _dotted(ahead: str, on: date) -> _Hit | None:
    found = _DOTTED.search(ahead)
    return _hit(found, _made(found[1], found[2], found[3], on)) if found else None


def _slashed(ahead: str, on: date) -> _Hit | None:
    """Day or month first: the order that gives a day to come, the nearer one where both do."""
    found = _SLASHED.search(ahead)
    if found is None:
        return None
    orders = ((found[1], found[2]), (found[2], found[1]))
    days = [day for d, m in orders if (day := _made(d, m, found[3], on)) is not None]
    return _hit(found, min(days, default=None))


def _worded(ahead: str, on: date) -> _Hit | None:
    for found in _WORDED.finditer(ahead):
        if month := _month(found[2]):
            return _hit(found, _made(found[1], str(month), found[3], on))
    return None


def _month_first(ahead: str, on: date) -> _Hit | None:
    for found in _MONTH_FIRST.finditer(ahead):
        if month := _month(found[1]):
            return _hit(found, _made(found[2], str(month), found[3], on))
    return None


def _hit(found: re.Match[str], day: date | None) -> _Hit | None:
    return (found.start(), day) if day is not None else None


def _month(word: str) -> int:
    low = word.lower()
    starts = (
        (len(name), number)
        for number, names in enumerate(_MONTHS, 1)
        for name in names
        if low.startswith(name)
    )
    return max(starts, default=(0, 0))[1]


def _made(day: str, month: str, year: str | None, on: date) -> date | None:
    """That day; without a year the next one after the letter. None for one that is past or far off."""
    years = [on.year, on.year + 1] if not year else [int(year) + (2000 if len(year) == 2 else 0)]
    for one in years:
        try:
            found = date(one, int(month), int(day))
        except ValueError:
            continue
        if on <= found <= on + _YEAR:
            return found
    return None


def _weekday(ahead: str, on: date) -> Iterator[date]:
    low = ahead[:40].lower()
    if _TOMORROW.search(low) and "morgen," not in low:
        yield on + timedelta(days=1)
    for number, names in enumerate(_DAYS):
        if any(name in low for name in names):
            yield on + timedelta(days=(number - on.weekday() - 1) % 7 + 1)


def _eastern(told: str, on: date) -> date | None:
    """Year, month and day in signs, where words of being away stand near; the last one of a range."""
    if not _CJK_CUES.search(told):
        return None
    found = [_made(m[3], m[2], m[1], on) for m in _CJK.finditer(told)]
    return max((day for day in found if day is not None), default=None)
