import pytest

from leadflow.models import Customer, Lead, LeadStage
from leadflow.services import customers
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db


def test_a_second_win_with_a_stale_lead_in_hand_changes_nothing():
    lead, company = a_lead(), a_company()
    customers.start(lead=lead, company=company, won_by="deal:1", by=None)

    again = customers.start(lead=lead, company=company, won_by="deal:2", by=None)

    assert again == Customer.objects.get()
    assert again.won_by == "deal:1"
    assert Lead.objects.get().stage == LeadStage.CUSTOMER
