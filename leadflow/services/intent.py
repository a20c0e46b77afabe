"""What other firms tell of the interest of people and companies: facts with provider and confidence.

A report names a person by her e-mail, or a company by its domain. What is told of a company says
nothing about any one of its people, so it stays with the company.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from leadflow.kit import clock, emails, text
from leadflow.models import Company, CompanySignal, LeadIdentity, Origin
from leadflow.models.engagement import INTENT
from leadflow.services import engagement
from leadflow.services.companies import of_people, registrable


@dataclass(frozen=True, kw_only=True)
class Report:
    """One thing that a provider tells; `key` is what makes it the same when it is told again."""

    key: str
    at: datetime
    lead_id: int | None = None
    email: str = ""
    domain: str = ""
    topic: str = ""
    label: str = ""
    provider: str = ""
    confidence: float | None = None
    value: Decimal | None = None
    kind: str = INTENT
    makes_company: bool = False  # of a domain that nobody here works at: a buyer we do not know yet
    company: str = ""  # its name; without one it is called by its domain


@dataclass(frozen=True)
class Heard:
    """Whom a report was about; nobody where neither person nor company is known here."""

    lead_id: int | None = None
    company_id: int | None = None
    is_new: bool = False


@transaction.atomic(savepoint=False)
def hear(reports: Sequence[Report], *, source: str, origin: str = Origin.LIVE) -> list[Heard]:
    """Keep what is told, once each; `source` says by which door. Records `engagement.recorded`."""
    people, companies = _people(reports), _companies(reports)
    companies |= _new_companies(reports, {*people, *companies}, origin)
    heard, facts, signals = [], [], []
    for one in reports:
        if lead_id := one.lead_id or people.get(norm_of(one.email)):
            facts.append(_fact(one, lead_id, source))
            heard.append(Heard(lead_id=lead_id))
        elif company_id := companies.get(host_of(one.domain)):
            signals.append(_signal(one, company_id, source, origin))
            heard.append(Heard(company_id=company_id))
        else:
            heard.append(Heard())
    kept = {*engagement.known(facts), *_kept(signals)}
    engagement.append(facts, origin=origin)
    CompanySignal.objects.bulk_create(signals, ignore_conflicts=True)
    return [_whether_new(who, one, source, kept) for who, one in zip(heard, reports, strict=True)]


def _whether_new(who: Heard, one: Report, source: str, kept: set[tuple[Any, ...]]) -> Heard:
    """Of two that are told together the second is none."""
    key = _key(who, one, source)
    is_new = key not in kept and bool(who.lead_id or who.company_id)
    kept.add(key)
    return replace(who, is_new=is_new)


def _key(who: Heard, one: Report, source: str) -> tuple[Any, ...]:
    about = who.lead_id or f"company {who.company_id}"
    return (about, one.kind, source, one.key)


def _kept(signals: Sequence[CompanySignal]) -> set[tuple[Any, ...]]:
    rows = CompanySignal.objects.filter(
        company__in={one.company_id for one in signals},
        source_id__in={one.source_id for one in signals},
    )
    return {
        (f"company {company}", *rest)
        for company, *rest in rows.values_list("company_id", "kind", "source_type", "source_id")
    }


def _fact(one: Report, lead_id: int, source: str) -> engagement.Fact:
    return engagement.Fact(
        lead_id, one.kind, source, one.key, label=one.label or one.topic, topic=one.topic,
        value=one.value, at=one.at, provider=one.provider, confidence=one.confidence,
    )  # fmt: skip


def _signal(one: Report, company_id: int, source: str, origin: str) -> CompanySignal:
    return CompanySignal(
        company_id=company_id, kind=one.kind, topic=one.topic, label=(one.label or one.topic)[:200],
        provider=one.provider[:60], confidence=one.confidence, value=one.value, source_type=source,
        source_id=one.key, occurred_at=one.at, origin=origin,
    )  # fmt: skip


def host_of(said: str) -> str:
    """The domain that a company registers, out of a domain, an address of a page or an e-mail."""
    bare = said.strip().split("://")[-1].split("/")[0].split(":")[0].rpartition("@")[2]
    return registrable(bare)[:253] if bare else ""


def norm_of(email: str) -> str:
    """An e-mail as identities keep it; nothing where it is none."""
    try:
        return emails.parse(email).norm if email else ""
    except ValueError:
        return ""


def _people(reports: Iterable[Report]) -> Mapping[str, int]:
    wanted = {norm_of(one.email) for one in reports} - {""}
    rows = LeadIdentity.objects.filter(
        kind=LeadIdentity.Kind.EMAIL, value_norm__in=wanted, lead__deleted_at=None
    )
    return dict(rows.values_list("value_norm", "lead_id"))


def _new_companies(
    reports: Iterable[Report], known: Collection[str], origin: str
) -> dict[str, int]:
    """Companies that a report brings along; a domain where anybody can have an address is none."""
    places = {
        (host, text.one_line(one.company)[:200])
        for one in reports
        if one.makes_company and not one.lead_id and norm_of(one.email) not in known
        and (host := host_of(one.domain)) and host not in known and host not in emails.PUBLIC
    }  # fmt: skip
    made = of_people(places, origin=origin, at=clock.now()) if places else {}
    return {domain: company.pk for (domain, _name), company in made.items()}


def _companies(reports: Iterable[Report]) -> dict[str, int]:
    wanted = {host_of(one.domain) for one in reports} - {""}
    rows = Company.objects.filter(domain__in=wanted, deleted_at=None)
    return {
        str(domain): merged or pk
        for domain, pk, merged in rows.values_list("domain", "pk", "merged_into_id")
    }
