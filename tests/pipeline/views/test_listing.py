"""The list of deals keeps views, and asks as little as the list of leads."""

import pytest

from leadflow.web.models import SavedView
from pipeline.models import Deal
from pipeline.services import deals, pipelines
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("/deals/list/", "pipeline.deals"),
        ("/companies/", "desk.companies"),
        ("/customers/", "desk.customers"),
    ],
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


def test_a_stage_is_changed_where_it_stands_in_the_list(client, bob):
    deal = make.deal(bob)
    client.force_login(bob)
    url = f"/deals/{deal.pk}/cell/stage/"

    field = client.get(url).content.decode()
    kept = client.post(url, {"value": make.stage("Proposal").pk, "version": deal.version})

    assert "Sales: Proposal" in field
    assert "Proposal" in kept.content.decode()
    assert Deal.objects.get().stage.name == "Proposal"


def test_a_stage_that_asks_something_tells_it_beside_the_cell(client, bob):
    deal = make.deal(bob, amount=None)
    stage = make.stage("Discovery")
    values = {"name": "Discovery", "probability": 40, "required": ["amount"], "checklist": []}
    pipelines.change_stage(stage, values=values, by=None)
    client.force_login(bob)

    answer = client.post(
        f"/deals/{deal.pk}/cell/stage/", {"value": stage.pk, "version": deal.version}
    )

    assert answer.status_code == 422
    assert "lf-error" in answer.content.decode()
    assert Deal.objects.get().stage.name == "Qualified"


def test_a_cell_over_somebody_elses_change_is_told_and_not_made(client, bob, mia):
    deal = make.deal(bob)
    deals.move(deal, to=make.stage("Contract"), by=mia)
    client.force_login(bob)

    answer = client.post(
        f"/deals/{deal.pk}/cell/stage/",
        {"value": make.stage("Proposal").pk, "version": deal.version},
    )

    assert answer.status_code == 409
    assert Deal.objects.get().stage.name == "Contract"


def test_the_picked_deals_alone_are_exported(client, alice, bob):
    wanted = make.deal(bob, name="Kiln")
    make.deal(bob, name="Carport")
    client.force_login(alice)

    answer = client.post("/deals/list/export/", {"ids": [wanted.pk]})
    body = b"".join(answer.streaming_content).decode()

    assert "Kiln" in body
    assert "Carport" not in body
