import pytest

from leadflow.conditions import fields, records, sql
from leadflow.conditions.language import matches, parse
from leadflow.conditions.zone import here
from leadflow.models import Lead
from qualification.services import bant
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db

CASES = {
    "approved_is": ("budget", "is", "approved", {"approved"}),
    "at_least_planned": ("budget", "at_least", "planned", {"approved"}),
    "unknown_is_a_value": ("budget", "is", "unknown", {"never asked"}),
    "unknown_is_not_none": ("budget", "is", "none", {"none"}),
}


@pytest.fixture
def people(bob):
    """Three leads by what is known of their money."""
    found = {name: a_lead(owner=bob) for name in ("approved", "none", "never asked")}
    for name in ("approved", "none"):
        bant.answer(lead=found[name], letter="budget", value=name, by=bob)
    return found


@pytest.mark.parametrize("case", CASES)
def test_rules_ask_about_bant_in_sql_and_in_memory_alike(people, case):
    letter, op, value, expected = CASES[case]
    rule = parse(
        {"all": [{"field": f"bant.{letter}", "op": op, "value": value}]}, fields.catalogue("lead")
    )

    listed = set(Lead.objects.filter(sql.where(rule, at=here())))
    known = records.load(Lead.objects.all(), [rule], at=here())

    assert listed == {people[name] for name in expected}
    assert {pk for pk, one in known.items() if matches(rule, one.values, at=here())} == {
        lead.pk for lead in listed
    }
