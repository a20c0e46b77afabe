"""Look-ups: what adapters answer fills blanks once, says where it is from, and is taken out for good."""

import pytest

from leadflow.errors import Conflict, LeadflowError
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.kit import endings
from leadflow.models import Company, Lead, LeadStage, Organisation, Origin, ProvidedValue
from leadflow.services import companies, enrichment, leads, lookups
from leadflow.services.lookups import Adapter, Value
from leadflow.services.lookups import adapters as registry
from tests.factories.core import a_company, a_lead, a_user

pytestmark = pytest.mark.django_db


def ask(*about, **more):
    return lookups.look_up(lead_ids=[lead.pk for lead in about], by=None, **more)


def said(about, field="country"):
    return about.provided_values.get(field=field)


@pytest.mark.parametrize(
    ("host", "country"),
    [
        ("acme.se", "SE"), ("shop.acme.co.uk", "GB"), ("acme.com", ""), ("acme.io", ""),
        ("acme.eu", ""), ("", ""), ("xn--bcher-kva.de", "DE"), ("acme.zz", ""), ("acme.DE.", "DE"),
    ],
)  # fmt: skip
def test_the_ending_of_a_host_tells_its_country_where_it_is_not_anybodys(host, country):
    assert endings.country_of(host) == country


def test_the_prefix_of_her_phone_tells_her_country():
    ann = a_lead("ann@acme.example", phone="+46701234567")

    found = ask(ann)

    row = said(ann)
    ann.refresh_from_db()
    assert (ann.country, found.leads) == ("SE", 1)
    assert (row.get_basis_display(), row.confidence, row.state) == ("phone prefix", 0.9, "filled")


def test_phone_and_address_that_agree_are_surer():
    ann = a_lead("ann@acme.se", phone="+46701234567")

    ask(ann)

    assert said(ann).confidence == 0.95


def test_the_phone_wins_over_the_ending_of_the_address():
    ann = a_lead("ann@acme.de", phone="+46701234567")

    ask(ann)

    assert Lead.objects.get(pk=ann.pk).country == "SE"


def test_without_either_her_company_tells_it():
    company = a_company("Acme", country="NO")
    ann = a_lead("ann@gmail.com", company=company)

    ask(ann)

    assert (Lead.objects.get(pk=ann.pk).country, said(ann).basis) == ("NO", "company")


def test_what_is_known_is_never_overwritten():
    ann = a_lead("ann@acme.se", country="FI")

    ask(ann)

    assert Lead.objects.get(pk=ann.pk).country == "FI"
    assert not ann.provided_values.filter(field="country").exists()


def test_who_writes_from_the_domain_of_a_company_gets_it():
    ann = a_lead("ann@acme.example")
    leads.update(ann, values={"company": None}, by=None)
    acme = Company.objects.get(domain="acme.example")

    ask(Lead.objects.get(pk=ann.pk))

    row = said(ann, "company")
    assert Lead.objects.get(pk=ann.pk).company == acme
    assert (row.value, row.basis) == (acme.pk, "domain")
    assert [one.theirs for one in enrichment.provided(ann) if one.row == row] == ["Acme"]


def test_nobody_gets_a_company_by_a_public_mailbox():
    a_company("Google", domain="gmail.com")
    ann = a_lead("ann@gmail.com")

    ask(ann)

    assert Lead.objects.get(pk=ann.pk).company is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [("ann@gmail.com", "personal"), ("info@acme.example", "role"), ("ann@mailinator.com", "throwaway")],
)  # fmt: skip
def test_private_shared_and_throw_away_mailboxes_are_marked(address, kind):
    ann = a_lead(address)

    ask(ann)

    assert said(ann, "mailbox").value == kind


def test_a_mark_goes_with_the_address():
    ann = a_lead("ann@gmail.com")
    ask(ann)
    leads.update(ann, values={"email": "ann@acme.example"}, by=None)

    ask(ann)

    assert not ann.provided_values.filter(field="mailbox").exists()


def test_the_country_of_a_company_is_read_from_its_domain():
    acme = a_company("Acme", domain="acme.dk")

    found = lookups.look_up_companies(company_ids=[acme.pk], by=None)

    acme.refresh_from_db()
    assert (acme.country, found.companies, said(acme).basis) == ("DK", 1, "ending")
    assert Event.objects.filter(kind="company.changed", subject_id=acme.pk).exists()


def test_colleagues_fill_their_company_once():
    acme = companies.create(name="Acme", domain="acme.dk")
    ann, ben = a_lead("ann@acme.dk"), a_lead("ben@acme.dk")

    found = ask(ann, ben)

    assert (found.companies, acme.provided_values.count()) == (1, 1)


def test_asked_again_it_changes_nothing():
    ann = a_lead("ann@gmail.com", phone="+46701234567")
    ask(ann)
    facts, changes = Event.objects.count(), FieldChange.objects.count()

    assert ask(ann).values == 0
    assert (Event.objects.count(), FieldChange.objects.count()) == (facts, changes)


def test_many_cost_as_many_queries_as_one(django_assert_max_num_queries):
    several = [a_lead(f"n{n}@acme{n}.se", phone=f"+4670123456{n}") for n in range(8)]

    with django_assert_max_num_queries(32):
        ask(*several)

    assert set(Lead.objects.values_list("country", flat=True)) == {"SE"}


def test_the_settings_may_say_never_from_outside():
    Organisation.objects.update_or_create(pk=1, defaults={"taking": {"lead.country": "never"}})
    ann = a_lead("ann@acme.example", phone="+46701234567")

    ask(ann)

    assert Lead.objects.get(pk=ann.pk).country == ""


