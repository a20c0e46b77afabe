"""What a call brought becomes a lead, a fact of behaviour, or values beside ours; read twice, it is one."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.integrations import hooks, maps, paths
from leadflow.integrations.maps import Reading
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.kit import clock
from leadflow.models import Channel, Company, Consent, Engagement, Lead, LeadIdentity
from leadflow.services import companies, consent, engagement, enrichment, intent, leads, notes

SOURCE = "hook"
_State = HookCall.State
_CREATE = InboundHook.Unknown.CREATE


@dataclass(frozen=True)
class _Arrival:
    """One record of a call on its way in."""

    hook: InboundHook
    told: Reading
    key: str  # what makes it the same when it is told again
    at: datetime
    origin: str

    @property
    def word(self) -> enrichment.Word:
        """Who says it."""
        return enrichment.Word(
            provider=self.told.get("provider") or self.hook.name, at=self.at,
            confidence=self.told.confidence, origin=self.origin,
        )  # fmt: skip

    @property
    def person(self) -> tuple[str, str] | None:
        """The id that she has at the sender."""
        told = self.told.get("person_id")[:120]
        return (self.hook.system or f"hook-{self.hook.pk}", told) if told else None


@dataclass(frozen=True)
class _Made:
    """What became of one record, as the log shows it."""

    what: str  # created, known, again or ignored
    lead_id: int | None = None
    company_id: int | None = None
    filled: Iterable[str] = ()
    proposed: Iterable[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """For the log; blanks are left out."""
        every = {
            "what": self.what, "lead": self.lead_id, "company": self.company_id,
            "filled": sorted(self.filled), "proposed": sorted(self.proposed), "refused": dict(self.refused),
        }  # fmt: skip
        return {key: value for key, value in every.items() if value}


def take_in(call_ids: Iterable[int]) -> None:
    """Read these calls by the mapping of now, each alone; one that waits for a mapping goes on waiting."""
    rows = HookCall.objects.select_for_update(of=("self",)).select_related(
        "hook__source", "hook__campaign"
    )
    for call in rows.filter(pk__in=list(call_ids)).exclude(body="").order_by("pk"):
        _take(call)


def _take(call: HookCall) -> None:
    found = hooks.map_of(call.hook)
    if found is None:
        call.reason = _("The hook has no mapping yet. Make one, and this is read.")
        call.save(update_fields=["reason"])
        return
    call.map_number, call.processed_at, call.reason = found.number, clock.now(), ""
    try:
        with transaction.atomic():
            _settle(
                call,
                [_one(call, n, told) for n, told in enumerate(_readings(call, found.document))],
            )
    except (Invalid, Conflict) as refusal:
        call.state, call.reason = _State.FAILED, _said(refusal)
    call.save(
        update_fields=[
            "map_number", "processed_at", "reason", "state", "made", "lead_ids", "company_ids",
        ]
    )  # fmt: skip


def _readings(call: HookCall, document: Mapping[str, Any]) -> list[Reading]:
    try:
        body = paths.read(call.body.encode())
    except ValueError as error:
        raise Invalid(str(error)) from None
    found = maps.read(document, body, call.hook.makes)
    for n, told in enumerate(found):
        if told.problems:
            where = _("Record %d. ") % (n + 1) if len(found) > 1 else ""
            raise Invalid(where + " ".join(told.problems.values()))
    return found


def _said(refusal: Invalid | Conflict) -> str:
    fields = refusal.fields.items() if isinstance(refusal, Invalid) else ()
    return " ".join(
        [refusal.message, *(f"{key}: {' '.join(map(str, said))}" for key, said in fields)]
    )[:2_000]


def _settle(call: HookCall, made: list[_Made]) -> None:
    call.made = [one.plain() for one in made]
    call.lead_ids = sorted({one.lead_id for one in made if one.lead_id})
    call.company_ids = sorted({one.company_id for one in made if one.company_id})
    if all(one.what == "ignored" for one in made):
        call.state = _State.IGNORED
        call.reason = _("Neither the person nor the company is known here.")
    else:
        call.state = _State.TAKEN


def _one(call: HookCall, number: int, told: Reading) -> _Made:
    hook = call.hook
    same = told.get("external_id") or f"{call.provider_id}#{number}"
    key = hashlib.sha256(f"{hook.pk}:{same}".encode()).hexdigest()
    at = min(told.at or call.received_at, call.received_at)
    return _MAKERS[hook.makes](_Arrival(hook, told, key, at, call.origin))


# a lead


def _lead(arrival: _Arrival) -> _Made:
    """As the answer of a form: known by what identifies her, blanks filled, touched and tagged once."""
    before = Engagement.objects.filter(source_type=SOURCE, source_id=arrival.key).first()
    if before is not None:
        outcome = enrichment.enrich_lead(
            lead=before.lead, values=arrival.told.fields, word=arrival.word
        )
        return _Made(
            "again", before.lead_id, None, outcome.filled, outcome.proposed, outcome.refused
        )
    made, refused = _captured(arrival)
    enrichment.propose(lead=made.lead, values=made.proposed, word=arrival.word)
    _around(arrival, made.lead, is_new=made.created)
    what = "created" if made.created else "known"
    return _Made(
        what, made.lead.pk, None, [*made.filled, *made.replaced], [*made.proposed], refused
    )


def _captured(arrival: _Arrival) -> tuple[leads.Outcome, dict[str, str]]:
    """A value of the wrong kind must not cost us the person."""
    told, hook = arrival.told, arrival.hook
    good, refused = enrichment.cleaned(told.fields)
    outcome = leads.create_or_merge(
        email=told.get("email"), phone=told.get("phone"), external=arrival.person, fields=good,
        company=_company(arrival), company_name=told.get("company_name")[:200], source=hook.source,
        campaign=hook.campaign, origin=arrival.origin, via=f"hook:{hook.pk}", at=arrival.at,
    )  # fmt: skip
    return outcome, refused


def _company(arrival: _Arrival) -> Company | None:
    """Where the domain of the company is told, that one; else her address and its name tell."""
    domain = intent.host_of(arrival.told.get("company.domain"))
    name = arrival.told.get("company_name")
    if not domain:
        return None
    place = (domain, name)
    return companies.of_people([place], origin=arrival.origin, at=arrival.at)[place]


def _around(arrival: _Arrival, lead: Lead, *, is_new: bool) -> None:
    hook, told = arrival.hook, arrival.told
    fact = engagement.Fact(
        lead.pk, "form.submitted", SOURCE, arrival.key, label=hook.name, topic=f"hook:{hook.pk}",
        at=arrival.at,
    )  # fmt: skip
    engagement.append([fact], origin=arrival.origin)
    engagement.touch(
        lead=lead, source=hook.source, campaign=hook.campaign,
        channel="" if hook.source else Channel.OTHER, label=hook.name, at=arrival.at,
        origin=arrival.origin,
    )  # fmt: skip
    if told.tags:
        notes.tag_many(
            lead_ids=[lead.pk], names=told.tags, by=None, at=arrival.at, origin=arrival.origin
        )
    if told.agrees and (is_new or not _withdrew(lead)):
        consent.give(
            lead=lead, text=told.get("consent_text"), text_version=f"hook:{hook.pk}", method="hook",
            source=f"hook:{hook.pk}", at=arrival.at, origin=arrival.origin,
        )  # fmt: skip


def _withdrew(lead: Lead) -> bool:
    """Who took her consent back is not brought back by another program's word."""
    known = consent.in_force([lead.pk], channel="email", purpose="marketing")
    return known.get(lead.pk) == Consent.State.WITHDRAWN


