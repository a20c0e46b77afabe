import pytest
from django.urls import reverse

from nurturing.models import Automation, Sequence
from nurturing.services import recipes

pytestmark = pytest.mark.django_db


def test_the_gallery_shows_every_recipe_with_what_it_needs(client, max):
    client.force_login(max)

    page = client.get(reverse("nurturing:recipes")).content.decode()

    every = [*recipes.SEQUENCES.values(), *recipes.AUTOMATIONS.values()]
    assert page.count("Begin with this") == len(every) == 19
    assert "the form that people enter by" in page


def test_picking_one_opens_a_draft_of_it(client, max):
    client.force_login(max)
    where = reverse("nurturing:recipe-use")

    first = client.post(where, {"kind": "sequence", "recipe": "demo"})
    second = client.post(where, {"kind": "automation", "recipe": "idle-deal"})

    sequence, automation = Sequence.objects.get(), Automation.objects.get()
    assert (first["Location"], second["Location"]) == (
        sequence.get_absolute_url(), automation.get_absolute_url(),
    )  # fmt: skip
    assert (sequence.state, automation.state) == ("draft", "draft")
    assert (
        "Fill in what stands in double brackets" in client.get(first["Location"]).content.decode()
    )


def test_one_that_there_is_not_is_not_there(client, max):
    client.force_login(max)

    answer = client.post(reverse("nurturing:recipe-use"), {"kind": "sequence", "recipe": "x"})

    assert answer.status_code == 404


def test_a_viewer_reads_the_gallery_and_takes_nothing(client, vera):
    client.force_login(vera)

    assert "Begin with this" not in client.get(reverse("nurturing:recipes")).content.decode()
