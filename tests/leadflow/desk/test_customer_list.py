"""The list of customers: asked by rules, worked many at once, and nothing told that is out of reach."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.conditions import records, sql
from leadflow.conditions.fields import catalogue
from leadflow.conditions.language import SHAPES, explain, matches, parse
from leadflow.desk.tables import customers_of
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Activity, Company, CustomField, Lead, Tag
from leadflow.services import companies, customer_owners, notes
from leadflow.web.rules import catalogue_for
from tests.factories import pipeline as make
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
PAGE = "/customers/"


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def roofs(bob, north):
    """A company that Bob owns, worth 5,000, whose care plan renews in 20 days."""
    company = a_company("Roofs", country="DE", industry="Building", size=40, owner=bob, team=north)
    customer = make.customer(company=company)
    make.order(customer, amount=Decimal(5000))
    make.subscribe(customer, renews_on=clock.now().date() + timedelta(days=20))
    return customer


@pytest.fixture
def ada(bob):
    """A person who bought for 100."""
    lead = a_lead("ada@gmail.com", first_name="Ada", last_name="Able", owner=bob, country="NL")
    notes.tag_many(lead_ids=[lead.pk], names=["vip"], by=bob)
    customer = make.customer(lead=lead)
    make.order(customer, amount=Decimal(100))
    return customer


@pytest.fixture
def foreign(carl, south):
    """A company of another team, worth 9,000: everybody finds it, nobody else reads what it brings."""
    company = a_company("Foreign", country="DE", owner=carl, team=south)
    customer = make.customer(company=company)
    make.order(customer, amount=Decimal(9000))
    make.subscribe(customer)
    return customer


def leaf(key, op, *value):
    return {"field": f"customer.{key}", "op": op} | ({"value": value[0]} if value else {})


def asks(*leaves):
    return json.dumps({"all": list(leaves)})


def found(client, *leaves):
    page = client.get(PAGE, {"rule": asks(*leaves)}).context["page"]
    return {row.pk for row in page.rows}


# --- Rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        (leaf("value", "at_least", 1000), "roofs"),
        (leaf("value", "less_than", 1000), "ada"),
        (leaf("is_person", "is", True), "ada"),
        (leaf("country", "is", "DE"), "roofs"),
        (leaf("renews_on", "within_next", 30), "roofs"),
        (leaf("subscriptions", "is", 0), "ada"),
        (leaf("name", "contains", "able"), "ada"),
        ({"field": "company.industry", "op": "is", "value": "Building"}, "roofs"),
    ],
)
def test_a_rule_narrows_the_list(as_, bob, roofs, ada, request, asked, who):
    assert found(as_(bob), asked) == {request.getfixturevalue(who).pk}


def test_owner_tag_and_purchases_can_be_asked(as_, bob, roofs, ada):
    client, vip = as_(bob), Tag.objects.get(name="vip")

    assert found(client, leaf("owner", "is", bob.pk)) == {roofs.pk, ada.pk}
    assert found(client, leaf("tags", "has_any_of", [vip.pk])) == {ada.pk}
    assert found(client, leaf("orders", "is", 1)) == {roofs.pk, ada.pk}
    assert found(client, leaf("churned_at", "is_set")) == set()


def test_every_field_under_every_operator_means_the_same_in_python_and_sql(alice, roofs, ada):
    CustomField.objects.create(subject="company", key="roof", label="Roof", type="number")
    Company.objects.filter(pk=roofs.company_id).update(custom={"roof": 40})
    known, rows, at = catalogue("customer"), customers_of(alice), clock.now()
    scalars = {"number": 40, "money": 100, "date": "2026-11-22", "datetime": "2026-11-22"}

    assert "company.custom.roof" in known.fields
    for field in known.fields.values():
        options = field.options()
        scalar = options[0][0] if options else scalars.get(field.type, "roofs")
        scalar = True if field.type == "boolean" else scalar
        for op in field.operators:
            if SHAPES[op] != "nothing" and field.choices_from and not options:
                continue
            value = {"one": scalar, "list": [scalar], "pair": [scalar, scalar], "days": 30}
            one = {"field": field.key, "op": op, "value": value.get(SHAPES[op])}
            rule = parse({"all": [one]}, known)
            read = records.load(rows, [rule], at=at, lead="lead")
            assert set(rows.filter(sql.where(rule, at=at)).values_list("pk", flat=True)) == {
                pk for pk, row in read.items() if matches(rule, row.values, at=at)
            }, one
            assert explain(rule, known)


@pytest.mark.parametrize("subject", ["company", "customer"])
def test_behaviour_is_asked_of_people_alone(subject):
    asked = {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 1}

    with pytest.raises(Invalid, match="There is no event"):
        parse({"all": [asked]}, catalogue(subject))


def test_the_builder_previews_customers_where_they_can_be_opened(as_, bob, roofs, foreign):
    page = as_(bob).post(
        "/rules/customer/preview/",
        {"field": "rule", "rule": asks(leaf("country", "is", "DE"))},
    )

    said = page.content.decode()
    assert "Matches 2 customers" in said
    assert roofs.get_absolute_url() in said
    assert foreign.company.get_absolute_url() in said
    assert foreign.get_absolute_url() not in said


def test_names_of_people_are_asked_by_those_alone_who_see_contact_fields(vera, bob):
    assert "customer.name" in catalogue_for(bob, "customer").fields
    assert "customer.name" not in catalogue_for(vera, "customer").fields


def test_a_rule_that_finds_nobody_says_so_and_can_be_dropped(as_, bob, roofs):
    page = as_(bob).get(PAGE, {"rule": asks(leaf("value", "at_least", 99_000))}).content.decode()

    assert "No customer matches" in page
    assert "No customers yet" not in page
    assert "99" in page.split("lf-chip-rule")[1].split("</span>")[0]


@pytest.mark.parametrize(
    "asked",
    [
        leaf("value", "at_least", 8000),
        leaf("subscriptions", "at_least", 1),
        leaf("orders", "at_least", 1),
        leaf("renews_on", "is_set"),
    ],
)
def test_abuse_E04_no_rule_tells_what_a_customer_out_of_reach_brings(as_, bob, foreign, asked):
    assert found(as_(bob), asked) == set()


@pytest.mark.parametrize("query", ["renews=90", "renews=30"])
def test_abuse_E04_no_filter_tells_when_a_customer_out_of_reach_renews(as_, bob, foreign, query):
    foreign.subscriptions.update(renews_on=clock.now().date())

    assert not as_(bob).get(f"{PAGE}?{query}").context["page"].rows


def test_abuse_E04_the_file_holds_no_figure_of_a_customer_out_of_reach(as_, mia, roofs, foreign):
    answer = as_(mia).post("/customers/export/")
    body = b"".join(answer.streaming_content).decode()

    assert "5000" in body
    assert "Foreign" in body
    assert "9000" not in body


def test_the_list_costs_as_many_queries_for_many_as_for_one(
    as_, bob, roofs, ada, django_assert_max_num_queries
):
    for _number in range(20):
        make.customer(company=a_company(owner=bob))
    client = as_(bob)
    client.get(PAGE)

    with django_assert_max_num_queries(16):
        page = client.get(PAGE, {"rule": asks(leaf("value", "is_not_set"))})

    assert len(page.context["page"].rows) == 20


# --- Many at once ---------------------------------------------------------------------------------


def test_customers_are_given_to_an_owner_companies_and_people(as_, mia, bob, roofs, ada):
    client = as_(mia)

    answer = client.post("/customers/assign/", {"ids": [roofs.pk, ada.pk], "owner": mia.pk})

    assert answer.status_code == 303
    assert Company.objects.get(pk=roofs.company_id).owner == mia
    assert Lead.objects.get(pk=ada.lead_id).owner == mia
    change = FieldChange.objects.get(object_type="leadflow.company", field="owner")
    assert (change.old, change.new, change.by_id) == (bob.pk, mia.pk, mia.pk)
    told = Event.objects.filter(kind=Kind.COMPANY_CHANGED, actor_id=mia.pk)
    assert [event.data for event in told] == [{"fields": ["owner"]}]
    assert "2 customers are now Mia’s" in client.get(PAGE).content.decode()


def test_customers_given_away_go_back_to_whoever_had_each(as_, mia, bob, carl, roofs, ada):
    client = as_(mia)
    before = Company.objects.get(pk=roofs.company_id)
    given = {"ids": [roofs.pk, ada.pk], "owner": mia.pk, "next": "/customers/?state=active"}
    page = client.get(client.post("/customers/assign/", given)["Location"]).content.decode()
    undo = re.search(r'<form method="post" action="(/customers/undo/[^"]+)"', page)[1]

    answer = client.post(undo)

    assert answer["Location"] == "/customers/?state=active"
    company = Company.objects.get(pk=roofs.company_id)
    assert (company.owner, company.team) == (before.owner, before.team)
    assert Lead.objects.get(pk=ada.lead_id).owner == bob
    assert "2 customers are as they were" in client.get(PAGE).content.decode()


def test_abuse_E04_what_a_colleague_gave_away_is_not_taken_back(as_, mia, alice, bob, roofs):
    at = clock.now()
    customer_owners.give_many(firms=[roofs.company_id], people=[], owner=mia, by=alice, at=at)
    token = customer_owners.memory_of(alice, at)

    assert as_(mia).post(f"/customers/undo/{token}/").status_code == 422
    assert as_(mia).post("/customers/undo/forged/").status_code == 422
    assert Company.objects.get(pk=roofs.company_id).owner == mia


def test_a_company_given_to_somebody_joins_their_team(as_, alice, mia, carl, roofs):
    company = Company.objects.get(pk=roofs.company_id)

    companies.update(company, values={"owner": carl}, by=alice)

    company.refresh_from_db()
    assert company.team == carl.memberships.get().team
    changed = Event.objects.filter(kind=Kind.COMPANY_CHANGED).latest("pk")
    assert changed.data == {"fields": ["owner", "team"]}


def test_all_that_match_are_given(as_, mia, roofs, ada):
    query = f"rule={asks(leaf('country', 'is', 'NL'))}"

    as_(mia).post("/customers/assign/", {"all": "1", "query": query, "owner": mia.pk})

    assert Lead.objects.get(pk=ada.lead_id).owner == mia
    assert Company.objects.get(pk=roofs.company_id).owner != mia


def test_whose_it_is_already_is_not_changed(as_, mia, bob, roofs):
    as_(mia).post("/customers/assign/", {"ids": [roofs.pk], "owner": bob.pk})

    assert not FieldChange.objects.filter(object_type="leadflow.company", field="owner").exists()


def test_a_to_do_is_planned_for_each_for_its_owner(as_, mia, bob, roofs, ada):
    body = {"ids": [roofs.pk, ada.pk], "subject": "Say thanks", "until": "week"}

    as_(mia).post("/customers/todo/", body)

    rows = Activity.objects.filter(subject="Say thanks").order_by("pk")
    assert {(row.company_id, row.lead_id, row.subject_ref, row.owner_id) for row in rows} == {
        (roofs.company_id, None, roofs.ref, bob.pk),
        (None, ada.lead_id, ada.ref, bob.pk),
    }
    assert Event.objects.filter(kind=Kind.ACTIVITY_DELEGATED).count() == 2


@pytest.mark.parametrize(
    "wrong", [{"subject": ""}, {"until": "never"}, {"ids": []}, {"ids": ["x", "9" * 30]}]
)
def test_a_to_do_without_what_when_or_whom_is_refused(as_, bob, roofs, wrong):
    body = {"ids": [roofs.pk], "subject": "Ring", "until": "week"} | wrong

    assert as_(bob).post("/customers/todo/", body).status_code == 422
    assert not Activity.objects.filter(subject="Ring").exists()


@pytest.mark.parametrize(
    ("what", "said"), [("assign", "1 of 2 customers"), ("todo", "2 customers")]
)
def test_before_an_act_it_is_told_how_many_it_reaches(as_, mia, roofs, foreign, what, said):
    page = as_(mia).post(f"/customers/count/{what}/", {"all": "1", "query": ""})

    assert said in page.content.decode()


def test_the_picked_customers_alone_are_exported(as_, mia, roofs, ada):
    answer = as_(mia).post("/customers/export/", {"ids": [ada.pk], "query": ""})
    body = b"".join(answer.streaming_content).decode()

    assert "Ada" in body
    assert "Roofs" not in body
    exported = Event.objects.get(kind=Kind.DATA_EXPORTED)
    assert exported.data == {"what": "customers", "rows": 1}


def test_abuse_E04_a_customer_out_of_reach_is_not_given_away(as_, mia, carl, roofs, foreign):
    hidden = make.customer(lead=a_lead("zoe@gmail.com", last_name="Hidden", owner=carl))
    client = as_(mia)

    refused = client.post("/customers/assign/", {"ids": [foreign.pk, hidden.pk], "owner": mia.pk})
    client.post("/customers/assign/", {"all": "1", "query": "", "owner": mia.pk})

    assert refused.status_code == 422
    assert Company.objects.get(pk=foreign.company_id).owner == carl
    assert Lead.objects.get(pk=hidden.lead_id).owner == carl
    assert Company.objects.get(pk=roofs.company_id).owner == mia


def test_abuse_E04_no_to_do_is_planned_at_a_person_out_of_reach(as_, bob, carl):
    hidden = make.customer(lead=a_lead("zoe@gmail.com", last_name="Hidden", owner=carl))

    body = {"ids": [hidden.pk], "subject": "Ring", "until": "week"}

    assert as_(bob).post("/customers/todo/", body).status_code == 422
    assert not Activity.objects.filter(subject="Ring").exists()


@pytest.mark.parametrize(
    ("role", "doors"),
    [("mia", {"assign", "todo", "export"}), ("bob", {"todo"}), ("max", set()), ("vera", set())],
)
def test_each_is_offered_what_she_may_do(as_, roofs, request, role, doors):
    Company.objects.filter(pk=roofs.company_id).update(owner=None)
    page = as_(request.getfixturevalue(role)).get(PAGE).content.decode()

    offered = {
        one for one in ("assign", "todo", "export") if f'formaction="/customers/{one}/"' in page
    }
    assert offered == doors
    assert ("data-pick" in page) is bool(doors)


def test_a_manager_gives_what_a_rep_of_hers_owns_and_it_joins_the_new_owners_team(
    as_, mia, bob, north
):
    made = make.customer(company=a_company("Teamless", owner=bob))

    as_(mia).post("/customers/assign/", {"ids": [made.pk], "owner": mia.pk})

    company = Company.objects.get(pk=made.company_id)
    assert (company.owner, company.team) == (mia, north)
