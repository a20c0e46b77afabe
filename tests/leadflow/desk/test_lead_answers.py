"""What a lead answered in forms, told in words on her page and in her story."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture.blocks.starts import block
from capture.services import forms
from leadflow.models import CustomField, Lead
from leadflow.services import leads
from leadflow.timeline.selectors import for_lead
from tests.factories.capture import contact_body, content_of, published_form
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db

SIZES = [{"value": "1000_plus", "label": "More than 1,000"}, {"value": "few", "label": "Few"}]
TIMES = [{"value": "am", "label": "Mornings"}, {"value": "pm", "label": "Afternoons"}]


def asking(sizes=SIZES):
    return [
        block("email"),
        block("dropdown", label="How many sites?", name="sites", save_to="custom.sites", options=sizes),
        block("dropdown", label="When to call?", name="when", save_to="preferred_time", options=TIMES),
    ]  # fmt: skip


@pytest.fixture
def form(db):
    CustomField.objects.create(subject="lead", key="sites", label="Sites", type="text")
    return published_form(*asking(), name="Roof")


@pytest.fixture
def ada(client, form, bob):
    return sent(client, form, bob)


def sent(client, form, owner=None, **answers):
    answers = {"email": "ada@north.example", "sites": "1000_plus", "when": "am"} | answers
    client.post(form.public_path, contact_body(form, **answers))
    lead = Lead.objects.get(email=answers["email"])
    return leads.assign(lead, owner=owner, by=None, reason="hand") if owner else lead


def answers_of(lead, user):
    return [
        entry.shown.answers
        for entry in for_lead(lead, user).entries
        if entry.event.kind == "submission.received"
    ]


TOLD = [
    ("Email", "ada@north.example"),
    ("How many sites?", "More than 1,000"),
    ("When to call?", "Mornings"),
]


def test_the_story_has_questions_and_answers_in_words(ada, bob):
    assert answers_of(ada, bob) == [TOLD]


def test_answers_are_told_in_the_words_of_the_version_that_was_answered(client, ada, form, bob):
    renamed = [{"value": "1000_plus", "label": "A great many"}, *SIZES[1:]]
    form.draft = content_of(*asking(renamed))
    form.save()
    forms.publish(form=form, by=None)

    assert answers_of(ada, bob) == [TOLD]


def test_who_may_not_see_contact_data_is_told_of_the_form_without_its_answers(client, ada, vera):
    assert answers_of(ada, vera) == [()]


def test_abuse_A06_a_story_never_tells_the_answers_of_a_lead_out_of_reach(ada, carl):
    assert answers_of(ada, carl) == [()]


def test_only_who_may_open_the_whole_answer_is_led_to_it(ada, bob, alice):
    more = [
        entry.shown.more
        for user in (bob, alice)
        for entry in for_lead(ada, user).entries
        if entry.event.kind == "submission.received"
    ]

    assert more[0] == ""
    assert more[1].endswith(f"/answers/{ada.submissions.get().pk}/")


def test_the_answers_open_in_place(client, ada, bob):
    client.force_login(bob)

    page = client.get(f"/leads/{ada.pk}/timeline/").content.decode()

    assert "<summary" in page
    assert "More than 1,000" in page
    assert "1000_plus" not in page


def test_a_change_by_a_form_names_the_choice_and_the_field(client, form, bob):
    lead = a_lead(owner=bob, email="ada@north.example", **{"custom.sites": "few"})
    sent(client, form, sites="few")
    leads.update(lead, values={"custom.sites": "1000_plus"}, by=bob)

    (facts,) = [entry.shown.facts for entry in for_lead(lead, bob).entries if entry.shown.facts][:1]

    assert ("Sites", "Few → More than 1,000") in facts


def test_the_page_tells_her_fields_by_the_words_of_the_form(client, ada, bob, vera):
    client.force_login(bob)

    page = client.get(f"/leads/{ada.pk}/").content.decode()

    assert "More than 1,000" in page
    assert "Mornings" in page
    assert "1000_plus" not in page


def test_own_fields_are_hidden_from_who_may_not_see_contact_data(client, ada, vera):
    client.force_login(vera)

    page = client.get(f"/leads/{ada.pk}/").content.decode()

    assert "More than 1,000" not in page


def test_a_story_costs_as_many_queries_with_ten_forms_as_with_one(client, form, ada, bob):
    def cost():
        with CaptureQueriesContext(connection) as told:
            for_lead(ada, bob)
        return len(told)

    one = cost()
    for n in range(9):
        sent(client, form, client_id=f"client-1{n:03}")

    assert len(answers_of(ada, bob)) == 10
    assert cost() == one
