"""What is wrong with the leads: each number is that of the list it opens, and is put right from there."""

from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from leadflow.desk import quality
from leadflow.history.models import FieldChange
from leadflow.mail import outcomes
from leadflow.mail.models import Delivery, MailDomain
from leadflow.models import Customer, Lead, Source, Twin
from leadflow.services import leads
from tests.factories.core import NOON, a_lead, a_source
from tests.factories.nurturing import a_reader, a_sequence, mail_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, alice, time_machine):
    time_machine.move_to(NOON, tick=False)
    client.force_login(alice)
    return client


def numbers(client, **query):
    page = client.get(reverse("desk:quality"), query)
    return {one.fault.key: one for one in page.context["found"]}


def test_each_number_is_that_of_the_list_it_opens(signed_in):
    a_lead("ann@gnail.com", source=a_source(), first_name="Ann", country="DE")
    a_lead("info@roofs.example", source=a_source("Fair"), first_name="Bo", country="DE")
    a_lead("", phone="+4930123456", last_name="Doe")
    a_lead("", external=("crm", "1"), last_name="Roe")

    found = numbers(signed_in)

    counts = {key: one.count for key, one in found.items()}
    assert counts == {
        "unreachable": 1, "nameless": 0, "unsourced": 2, "ownerless": 4, "placeless": 2,
        "shared": 1, "throwaway": 0, "mistyped": 1, "stale": 0, "came_back": 0, "nowhere": 0,
    }  # fmt: skip
    for one in found.values():
        listed = signed_in.get(one.url)
        assert listed.context["page"].total == one.count
        assert "cannot be read" not in listed.content.decode()


def test_who_was_not_touched_for_half_a_year_is_stale(signed_in):
    a_lead("ann@a.example", at=NOON.replace(year=2024))

    assert numbers(signed_in)["stale"].count == 1


def test_numbers_are_those_of_a_source_or_owner(signed_in):
    fair = a_source("Fair")
    a_lead("ann@a.example", source=fair)
    a_lead("ben@b.example")

    found = numbers(signed_in, source=fair.pk)

    assert found["ownerless"].count == 1
    assert f"source={fair.pk}" in found["ownerless"].url


def test_who_may_not_see_addresses_is_not_told_which_are_wrong(client, vera):
    client.force_login(vera)

    assert set(numbers(client)) == {
        "unsourced", "ownerless", "placeless", "shared", "throwaway", "stale",
    }  # fmt: skip


def test_mistyped_domains_are_found_whichever_they_are_and_each_shows_what_was_meant(signed_in):
    for one in ("a@gmial.con", "b@hotmal.fr", "c@yahoo.dk", "d@north.example"):
        a_lead(one)

    found = numbers(signed_in)["mistyped"]

    assert found.count == 2
    page = signed_in.get(found.url).content.decode()
    assert "gmail.com?" in page
    assert "hotmail.fr?" in page
    assert "yahoo.dk" not in page


def test_where_a_customer_of_ours_is_nothing_is_mistyped(signed_in):
    lead = a_lead("ann@gmall.com")
    Customer.objects.create(company=lead.company, started_at=NOON)

    assert numbers(signed_in)["mistyped"].count == 0