# behaviour


def _behaviour(arrival: _Arrival) -> _Made:
    told = arrival.told
    lead = _known(arrival)
    is_made = False
    if lead is None and arrival.hook.unknown == _CREATE and told.get("email"):
        made, _refused = _captured(arrival)
        lead, is_made = made.lead, made.created
    report = intent.Report(
        key=arrival.key, at=arrival.at, lead_id=lead.pk if lead else None,
        domain=told.get("company.domain"), topic=told.get("topic")[:80], label=told.get("label")[:200],
        provider=arrival.word.provider, confidence=told.confidence, value=told.value,
        makes_company=arrival.hook.unknown == _CREATE, company=told.get("company_name"),
    )  # fmt: skip
    [heard] = intent.hear([report], source=SOURCE, origin=arrival.origin)
    if not (heard.lead_id or heard.company_id):
        return _Made("ignored")
    what = "created" if is_made else "known" if heard.is_new else "again"
    return _Made(what, heard.lead_id, heard.company_id)


def _known(arrival: _Arrival) -> Lead | None:
    """The living person whom the record names: by her id there, else by her address."""
    told = arrival.told
    keys = [(LeadIdentity.Kind.EXTERNAL, ":".join(arrival.person or ()))]
    keys.append((LeadIdentity.Kind.EMAIL, intent.norm_of(told.get("email"))))
    for kind, value in keys:
        if not value:
            continue
        rows = LeadIdentity.objects.filter(kind=kind, value_norm=value, lead__deleted_at=None)
        if found := rows.select_related("lead__company").first():
            return found.lead
    return None


