"""E-mail addresses: checked, normalised, and what their two halves tell."""

from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ROLES = _words(
    """abuse accounting accounts admin administrator all billing careers compliance contact
    customerservice enquiries enquiry events feedback finance hello help helpdesk hostmaster hr info
    inquiries inquiry it jobs legal mail mailer-daemon marketing media news newsletter no-reply noc
    noreply office order orders postmaster pr press privacy purchasing reception recruiting root sales
    security service spam staff support sysadmin team tech unsubscribe usenet webmaster"""
)
_PUBLIC = _words(
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


@lru_cache(maxsize=1024)
def parse(value: str) -> Email:
    """The address in `value`; ValueError with a sentence for the user where it is none.

    One post asks four times for the same address, hence the memory.
    """
    try:
        valid = validate_email(value.strip(" \t"), check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    domain = (valid.ascii_domain or valid.domain).lower()
    local = valid.local_part
    return Email(
        address=valid.normalized,
        norm=f"{local.lower()}@{domain}",
        domain=domain,
        is_role=local.lower().split("+")[0] in _ROLES,
        is_public=domain in _PUBLIC,
    )


def normalise(value: str) -> str:
    """The form that identifies a mailbox: lower case, the domain in ASCII. ValueError if invalid."""
    return parse(value).norm


def domain_of(value: str) -> str:
    """The domain of a valid address, in lower-case ASCII."""
    return parse(value).domain


def is_public_domain(domain: str) -> bool:
    """Whether anybody can get a mailbox there, so that it says nothing about a company."""
    return domain.strip().lower().rstrip(".") in _PUBLIC
