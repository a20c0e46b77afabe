import pytest

from leadflow.web.actions import ACTIONS, actions_of
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.url_name)
def test_every_action_opens_a_page(as_alice, alice, action):
    [offered] = [one for one in actions_of(alice, "") if one.url_name == action.url_name]

    page = as_alice.get(offered.url.partition("#")[0])

    assert page.status_code == 200
    assert f'id="{action.dialog}"' in page.content.decode() or not action.dialog


def test_an_action_is_found_by_any_of_its_words(as_alice):
    assert 'href="/deals/new/"' in as_alice.get("/search/?q=deal").content.decode()


def test_an_arrow_asks_for_actions_alone(as_alice, alice):
    a_lead(last_name="Dealer", owner=alice)

    page = as_alice.get("/search/", {"q": ">deal"}, headers={"HX-Request": "true"}).content.decode()

    assert 'href="/deals/new/"' in page
    assert "Dealer" not in page


def test_a_role_is_offered_only_what_it_may_do(bob):
    assert {str(one.label) for one in actions_of(bob, "")} == {
        "Add a lead",
        "Add a company",
        "Add a deal",
        "Add a to-do",
    }