# facts


def _facts(arrival: _Arrival) -> _Made:
    told = arrival.told
    lead, what = _known(arrival), "known"
    if lead is None and arrival.hook.unknown == _CREATE and told.get("email"):
        lead, what = _captured(arrival)[0].lead, "created"
    outcome = enrichment.Outcome()
    if lead is not None:
        values = {**told.fields, **({"phone": told.get("phone")} if told.get("phone") else {})}
        outcome = enrichment.enrich_lead(lead=lead, values=values, word=arrival.word)
    company = _company_known(arrival, lead)
    if company is not None and told.of("company."):
        more = enrichment.enrich_company(
            company=company, values=told.of("company."), word=arrival.word
        )
        outcome = outcome.plus(more)
    if lead is None and company is None:
        return _Made("ignored")
    return _Made(
        what, lead.pk if lead else None, company.pk if company else None, outcome.filled,
        outcome.proposed, outcome.refused,
    )  # fmt: skip


def _company_known(arrival: _Arrival, lead: Lead | None) -> Company | None:
    """The company of that domain; where none is told, the one where she works."""
    if domain := intent.host_of(arrival.told.get("company.domain")):
        found = Company.objects.filter(domain=domain, deleted_at=None).first()
        return found and (found.merged_into or found)
    return lead.company if lead else None


_MAKERS: Mapping[str, Callable[[_Arrival], _Made]] = {
    maps.LEAD: _lead,
    maps.BEHAVIOUR: _behaviour,
    maps.FACTS: _facts,
}


# what it would be


def sentence(hook: InboundHook, told: Reading) -> str:
    """What a record would make, and of whom. Looks up who is known; writes nothing."""
    lead = _known(_Arrival(hook, told, "", clock.now(), hook.origin))
    if hook.makes == maps.LEAD:
        return (
            _("Known as %(name)s: blanks are filled, and what differs is proposed.")
            % {"name": lead}
            if lead
            else _("A new lead.")
        )
    what = _("A fact about %(who)s.") if hook.makes == maps.BEHAVIOUR else _("Values for %(who)s.")
    if lead is not None:
        return what % {"who": lead}
    if told.get("email") and hook.unknown == _CREATE:
        return _("A new lead without consent, and then: ") + what % {"who": told.get("email")}
    domain = intent.host_of(told.get("company.domain"))
    company = Company.objects.filter(domain=domain, deleted_at=None).first() if domain else None
    return what % {"who": company} if company else _("Nobody known is named: it would be ignored.")
