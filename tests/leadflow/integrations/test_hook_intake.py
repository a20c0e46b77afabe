"""From a signed call to what it makes: once, whoever sends it again."""

import pytest

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.integrations import hooks, inbound
from leadflow.integrations.models import HookCall
from leadflow.kit import clock
from leadflow.models import (
    Company,
    CompanySignal,
    Consent,
    CustomField,
    Engagement,
    Lead,
    ProvidedValue,
    Touchpoint,
)
from leadflow.services import consent, enrichment, privacy
from tests.factories.core import a_company, a_lead, a_source
from tests.leadflow.integrations.calls import a_hook, mapping, send

pytestmark = pytest.mark.django_db
LEAD = mapping(
    email="email", full_name="name", city="city", birth_year="born",
    company_name="company", tags="tags", consent="ok", consent_text="=Yes, write to me", external_id="id",
)  # fmt: skip
INTENT = mapping(
    email="who", company__domain="where", topic="about", provider="=G2", confidence="sure"
)
FACTS = mapping(
    email="who", city="city", job_title="title", company__size="staff", confidence="=0.7"
)
ADA = {"email": "ada@acme.example", "name": "Ada Lovelace", "city": "Oslo", "id": "1"}


@pytest.fixture
def take(client, drain_events):
    def send_and_read(hook, body):
        answer = send(client, hook, body)
        assert answer.status_code == 200, answer.content
        drain_events()
        return HookCall.objects.get(pk=answer.json()["received"])

    return send_and_read


def test_a_call_becomes_a_lead_with_source_touch_and_tags(take):
    hook = a_hook(document=LEAD, source=a_source("Fair"))

    call = take(hook, ADA | {"tags": "fair, roof", "company": "Acme"})

    lead = Lead.objects.get()
    assert (lead.first_name, lead.last_name, lead.city) == ("Ada", "Lovelace", "Oslo")
    assert (lead.source.name, lead.company.domain) == ("Fair", "acme.example")
    assert {str(tag) for tag in lead.tags.all()} == {"fair", "roof"}
    assert Touchpoint.objects.get().label == "Fair app"
    assert (call.state, call.lead_ids, call.made[0]["what"]) == ("taken", [lead.pk], "created")


def test_a_bad_value_does_not_cost_the_person_and_is_named_in_the_log(take):
    CustomField.objects.create(subject="lead", key="roof", label="Roof", type="number")
    document = mapping(email="email", city="city", birth_year="born", custom__roof="roof")
    call = take(a_hook(document=document), ADA | {"born": "long ago", "roof": "flat"})

    assert Lead.objects.get().city == "Oslo"
    assert set(call.made[0]["refused"]) == {"birth_year", "custom.roof"}


def test_a_known_person_gets_her_blanks_filled_and_the_rest_proposed(take):
    ada = a_lead("ada@acme.example", city="Turku")

    take(a_hook(document=LEAD), ADA)

    ada.refresh_from_db()
    assert (ada.city, ada.first_name) == ("Turku", "Ada")
    assert [one.theirs for one in enrichment.proposals(ada)] == ["Oslo"]


def test_a_consent_is_kept_with_its_words_and_never_over_a_no(take):
    hook = a_hook(document=LEAD)
    take(hook, ADA | {"ok": "yes"})
    given = Consent.objects.get()
    assert (given.state, given.text, given.source) == (
        "given",
        "Yes, write to me",
        f"hook:{hook.pk}",
    )

    consent.withdraw(lead=Lead.objects.get())
    take(hook, ADA | {"ok": "yes", "id": "2"})

    assert Consent.objects.order_by("-at", "-pk").first().state == "withdrawn"


def test_a_call_without_a_mapping_waits_and_is_read_once_there_is_one(take, drain_events):
    hook = a_hook()
    assert take(hook, ADA).state == "waiting"

    hooks.save_map(hook=hook, document=LEAD, by=None)
    drain_events()

    assert Lead.objects.count() == 1
    assert HookCall.objects.get().map_number == 1


def test_a_call_that_names_nobody_fails_with_the_reason_and_is_read_again_when_mapped_right(
    take, drain_events
):
    hook = a_hook(document=mapping(email="mail"))
    call = take(hook, ADA)
    assert (call.state, call.reason.endswith("Nobody is named at “mail”.")) == ("failed", True)

    hooks.save_map(hook=hook, document=LEAD, by=None)
    inbound.read_failed(hook=hook, by=None)
    drain_events()

    assert HookCall.objects.get().state == "taken"


def test_reading_a_call_again_makes_nothing_twice(take, drain_events):
    hook = a_hook(document=LEAD)
    call = take(hook, ADA | {"tags": "fair", "ok": "yes"})

    for _again in range(3):
        inbound.replay(calls=[call], by=None)
        drain_events()

    counts = (Lead, Engagement, Touchpoint, Consent)
    assert [model.objects.count() for model in counts] == [1, 1, 1, 1]
    assert Event.objects.filter(kind="lead.captured").count() == 1
    assert HookCall.objects.get().made[0]["what"] == "again"


