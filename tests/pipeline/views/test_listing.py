"""The list of deals keeps views, and asks as little as the list of leads."""

import pytest

from leadflow.web.models import SavedView
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("url", "page"), [("/deals/list/", "pipeline.deals"), ("/companies/", "desk.companies")]
)
def test_a_list_is_saved_as_a_tab_and_found_again(client, bob, url, page):
    client.force_login(bob)
    form = {"page": page, "name": "Quiet ones", "state": "q=kessler", "next": url}

    saved = client.post("/views/", form)

    view = SavedView.objects.get(page=page)
    assert saved["Location"] == f"{url}?q=kessler&view={view.pk}"
    listed = client.get(url).content.decode()
    assert "Quiet ones" in listed
    assert f'name="page" value="{page}"' in listed


def test_the_list_of_deals_asks_five_questions_beyond_session_and_user(
    client, alice, bob, django_assert_max_num_queries
):
    for _ in range(4):
        make.deal(bob)
    client.force_login(alice)
    client.get("/deals/list/")

    with django_assert_max_num_queries(2 + 5):
        assert client.get("/deals/list/").content.decode().count("data-row-link") == 4
