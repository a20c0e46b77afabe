"""The organisation's own fields are filled by hand where a lead, a company or a deal is edited."""

import pytest

from leadflow.errors import Invalid
from leadflow.models import CustomField
from leadflow.services import companies
from pipeline.models import Deal
from tests.factories import pipeline as make
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
FIELDS = [
    ("roof", "text", []),
    ("kwp", "number", []),
    ("built", "date", []),
    ("heating", "choice", ["gas", "heat pump"]),
    ("wishes", "choices", ["storage", "wallbox"]),
    ("owns", "boolean", []),
]
TYPED = {
    "custom_roof": "flat",
    "custom_kwp": "64.5",
    "custom_built": "1998-05-01",
    "custom_heating": "gas",
    "custom_wishes": ["storage", "wallbox"],
    "custom_owns": "false",
}
STORED = {
    "roof": "flat",
    "kwp": 64.5,
    "built": "1998-05-01",
    "heating": "gas",
    "wishes": ["storage", "wallbox"],
    "owns": False,
}


@pytest.fixture(params=["lead", "company", "deal"])
def record(request, bob):
    """A record of each kind that has own fields, with all of their types."""
    for key, kind, choices in FIELDS:
        CustomField.objects.create(
            subject=request.param, key=key, label=key.title(), type=kind, choices=choices
        )
    made = {"lead": a_lead, "company": a_company, "deal": make.deal}[request.param]
    return made("Acme") if request.param == "company" else made(owner=bob)


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def save(client, record, **typed):
    """Sends the edit form as it stands, with these answers."""
    url = f"{record.get_absolute_url()}edit/"
    shown = client.get(url).context["form"]
    sent = {
        name: value
        for name in shown.fields
        if (value := shown.get_initial_for_field(shown.fields[name], name)) not in (None, "")
    }
    answer = client.post(url, sent | typed)
    record.refresh_from_db()
    return answer


def test_every_type_is_stored_as_rules_read_it(as_bob, record):
    assert save(as_bob, record, **TYPED).status_code == 303
    assert record.custom == STORED


def test_what_is_stored_stands_in_the_form_and_on_the_page(as_bob, record):
    save(as_bob, record, **TYPED)

    page = as_bob.get(record.get_absolute_url()).content.decode()

    assert "Heating" in page
    assert "gas" in page
    before = record.version
    save(as_bob, record)
    assert record.custom == STORED
    assert record.version - before <= 1


def test_a_field_is_emptied_again(as_bob, record):
    save(as_bob, record, **TYPED)

    save(as_bob, record, custom_roof="", custom_owns="")

    assert "roof" not in record.custom
    assert "owns" not in record.custom


def test_what_nobody_answered_is_not_no(as_bob, record):
    save(as_bob, record, custom_roof="flat")

    assert record.custom == {"roof": "flat"}


def test_a_choice_that_is_offered_no_more_stays_until_it_is_changed(as_bob, record):
    save(as_bob, record, **TYPED)
    CustomField.objects.filter(key="heating").update(choices=["heat pump"])

    save(as_bob, record, custom_roof="steep")

    assert (record.custom["roof"], record.custom["heating"]) == ("steep", "gas")


@pytest.mark.parametrize(
    ("field", "value"), [("kwp", "much"), ("built", "soon"), ("heating", "coal")]
)
def test_what_does_not_fit_is_told_beside_its_field_and_nothing_is_stored(
    as_bob, record, field, value
):
    answer = save(as_bob, record, **TYPED | {f"custom_{field}": value})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {f"custom_{field}"}
    assert record.custom == {}


def test_a_value_of_a_company_is_refused_where_there_is_no_such_field(bob):
    with pytest.raises(Invalid) as refused:
        companies.update(a_company("Acme"), values={"custom.moon": "full"}, by=bob)

    assert "custom.moon" in refused.value.fields


def test_a_change_of_an_own_field_of_a_company_is_remembered(as_bob, client, alice):
    CustomField.objects.create(subject="company", key="roof", label="Roof", type="text")
    firm = a_company("Acme")
    companies.update(firm, values={"custom.roof": "flat"}, by=alice)
    firm.refresh_from_db()
    save(as_bob, firm, custom_roof="steep")

    page = client.get(f"{firm.get_absolute_url()}story/").content.decode()

    assert "steep" in page


def test_deals_take_own_fields_when_they_are_opened(as_bob, bob):
    CustomField.objects.create(subject="deal", key="roof", label="Roof", type="text")
    stage = make.stage()
    sent = {"name": "Carport", "stage": stage.pk, "currency": "EUR", "custom_roof": "flat"}

    as_bob.post("/deals/new/", sent)

    assert Deal.objects.get().custom == {"roof": "flat"}