def test_an_adapter_that_is_off_is_not_asked():
    Organisation.objects.update_or_create(pk=1, defaults={"lookups_off": ["own-places"]})
    ann = a_lead("ann@acme.se")

    ask(ann)

    assert Lead.objects.get(pk=ann.pk).country == ""


def test_a_package_may_bring_an_adapter_of_its_own():
    shoes = Adapter("shoes", "Shoes", "", lambda asked: [[Value("city", "Oslo", 0.7, "")]] * len(asked))  # fmt: skip
    lookups.install(shoes)
    try:
        ann = a_lead("ann@acme.example")
        ask(ann)
        assert Lead.objects.get(pk=ann.pk).city == "Oslo"
        with pytest.raises(LeadflowError):
            lookups.install(Adapter("shoes", "Others", "", shoes.answer))
    finally:
        del registry._installed["shoes"]


# by itself


def test_a_lead_that_arrives_is_looked_up(drain_events):
    ann = a_lead("ann@acme.example", phone="+46701234567")

    drain_events()

    assert Lead.objects.get(pk=ann.pk).country == "SE"


def test_a_phone_that_changes_is_looked_up_and_a_city_is_not(drain_events):
    ann = a_lead("ann@acme.example")
    drain_events()
    leads.update(ann, values={"phone": "+46701234567"}, by=None)
    drain_events()
    by_phone = Lead.objects.get(pk=ann.pk).country
    enrichment.take_out(row=said(ann), by=a_user())
    leads.update(ann, values={"city": "Lund"}, by=None)

    drain_events()

    assert (by_phone, Lead.objects.get(pk=ann.pk).country) == ("SE", "")


def test_facts_of_imports_are_filled_without_any_outward_effect(drain_events):
    ann = a_lead("ann@acme.example", phone="+46701234567", origin=Origin.IMPORT)

    drain_events()

    changed = Event.objects.get(kind="lead.changed", lead_id=ann.pk)
    assert (Lead.objects.get(pk=ann.pk).country, changed.origin) == ("SE", "import")
    assert said(ann).origin == "import"


def test_the_same_fact_told_twice_is_one_value(drain_events):
    ann = a_lead("ann@acme.example", phone="+46701234567")
    drain_events()
    leads.create_or_merge(email="ann@acme.example", via="test", stage=LeadStage.LEAD)

    drain_events()

    assert Event.objects.filter(kind="lead.changed", lead_id=ann.pk).count() == 1


# taking out


def test_a_wrong_value_is_taken_out_and_never_filled_in_again():
    ann, mia = a_lead("ann@acme.example", phone="+46701234567"), a_user("Mia")
    ask(ann)

    enrichment.take_out(row=said(ann), by=mia)
    again = ask(ann)

    ann.refresh_from_db()
    assert (ann.country, again.values, said(ann).state) == ("", 0, "dismissed")
    assert FieldChange.objects.filter(field="country").latest("pk").by_id == mia.pk


def test_another_value_of_the_same_adapter_may_still_come():
    ann = a_lead("ann@acme.example", phone="+46701234567")
    ask(ann)
    enrichment.take_out(row=said(ann), by=a_user())
    leads.update(ann, values={"phone": "+4915112345678"}, by=None)

    ask(ann)

    assert Lead.objects.get(pk=ann.pk).country == "DE"


def test_what_somebody_wrote_since_is_not_taken_out():
    ann = a_lead("ann@acme.example", phone="+46701234567")
    ask(ann)
    leads.update(ann, values={"country": "NO"}, by=None)

    with pytest.raises(Conflict, match="something else since"):
        enrichment.take_out(row=said(ann), by=a_user())

    assert Lead.objects.get(pk=ann.pk).country == "NO"


def test_a_company_is_taken_out_and_the_person_has_none_again():
    ann = a_lead("ann@acme.example")
    leads.update(ann, values={"company": None}, by=None)
    ask(ann)

    enrichment.take_out(row=said(ann, "company"), by=a_user())
    ask(ann)

    assert Lead.objects.get(pk=ann.pk).company is None


def test_the_country_of_a_company_is_taken_out():
    acme = a_company("Acme", domain="acme.dk")
    lookups.look_up_companies(company_ids=[acme.pk], by=None)

    enrichment.take_out(row=said(acme), by=a_user())

    acme.refresh_from_db()
    assert acme.country == ""


def test_a_proposal_that_was_taken_over_gives_the_old_value_back():
    ann, mia = a_lead(city="Oslo"), a_user("Mia")
    word = enrichment.Word(provider="P", at=ann.created_at)
    enrichment.enrich_lead(lead=ann, values={"city": "Bergen"}, word=word)
    enrichment.take_over(row=said(ann, "city"), by=mia)

    enrichment.take_out(row=said(ann, "city"), by=mia)

    assert Lead.objects.get(pk=ann.pk).city == "Oslo"


def test_taken_out_twice_is_told():
    ann = a_lead("ann@gmail.com")
    ask(ann)
    enrichment.take_out(row=said(ann, "mailbox"), by=a_user())

    with pytest.raises(Conflict):
        enrichment.take_out(row=ProvidedValue.objects.get(field="mailbox"), by=a_user())


def test_what_each_filled_lately_is_counted_with_what_was_taken_out():
    ann, ben = a_lead("a@x.example", phone="+46701234567"), a_lead("b@y.se")
    ask(ann, ben)
    enrichment.take_out(row=said(ann), by=a_user())

    shown = {one.adapter.key: one for one in lookups.shown()}["own-places"]

    assert (dict(shown.filled), shown.taken_out, shown.is_on) == ({"Country": 2}, 1, True)