def test_the_id_of_the_sender_makes_two_messages_one(take):
    hook = a_hook(document=LEAD)

    take(hook, ADA)
    take(hook, ADA | {"city": "Bergen"})

    assert Engagement.objects.filter(kind="form.submitted").count() == 1
    assert Lead.objects.count() == 1


def test_intent_of_a_known_person_is_a_fact_with_provider_and_confidence(take):
    ada = a_lead("ada@acme.example")

    take(a_hook("behaviour", document=INTENT), {"who": ada.email, "about": "roofs", "sure": "high"})

    fact = Engagement.objects.get(kind="intent.reported")
    assert (fact.lead_id, fact.topic, fact.provider, fact.confidence) == (
        ada.pk,
        "roofs",
        "G2",
        0.9,
    )


def test_intent_of_a_company_stays_with_it(take):
    a_lead("ada@acme.example")

    call = take(a_hook("behaviour", document=INTENT), {"where": "acme.example", "about": "roofs"})

    assert CompanySignal.objects.get().topic == "roofs"
    assert not Engagement.objects.exists()
    assert call.company_ids == [Company.objects.get().pk]


def test_intent_of_strangers_is_ignored_and_counted(take):
    call = take(a_hook("behaviour", document=INTENT), {"who": "eve@else.example", "about": "roofs"})

    assert call.state == "ignored"
    assert not Lead.objects.exists()


def test_where_the_hook_says_so_a_stranger_becomes_a_lead_without_consent(take):
    hook = a_hook("behaviour", document=INTENT, unknown="create", source=a_source("G2"))

    take(hook, {"who": "eve@else.example", "about": "roofs", "sure": "0.5"})

    assert Lead.objects.get().source.name == "G2"
    assert Engagement.objects.get().kind == "intent.reported"
    assert not Consent.objects.exists()


def test_facts_fill_blanks_of_person_and_company_and_propose_the_rest(take):
    a_company("Acme", domain="acme.example", size=10)
    ada = a_lead("ada@acme.example", city="Oslo")

    call = take(
        a_hook("facts", document=FACTS, name="Clearbit"),
        {"who": ada.email, "city": "Bergen", "title": "Engineer", "staff": 250},
    )

    ada.refresh_from_db()
    assert (ada.city, ada.job_title, ada.company.size) == ("Oslo", "Engineer", 10)
    said = {(v.field, v.provider, v.confidence, v.state) for v in ProvidedValue.objects.all()}
    assert said == {
        ("city", "Clearbit", 0.7, "proposed"),
        ("job_title", "Clearbit", 0.7, "filled"),
        ("size", "Clearbit", 0.7, "proposed"),
    }
    assert call.made[0]["proposed"] == ["city", "company.size"]


def test_a_person_is_known_by_her_id_there(take):
    ada = a_lead("ada@acme.example", external=("erp", "77"))
    document = mapping(person_id="nr", city="city")

    take(a_hook("facts", document=document, system="erp"), {"nr": 77, "city": "Oslo"})

    ada.refresh_from_db()
    assert ada.city == "Oslo"


def test_a_person_who_is_erased_is_erased_from_the_log_too(take):
    call = take(a_hook(document=LEAD), ADA)

    privacy.erase(lead=Lead.objects.get(), by=None)

    call.refresh_from_db()
    assert (call.body, call.made, call.headers) == ("", [], {})
    with pytest.raises(Conflict):
        inbound.replay(calls=[call], by=None)


def test_a_call_stands_in_the_file_of_the_person(take):
    take(a_hook(document=LEAD), ADA)

    [row] = privacy.export(Lead.objects.get())["calls of other programs"]

    assert "ada@acme.example" in row["body"]


def test_the_log_is_forgotten_after_thirty_days(take):
    call = take(a_hook(document=LEAD), ADA)

    assert inbound.forget(at=call.received_at + inbound.KEPT) == 0
    assert inbound.forget(at=clock.now() + inbound.KEPT) == 1
    assert Lead.objects.exists()


def test_several_records_of_a_call_succeed_or_fail_together(take):
    hook = a_hook(document=mapping("people", email="mail"))

    call = take(hook, {"people": [{"mail": "a@x.example"}, {"mail": "no address"}]})
    assert (call.state, Lead.objects.count()) == ("failed", 0)

    call = take(hook, {"people": [{"mail": "a@x.example"}, {"mail": "b@x.example"}]})
    assert (call.state, len(call.lead_ids)) == ("taken", 2)


def test_where_the_hook_says_so_a_buyer_nobody_knew_becomes_a_company(take):
    told = {"where": "stranger.example", "about": "roofs"}
    assert take(a_hook("behaviour", document=INTENT), told).state == "ignored"

    call = take(a_hook("behaviour", document=INTENT, unknown="create"), told)

    company = Company.objects.get()
    assert (company.name, company.domain) == ("Stranger", "stranger.example")
    assert call.company_ids == [company.pk]
    assert not Lead.objects.exists()
