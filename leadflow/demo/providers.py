"""What other programs tell the demo: calls of two hooks, with intent, facts, and values that wait for a look."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from leadflow.demo.telling import DEMO, Story
from leadflow.integrations import hooks, inbound, signing
from leadflow.integrations.maps import BEHAVIOUR, FACTS
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.models import CompanySignal, Lead, ProvidedValue

INTENT, DATA = "Roofscan intent", "Firmdata"
_PEOPLE = 8
_INTENT_MAP = {
    "each": "signals",
    "fields": {
        "email": {"from": "contact.email", "do": "lower"},
        "company.domain": {"from": "company.domain"},
        "topic": {"from": "topic"},
        "provider": {"from": "=Roofscan"},
        "confidence": {"from": "score", "do": "share"},
        "occurred_at": {"from": "seen_at"},
        "external_id": {"from": "id"},
    },
}
_DATA_MAP = {
    "each": "",
    "fields": {
        "email": {"from": "person.email", "do": "lower"},
        "job_title": {"from": "person.title"},
        "city": {"from": "person.city"},
        "company.domain": {"from": "company.domain"},
        "company.size": {"from": "company.employees"},
        "company.founded": {"from": "company.founded"},
        "provider": {"from": "=Firmdata"},
        "confidence": {"from": "confidence"},
    },
}
_TOPICS = ("solar roofs", "battery storage", "charging points", "heat pumps", "solar carports")


def tell(story: Story) -> None:
    """Two providers call in the last weeks; the relay reads what they bring as it reads any call."""
    people = Lead.objects.filter(origin=DEMO, merged_into=None, deleted_at=None)
    people = people.filter(created_at__lt=story.end - timedelta(days=20))
    known = list(
        people.exclude(email="").exclude(company=None).select_related("company")
        .order_by("-created_at", "-pk")[:_PEOPLE]
    )  # fmt: skip
    intent, end = _hook(story, INTENT, BEHAVIOUR, _INTENT_MAP), story.end
    stranger = {"id": "rs-900", "topic": "solar roofs", "company": {"domain": "stranger.example"}}
    told: list[tuple[int, Mapping[str, Any]]] = [(50, {"signals": [stranger]})]
    told += [(31 * number + 5, _signals(number, lead, end)) for number, lead in enumerate(known)]
    if known:  # a report that says of whom and not what
        whom = {"id": "rs-901", "score": 71, "contact": {"email": known[0].email}}
        told.append((2, {"signals": [whom]}))
    _call(intent, end, told)
    data = _hook(story, DATA, FACTS, _DATA_MAP)
    _call(data, end, [(20 * n + 3, _facts(n, lead)) for n, lead in enumerate(known[:4])])


def _hook(story: Story, name: str, makes: str, document: Mapping[str, Any]) -> InboundHook:
    hook, _secret = hooks.create(
        by=story.cast.admin, makes=makes, scheme=InboundHook.Signing.HMAC, name=name,
        header="X-Signature-256", prefix="sha256=", origin=DEMO,
    )  # fmt: skip
    hooks.save_map(hook=hook, document=document, by=story.cast.admin)
    return hook


def _call(hook: InboundHook, end: datetime, told: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """One call for each body, so many hours before the end, the oldest first."""
    headers = {"content-type": "application/json", "user-agent": f"{hook.name}/2.1"}
    for hours, body in sorted(told, key=lambda one: -one[0]):
        raw = json.dumps(body, ensure_ascii=False).encode()
        at = end - timedelta(hours=hours)
        inbound.keep(hook=hook, call=signing.Call(raw, headers, at), origin=DEMO)


def _signals(number: int, lead: Lead, end: datetime) -> dict[str, Any]:
    """What one person looked for, and somebody at her company."""
    seen = end - timedelta(hours=31 * number + 9)
    rows = [
        {"contact": {"email": lead.email}, "score": 58 + 5 * number},
        {
            "company": {"domain": lead.company.domain if lead.company else ""},
            "score": 80 - 6 * number,
        },
    ]
    return {
        "signals": [
            {
                "id": f"rs-{number}{place}", "topic": _TOPICS[(number + place) % len(_TOPICS)],
                "seen_at": (seen - timedelta(hours=20 * place)).isoformat(timespec="seconds"), **row,
            }
            for place, row in enumerate(rows)
        ]
    }  # fmt: skip


def _facts(number: int, lead: Lead) -> dict[str, Any]:
    """Some of it fills a blank, some differs from what we know."""
    titles = ("Head of Facilities", "Energy Manager", "Managing Director", "Head of Operations")
    return {
        "confidence": ("high", "medium", "0.91", "low")[number],
        "person": {"email": lead.email, "title": titles[number], "city": lead.city},
        "company": {
            "domain": lead.company.domain if lead.company else "", "employees": 140 + 65 * number,
            "founded": 1978 + 9 * number,
        },
    }  # fmt: skip


def remove() -> None:
    """Take away what they told, and their hooks; one that a program of her own calls is hers."""
    HookCall.objects.filter(origin=DEMO).delete()
    CompanySignal.objects.filter(origin=DEMO).delete()
    ProvidedValue.objects.filter(origin=DEMO).delete()
    ours = InboundHook.objects.filter(origin=DEMO)
    ours.filter(calls=None).delete()
    ours.update(origin=InboundHook._meta.get_field("origin").default)