def test_a_mistyped_address_is_put_right_from_her_page(signed_in):
    lead = a_lead("ann@gnail.com")
    page = signed_in.get(lead.get_absolute_url()).content.decode()
    assert "Did you mean ann@gmail.com?" in page

    form = signed_in.get(reverse("desk:lead-edit", args=[lead.pk]), {"meant": "1"}).context["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    signed_in.post(reverse("desk:lead-edit", args=[lead.pk]), values)

    lead.refresh_from_db()
    assert lead.email == "ann@gmail.com"


def test_throw_away_mailboxes_have_a_row(signed_in):
    a_lead("x@mailinator.com")

    assert numbers(signed_in)["throwaway"].count == 1


def test_many_leads_get_their_source_at_once(signed_in):
    ids = [a_lead(f"p{n}@x{n}.example").pk for n in range(3)]
    fair = Source.objects.create(name="Fair")

    signed_in.post(reverse("desk:bulk-source"), {"ids": ids, "source": fair.pk})

    assert Lead.objects.filter(source=fair).count() == 3


def test_a_fault_says_by_source_and_owner_where_it_comes_from(signed_in, alice):
    fair = a_source("Fair")
    for n in range(3):
        a_lead(f"x{n}@mailinator.com", source=fair, owner=alice if n else None)
    a_lead("y@mailinator.com")

    page = signed_in.get(reverse("desk:quality-fault", args=["throwaway"]))

    sources, owners = (parts for _title, _none, parts in page.context["shared"])
    assert [(name, n) for _url, name, n in sources] == [("Fair", 3), ("", 1)]
    assert [(name, n) for _url, name, n in owners] == [("Alice Adams", 2), ("", 2)]
    assert signed_in.get(sources[0][0]).context["found"].count == 3


def came_back(lead, reason=outcomes.GONE, state="bounced"):
    """The last mail to her met a mailbox that is not there."""
    return Delivery.objects.create(
        key=f"test:{uuid4()}", kind="notice", to_address=lead.email, to_norm=lead.email, lead=lead,
        from_address="us@crm.example", subject="Hello", text="Hello", due_at=NOON, not_before=NOON,
        state=state, reason=reason,
    )  # fmt: skip


def test_a_mailbox_that_a_later_mail_reached_is_there_again(signed_in):
    lead = a_lead("ann@a.example")
    came_back(lead)
    assert numbers(signed_in)["came_back"].count == 1

    came_back(lead, reason="", state="sent")

    assert numbers(signed_in)["came_back"].count == 0


def test_her_new_address_is_not_blamed_for_the_old_one(signed_in, alice):
    lead = a_lead("ann@a.example")
    came_back(lead)

    leads.update(lead, values={"email": "ann@b.example"}, by=alice)

    assert numbers(signed_in)["came_back"].count == 0


def test_mistyped_addresses_are_put_right_at_once_and_what_stood_there_is_remembered(signed_in):
    for one in ("a@gmial.com", "b@hotmal.fr", "c@gnail.com"):
        a_lead(one)

    use(signed_in, "mistyped", "meant")

    assert {*Lead.objects.values_list("email", flat=True)} == {
        "a@gmail.com", "b@hotmail.fr", "c@gmail.com",
    }  # fmt: skip
    assert FieldChange.objects.filter(field="email").count() == 3


def test_what_two_leads_meant_is_left_to_merging(signed_in):
    a_lead("ann@gmail.com")
    for one in ("ann@gmial.com", "bo@gmial.com", "bo@gnail.com"):
        a_lead(one)

    told = use(signed_in, "mistyped", "meant")

    assert Lead.objects.filter(email="bo@gmail.com").count() == 1
    assert Lead.objects.filter(email="ann@gmial.com").exists()
    assert "2 belong to other leads" in str(next(iter(get_messages(told.wsgi_request))))


def faulty(alice):
    """Two leads with each fault."""
    source, old = a_source("Fair"), NOON.replace(year=2024)
    told = {"source": source, "country": "DE", "owner": alice}
    made = {
        "unreachable": [a_lead("", external=("crm", n), last_name=f"U{n}", **told) for n in "12"],
        "nameless": [a_lead(f"n{n}@n.example", **told) for n in "12"],
        "unsourced": [
            a_lead(f"s{n}@s.example", first_name="S", country="DE", owner=alice) for n in "12"
        ],
        "ownerless": [
            a_lead(f"o{n}@o.example", first_name="O", country="DE", source=source) for n in "12"
        ],
        "placeless": [
            a_lead(f"p{n}@p.example", first_name="P", source=source, owner=alice) for n in "12"
        ],
        "mistyped": [a_lead(f"m{n}@gmial.com", first_name="M", **told) for n in "12"],
        "shared": [a_lead(f"info@i{n}.example", first_name="I", **told) for n in "12"],
        "throwaway": [a_lead(f"y{n}@mailinator.com", first_name="Y", **told) for n in "12"],
        "came_back": [a_lead(f"b{n}@b.example", first_name="B", **told) for n in "12"],
        "nowhere": [a_lead(f"w{n}@gone.example", first_name="W", **told) for n in "12"],
        "stale": [a_lead(f"t{n}@t.example", first_name="T", at=old, **told) for n in "12"],
    }
    MailDomain.objects.create(domain="gone.example", takes_mail=False, due_at=NOON)
    for lead in made["came_back"]:
        came_back(lead)
    return {key: {lead.pk for lead in rows} for key, rows in made.items()}


def offered(client, key, **query):
    """The remedies of a fault, as its page offers them."""
    page = client.get(reverse("desk:quality-fault", args=[key]), query)
    return {one.remedy.key: one for one in page.context["offers"]}, page.content.decode()


def use(client, key, remedy, **said):
    """Press the button of a remedy as the page has it."""
    offers, _page = offered(client, key)
    one, found = offers[remedy], numbers(client)[key]
    body = {"fault": key, **said}
    body |= {"ids": one.ids} if one.remedy.is_named else {"all": "1", "query": found.query}
    return client.post(reverse(one.remedy.door), body)


@pytest.mark.parametrize("key", sorted(quality.KEYS))
def test_each_fault_offers_its_remedies_with_the_number_of_its_leads(signed_in, alice, key):
    faulty(alice)
    found = numbers(signed_in)[key]

    offers, page = offered(signed_in, key)

    assert list(offers) == list(found.fault.cures)
    assert found.count >= 2
    assert {one.count for one in offers.values()} == {found.count}
    assert page.count(f"{found.count} leads</span>") == len(found.fault.cures)


def test_a_source_is_set_for_all_unsourced_and_the_page_says_nothing_is_wrong(signed_in, alice):
    ids, web = faulty(alice)["unsourced"], Source.objects.create(name="Web")

    back = use(signed_in, "unsourced", "source", source=web.pk)

    assert set(Lead.objects.filter(source=web).values_list("pk", flat=True)) == ids
    assert back.headers["Location"] == reverse("desk:quality-fault", args=["unsourced"])
    assert "Nothing is wrong here" in signed_in.get(back.headers["Location"]).content.decode()


def test_an_owner_is_given_to_all_without_one(signed_in, alice, bob):
    ids = faulty(alice)["ownerless"]

    use(signed_in, "ownerless", "owner", owner=bob.pk)

    assert set(Lead.objects.filter(owner=bob).values_list("pk", flat=True)) == ids


def test_a_country_is_set_for_all_without_one_and_remembered(signed_in, alice):
    ids = faulty(alice)["placeless"]

    use(signed_in, "placeless", "country", country="no")

    assert set(Lead.objects.filter(country="NO").values_list("pk", flat=True)) == ids
    changed = FieldChange.objects.filter(field="country", new="NO", by_id=alice.pk)
    assert set(changed.values_list("object_id", flat=True)) == ids


def test_a_country_that_there_is_not_changes_nothing(signed_in, alice):
    faulty(alice)

    answer = use(signed_in, "placeless", "country", country="ZZ")

    assert answer.status_code == 422
    assert not Lead.objects.filter(country="ZZ").exists()


@pytest.mark.parametrize("key", ["mistyped", "shared", "nameless"])
def test_wrong_addresses_and_blank_names_are_marked_with_a_tag(signed_in, alice, key):
    ids = faulty(alice)[key]

    use(signed_in, key, "tag", name="look")

    assert set(Lead.objects.filter(tags__name="look").values_list("pk", flat=True)) == ids


def test_who_cannot_be_reached_goes_to_the_trash(signed_in, alice):
    ids = faulty(alice)["unreachable"]

    use(signed_in, "unreachable", "trash")

    assert set(Lead.objects.exclude(deleted_at=None).values_list("pk", flat=True)) == ids
    assert numbers(signed_in)["unreachable"].count == 0


def test_who_was_not_touched_enters_a_sequence(signed_in):
    reader, other = a_reader(), a_lead("t@t.example", first_name="T")
    Lead.objects.update(created_at=NOON.replace(year=2024), last_activity_at=None)
    sequence = a_sequence(mail_step())

    use(signed_in, "stale", "sequence", sequence=sequence.pk)

    entered = sequence.enrolments.values_list("lead_id", flat=True)
    assert (list(entered), other.pk in entered) == (
        [reader.pk],
        False,
    )  # who never agreed is left out


def test_the_same_person_twice_leads_to_the_queue_of_merges(signed_in):
    one, two = sorted(a_lead(f"t{n}@t.example", first_name="Ada").pk for n in "12")
    Twin.objects.create(one_id=one, two_id=two, score=90, found_at=NOON)

    page = signed_in.get(reverse("desk:quality")).content.decode()

    assert page.count(f'href="{reverse("desk:duplicates")}"') >= 2


def test_a_remedy_is_about_the_source_and_owner_that_are_looked_at(signed_in, alice):
    faulty(alice)

    offers, _page = offered(signed_in, "placeless", owner=alice.pk)
    none, _page = offered(signed_in, "ownerless", owner=alice.pk)

    assert (offers["country"].count, none) == (2, {})


def test_who_may_only_look_is_offered_nothing(client, vera):
    a_lead("s@s.example", first_name="S")
    client.force_login(vera)

    assert offered(client, "unsourced")[0] == {}


def test_a_fault_that_there_is_not_or_of_what_she_may_not_see_is_not_found(client, vera):
    client.force_login(vera)

    for key in ("nonsense", "mistyped"):
        assert client.get(reverse("desk:quality-fault", args=[key])).status_code == 404


def test_every_fault_is_a_rule_of_the_language():
    assert len({one.key for one in quality.FAULTS}) == len(quality.FAULTS)
