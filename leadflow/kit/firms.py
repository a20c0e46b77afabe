"""Names of firms, as they are compared: "Acme GmbH", "ACME" and "Acme, Inc." are one name."""

import re

from leadflow.kit import text

# Legal forms, without dots and accents, as search text spells them. Those of several words come as one.
_SPELT = (
    "gmbh mbh ggmbh haftungsbeschrankt ag se kg kgaa ohg gbr ug ek ev eg "
    "inc incorporated corp corporation llc llp lp pllc pc co company "
    "ltd limited plc cic pte pty bhd sdn "
    "sa sas sasu sarl eurl snc sca scs sprl srl spa srls sapa "
    "bv nv vof cv oy oyj ab hb as asa ans aps is ehf hf "
    "kft zrt nyrt bt sro doo dd ad ood eood oü ou sia uab "
    "sl slu slne lda ltda eireli sab kk gk pt tbk jsc ooo oao zao pao"
)
_FORMS = frozenset(_SPELT.split())
# Words that stand between or behind forms and name nothing where a form stands beside them.
_BETWEEN = frozenset({"and", "und", "et", "y", "i", "de"})
_SPOILT = re.compile(r"(?<=\b\w)\s*[.]\s*(?=\w\b)")  # s. a. r. l. -> sarl
_SIGNS = re.compile(r"[^\w]+")


def key(name: str) -> str:
    """What two spellings of one firm's name share; never empty where the name has a letter or digit.

    Case, accents, signs and legal forms at the end go; a form that is all there is stays ("Co", "AG").
    """
    plain = text.search_text(name).replace("'", "").replace("’", "")
    plain = plain.replace("a/s", "as").replace("i/s", "is").replace("d.o.o", "doo")
    words = _SIGNS.sub(" ", _SPOILT.sub("", plain)).split()
    words = _without_spaced_form(words)
    kept = list(words)
    while len(kept) > 1 and (
        kept[-1] in _FORMS or (kept[-1] in _BETWEEN and len(kept) < len(words))
    ):
        kept.pop()
    while len(kept) > 1 and kept[0] == "the":
        kept = kept[1:]
    return " ".join(kept)[:200]


def _without_spaced_form(words: list[str]) -> list[str]:
    """ "sp z o o" and "s r o" are one form each, however they are spaced."""
    for tail in (
        ["sp", "z", "o", "o"],
        ["sp", "z", "oo"],
        ["sp", "zoo"],
        ["spzoo"],
        ["s", "r", "o"],
        ["s", "a"],
    ):
        if len(words) > len(tail) and words[-len(tail) :] == tail:
            return words[: -len(tail)]
    return words
