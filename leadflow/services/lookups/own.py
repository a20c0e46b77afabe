"""The adapters that need no vendor: companies we know, places by phone and address, kinds of mailboxes."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from leadflow.kit import emails, endings, phones
from leadflow.models import Company, ProvidedValue
from leadflow.services.lookups.adapters import Adapter, Answers, Known, Value

_Basis = ProvidedValue.Basis
SURE, LIKELY, PERHAPS = 0.9, 0.6, 0.5
AGREED = 0.95  # her phone and her address say the same
MAILBOX = "mailbox"


def companies(asked: Sequence[Known]) -> Answers:
    """The company at the domain of her address, where she has none."""
    hosts = {one.workplace for one in asked if one.lead and one.lead.company_id is None}
    rows = Company.objects.filter(domain__in=hosts - {""}, deleted_at=None)
    found = {row.domain: row.merged_into or row for row in rows.select_related("merged_into")}
    return [
        [Value("company", found[one.workplace], SURE, _Basis.DOMAIN)]
        if one.lead and one.lead.company_id is None and one.workplace in found
        else []
        for one in asked
    ]


def places(asked: Sequence[Known]) -> Answers:
    """The country of a person by her phone, her address or her company; of a company by its domain."""
    return [[*_of_person(one), *_of_company(one)] for one in asked]


def _of_person(one: Known) -> Iterable[Value]:
    if one.lead is None:
        return
    by_phone = phones.country_of(one.lead.phone) if one.lead.phone else ""
    by_ending = endings.country_of(one.address.domain) if one.address else ""
    if by_phone:
        sure = AGREED if by_phone == by_ending else SURE
        yield Value("country", by_phone, sure, _Basis.PHONE)
    elif by_ending:
        sure = PERHAPS if one.address and one.address.is_public else LIKELY
        yield Value("country", by_ending, sure, _Basis.ENDING)
    elif one.company and one.company.country:
        yield Value("country", one.company.country, PERHAPS, _Basis.COMPANY)


def _of_company(one: Known) -> Iterable[Value]:
    if one.company and (country := endings.country_of(one.company.domain or "")):
        yield Value("country", country, LIKELY, _Basis.ENDING, of_company=True)


def mailboxes(asked: Sequence[Known]) -> Answers:
    """Whether her address is a private, a shared or a throw-away mailbox; of one at work it says nothing."""
    return [list(_mailbox(one)) for one in asked]


def _mailbox(one: Known) -> Iterable[Value]:
    kind = emails.kind(one.lead.email) if one.lead else ""
    if kind and kind != emails.WORK:
        yield Value(MAILBOX, kind, SURE, _Basis.ADDRESS)


OWN = (
    Adapter(
        "own-companies",
        _("Companies that you know"),
        _("Whoever writes from the domain of a company gets that company."),
        companies,
    ),
    Adapter(
        "own-places",
        _("Countries"),
        _("By the prefix of the phone, the ending of the domain, or the company."),
        places,
    ),
    Adapter(
        "own-mailboxes",
        _("Kinds of mailboxes"),
        _(
            "Marks addresses that anybody can have, that several people read, or that are thrown away."
        ),
        mailboxes,
        frozenset({MAILBOX}),
    ),
)
