"""What visitors sent, as the people who work here see it."""

import pytest

from capture.models import Submission
from leadflow.models import Lead
from tests.factories.capture import contact_body, published_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(client):
    """A form with one answer that became a lead and one that was set aside."""
    form = published_form(name="Roof")
    client.post(form.public_path, contact_body(form))
    spam = contact_body(form, email="bot@x.example", website_url="spam", client_id="client-0002")
    client.post(form.public_path, spam)
    return form


def test_the_table_shows_the_answers_and_the_lead_each_became(client, form, max):
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/answers/")

    assert "Ada" in page.text
    assert Lead.objects.get().get_absolute_url() in page.text
    assert "bot@x.example" not in page.text


def test_spam_is_found_by_its_state(client, form, max):
    client.force_login(max)

    page = client.get(f"/forms/{form.pk}/answers/?state=quarantined")

    assert "bot@x.example" in page.text
    assert "ada@north.example" not in page.text


def test_one_answer_is_shown_in_words_and_as_it_came(client, form, max):
    client.force_login(max)
    row = Submission.objects.get(state="processed")

    page = client.get(row.get_absolute_url())

    assert "Message" in page.text
    assert "&quot;company&quot;: &quot;North Ltd&quot;" in page.text


def test_an_answer_taken_back_from_spam_becomes_a_lead(client, form, max):
    client.force_login(max)
    row = Submission.objects.get(state="quarantined")

    client.post(f"{row.get_absolute_url()}again/")

    row.refresh_from_db()
    assert row.lead.email == "bot@x.example"


def test_the_export_is_safe_to_open_in_a_spreadsheet(client, form, max):
    evil = contact_body(form, message="=cmd|' /C calc'!A0", client_id="client-0003")
    client.post(form.public_path, evil)
    client.force_login(max)

    told = client.post(f"/forms/{form.pk}/answers.csv").getvalue().decode()

    assert "'=cmd|" in told
    assert "ada@north.example" in told


def test_a_manager_sees_answers_of_her_leads_only(client, form, mia, south):
    Lead.objects.update(team=south)
    client.force_login(mia)

    page = client.get(f"/forms/{form.pk}/answers/")

    assert "Ada" not in page.text


def test_a_rep_has_no_door_to_answers(client, form, bob):
    client.force_login(bob)

    assert client.get(f"/forms/{form.pk}/answers/").status_code == 403
    assert client.get("/answers/").status_code == 403


def test_all_answers_stand_together_on_one_page(client, form, max):
    client.force_login(max)

    assert "Roof" in client.get("/answers/").text
