"""What makes filters and readers wary of a mail: shouting, false answers, worn-out promises, hidden links.

Hints for its author, never a verdict: filters learn from what people report, and no list of words is one.
"""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

# Said so often by those who have nothing else to say that filters of many languages count them.
PHRASES = (
    # English
    "100% free", "act now", "as seen on tv", "be your own boss", "buy now", "call now", "cash bonus",
    "claim your prize", "click here", "congratulations you", "dear friend", "don't delete",
    "double your", "earn extra cash", "earn money", "extra income", "free access", "free gift",
    "free money", "get rich", "guaranteed income", "increase sales", "limited time only",
    "lowest price", "make money", "money back guarantee", "no catch", "no credit check",
    "no obligation", "no strings attached", "not spam", "once in a lifetime", "order now",
    "risk free", "risk-free", "satisfaction guaranteed", "special promotion", "this is not spam",
    "while supplies last", "why pay more", "work from home",
    "you are a winner", "you have been selected",
    # German
    "100% gratis", "100% kostenlos", "ganz ohne risiko", "garantiert reich", "geld verdienen",
    "gratis geschenk", "hier klicken", "jetzt kaufen", "jetzt zugreifen", "kein haken",
    "kein risiko", "klicken sie hier", "letzte chance", "nur heute", "ohne risiko",
    "schnell reich", "sie haben gewonnen", "sofort zugreifen",
    # French, Spanish, Italian, Dutch
    "cliquez ici", "gagnez de l'argent", "offre limitée", "sans risque", "vous avez gagné",
    "dinero rápido", "gana dinero", "haga clic aquí", "has ganado", "oferta limitada",
    "clicca qui", "guadagna soldi", "hai vinto", "offerta limitata",
    "geld verdienen vanuit huis", "klik hier", "u hebt gewonnen",
)  # fmt: skip
SHORTENERS = frozenset(
    {"bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "ow.ly", "rb.gy", "rebrand.ly", "shorturl.at"}
    | {"t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd"}
)  # fmt: skip
_FOUND = re.compile(
    r"(?<!\w)(?:"
    + "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in sorted(PHRASES, key=len, reverse=True))
    + r")(?!\w)",
    re.IGNORECASE,
)  # fmt: skip
_ANSWER = re.compile(r"\s*(re|fwd?|aw|wg|antw|tr|rv|sv|vs)\s*:", re.IGNORECASE)
_TAG = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}")
_ADDRESS = re.compile(r"https?://(?:[^\s/@]*@)?([a-z0-9.-]+)[^\s)\]<>\"']*", re.IGNORECASE)
_LEAST_LETTERS = 8  # a subject of fewer may well be a name in capitals
_MOST_NAMED = 5


def of_subject(subject: str) -> Iterator[str]:
    """What a subject says too loudly, each in a sentence."""
    words = _TAG.sub(" ", subject)
    answer = _ANSWER.match(words)
    if answer:
        sentence = _("The subject begins with “%(words)s” as an answer does, and this is none.")
        yield sentence % {"words": answer.group().strip()}
    letters = [one for one in words if one.lower() != one.upper()]
    loud = sum(one.isupper() for one in letters)
    if len(letters) >= _LEAST_LETTERS and loud > len(letters) / 2:
        yield _("The subject is in capitals: readers and filters take that for shouting.")
    yield from _common(words, _("the subject"))


def of_text(text: str) -> Iterator[str]:
    """What a message says that filters have learnt from others, each in a sentence."""
    words = _TAG.sub(" ", text)
    hosts = {one.lower().removeprefix("www.") for one in _ADDRESS.findall(words)}
    for host in sorted(hosts & SHORTENERS):
        sentence = _(
            "%(host)s hides where a link leads, and filters mistrust it. Write the real address: it is"
            " counted all the same."
        )
        yield sentence % {"host": host}
    yield from _common(_ADDRESS.sub(" ", words), _("the message"))


def _common(words: str, where: str) -> Iterator[str]:
    if "!!" in words or "$$" in words or "??" in words:
        sentence = _("Several signs in a row in %(where)s, such as “!!”, read like shouting.")
        yield sentence % {"where": where}
    found = list(dict.fromkeys(" ".join(one.lower().split()) for one in _FOUND.findall(words)))
    if found:
        sentence = _(
            "Filters know this from spam, in %(where)s: %(phrases)s. Say it in words of your own."
        )
        quoted = ", ".join(f"“{one}”" for one in found[:_MOST_NAMED])
        yield sentence % {"where": where, "phrases": quoted}
