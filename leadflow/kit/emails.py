"""E-mail addresses: checked, normalised, what their two halves tell, and what was meant by a mistyped one."""

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES, EMAIL_MAX_LENGTH

from leadflow.kit import disposable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _in_order(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ROLES = _words(
    """abuse accounting accounts admin administrator all billing careers compliance contact
    customerservice enquiries enquiry events feedback finance hello help helpdesk hostmaster hr info
    inquiries inquiry it jobs legal mail mailer-daemon marketing media news newsletter no-reply noc
    noreply office order orders postmaster pr press privacy purchasing reception recruiting root sales
    security service spam staff support sysadmin team tech unsubscribe usenet webmaster"""
)
PUBLIC = _words(
    """126.com 163.com aim.com alice.it aol.com arcor.de att.net bigpond.com bk.ru bluewin.ch
    bol.com.br btinternet.com centrum.cz charter.net comcast.net cox.net daum.net duck.com earthlink.net
    email.cz email.de fastmail.com fastmail.fm free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de
    gmx.net googlemail.com hanmail.net hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr
    hotmail.it hushmail.com icloud.com inbox.lv inbox.ru interia.pl laposte.net libero.it list.ru
    live.co.uk live.com live.de live.fr live.nl lycos.com mac.com mail.com mail.de mail.ru mailbox.org
    me.com msn.com naver.com neuf.fr o2.pl onet.pl op.pl orange.fr outlook.com outlook.de outlook.es
    outlook.fr pm.me posteo.de proton.me protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com
    sapo.pt sbcglobal.net seznam.cz sfr.fr sina.com sky.com sohu.com t-online.de talktalk.net telenet.be
    terra.com.br tiscali.it tuta.com tutanota.com ukr.net uol.com.br verizon.net virgilio.it
    virginmedia.com wanadoo.fr web.de wp.pl xtra.co.nz ya.ru yahoo.ca yahoo.co.in yahoo.co.jp
    yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it
    yandex.com yandex.ru ymail.com zoho.com"""
)


@dataclass(frozen=True)
class Email:
    """A valid address. `norm` identifies the mailbox; `is_public` says the domain tells no company."""

    address: str
    norm: str
    domain: str
    is_role: bool
    is_public: bool


# What stands before the @ of almost every address; anything else is looked at sign by sign.
_USUAL = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*")
_MAX_LOCAL = 64


@lru_cache(maxsize=1024)
def parse(value: str) -> Email:
    """The address in `value`; ValueError with a sentence for the user where it is none.

    One post asks four times for the same address, hence the memory.
    """
    bare = value.strip(" \t")
    try:
        local, at = _usual(bare) or _thorough(bare)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    domain = (at.ascii_domain or at.domain).lower()
    return Email(
        address=f"{local}@{at.domain}",
        norm=f"{local.lower()}@{domain}",
        domain=domain,
        is_role=local.lower().split("+")[0] in ROLES,
        is_public=domain in PUBLIC,
    )


def _usual(value: str) -> tuple[str, ValidatedEmail] | None:
    """As `_thorough`, its work done once for a domain; None where that is not enough."""
    local, sign, domain = value.partition("@")
    if (
        not sign
        or len(local) > _MAX_LOCAL
        or len(value) > EMAIL_MAX_LENGTH
        or not _USUAL.fullmatch(local)
    ):
        return None
    if local.lower() in CASE_INSENSITIVE_MAILBOX_NAMES:
        return None
    at = _at_domain(domain)
    return (local, at) if len(local) + 1 + len(at.ascii_domain) <= EMAIL_MAX_LENGTH else None


@lru_cache(maxsize=4096)  # a file has few domains and many addresses
def _at_domain(domain: str) -> ValidatedEmail:
    return validate_email(f"a@{domain}", check_deliverability=False)


def _thorough(value: str) -> tuple[str, ValidatedEmail]:
    valid = validate_email(value, check_deliverability=False)
    return valid.local_part, valid


def normalise(value: str) -> str:
    """The form that identifies a mailbox: lower case, the domain in ASCII. ValueError if invalid."""
    return parse(value).norm


def domain_of(value: str) -> str:
    """The domain of a valid address, in lower-case ASCII."""
    return parse(value).domain


def is_public_domain(domain: str) -> bool:
    """Whether anybody can get a mailbox there, so that it says nothing about a company."""
    return domain.strip().lower().rstrip(".") in PUBLIC


WORK, PERSONAL, ROLE, THROWAWAY = "work", "personal", "role", "throwaway"
_AFTER_NAME = re.compile("[+@]")


def kind(address: str) -> str:
    """Whose mailbox a kept address is: WORK, PERSONAL, ROLE or THROWAWAY; "" for none.

    `leadflow.conditions.address_kind` says the same in SQL.
    """
    address = address.lower()
    if address.find("@") < 1:
        return ""
    domain = address.rpartition("@")[2]
    if disposable.is_disposable(domain):
        return THROWAWAY
    if _AFTER_NAME.split(address)[0] in ROLES:
        return ROLE
    return PERSONAL if domain in PUBLIC else WORK


# Where people have their mailboxes, the most used first: what a mistyped domain may have been meant as.
COMMON = _in_order(
    """gmail.com yahoo.com hotmail.com outlook.com icloud.com googlemail.com aol.com live.com msn.com
    gmx.net gmx.com t-online.de freenet.de hotmail.de outlook.de yahoo.de posteo.de orange.fr hotmail.fr
    outlook.fr yahoo.fr laposte.net wanadoo.fr yahoo.co.uk hotmail.co.uk btinternet.com comcast.net
    verizon.net protonmail.com fastmail.com libero.it virgilio.it hotmail.it yahoo.it yahoo.es hotmail.es
    outlook.es bluewin.ch seznam.cz yandex.ru rambler.ru"""
)
_ONE, _TWO = 5, 8  # letters of a name from which one of them, or two, may be wrong
_ENDING = 3  # letters of an ending from which one may be wrong: .de and .dk are both right


def suggest(address: str, real: Container[str] = ()) -> str:
    """The address that was perhaps meant: its domain is one or two signs off a common one; "" if none.

    `real` holds domains that are known to be right. static/js/mistyped.js says the same in the browser.
    """
    local, _at, domain = address.strip().rpartition("@")
    domain = domain.lower()
    if not local or domain in real:
        return ""
    best = min(COMMON, key=lambda one: _off(domain, one))
    return f"{local}@{best}" if 0 < _off(domain, best) <= 2 else ""


def _off(domain: str, common: str) -> int:
    """How many signs a domain is off a common one; 9 where it is another."""
    (name, _dot, ending), (wanted, _dot, wished) = domain.partition("."), common.partition(".")
    if domain[:1] != common[:1] or abs(len(domain) - len(common)) > 2:
        return 9
    wrong, ill = distance(name, wanted), distance(ending, wished)
    most = 0 if len(wanted) < _ONE else 1 if len(wanted) < _TWO else 2
    fits = wrong <= most and ill <= (1 if len(wished) >= _ENDING else 0)
    return wrong + ill if fits else 9


def distance(one: str, other: str) -> int:
    """Signs to add, drop, change or swap with their neighbour until one text is the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, sign in enumerate(one, 1):
        before, last, row = row, before, [place]
        for at, wanted in enumerate(other, 1):
            least = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (sign != wanted))
            if last and at > 1 and sign == other[at - 2] and one[place - 2] == wanted:
                least = min(least, last[at - 2] + 1)
            row.append(least)
    return row[-1]
