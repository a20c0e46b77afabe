"""What the stage does when something happened."""

import pytest

from capture import rules
from capture.blocks import questions
from capture.blocks.starts import STARTS, block
from capture.models import Submission
from leadflow.history.models import FieldChange
from leadflow.mail.models import Delivery
from leadflow.models import Lead
from leadflow.notifications import services
from leadflow.notifications.models import Notification
from leadflow.services import leads, merging
from tests.factories.capture import contact_blocks, contact_body

pytestmark = pytest.mark.django_db


def test_the_named_people_are_told_once(client, published, bob, drain_events):
    form = published(name="Roof")
    form.notify.add(bob)
    client.post(form.public_path, contact_body(form))

    drain_events()

    notice = Notification.objects.get(user=bob)
    assert notice.sentence == "Ada answered “Roof”"
    assert notice.url == Lead.objects.get().get_absolute_url()


def test_who_wants_a_mail_gets_one_with_a_clean_subject(client, published, bob, drain_events):
    form = published(name="Roof")
    form.notify.add(bob)
    services.choose(user=bob, choices={"form_answered": (True, True)})
    client.post(form.public_path, contact_body(form, first_name="Bob\r\nX-Evil: 1"))

    drain_events()

    mail = Delivery.objects.get(to_address="bob@crm.example")
    assert mail.subject == "Bob X-Evil: 1 answered “Roof”"


def test_nobody_is_told_of_spam(client, published, bob, drain_events):
    form = published()
    form.notify.add(bob)
    client.post(form.public_path, contact_body(form, website_url="x"))

    drain_events()

    assert not Notification.objects.exists()


def test_answers_follow_a_merged_lead(client, published, alice, drain_events):
    form = published()
    client.post(form.public_path, contact_body(form))
    loser = Lead.objects.get()
    keeper = leads.create_or_merge(email="keeper@north.example").lead
    merging.merge(survivor=keeper, loser=loser, by=alice)

    drain_events()

    assert Submission.objects.get().lead == keeper


def answer(client, form, drain_events, **answers):
    client.post(form.public_path, contact_body(form, **answers))
    drain_events()
    return Lead.objects.get(email="ada@north.example")


def test_a_form_says_how_far_down_the_funnel_its_leads_are(client, published, drain_events):
    lead = answer(client, published(funnel_position="mofu"), drain_events)

    assert lead.funnel_position == "mofu"
    change = FieldChange.objects.get(field="funnel_position")
    assert (change.old, change.new) == ("", "mofu")


def test_a_lead_goes_down_the_funnel_and_never_up(client, published, drain_events):
    for position, then in (("mofu", "mofu"), ("tofu", "mofu"), ("", "mofu"), ("bofu", "bofu")):
        form = published(funnel_position=position, name=f"Form {position}")

        assert (
            answer(client, form, drain_events, client_id=f"client-{position}-1").funnel_position
            == then
        )


def test_a_marketer_says_it_in_the_settings_of_the_form(client, published, max):
    form = published()
    client.force_login(max)

    client.post(
        f"/forms/{form.pk}/after/", {"name": form.name, "stage": "lead", "funnel_position": "bofu"}
    )

    form.refresh_from_db()
    assert form.funnel_position == "bofu"


SIZES = [{"value": "51-200", "label": "51-200"}, {"value": "1000_plus", "label": "1000+"}]


def sized(published):
    return published(
        *contact_blocks(),
        block("dropdown", label="People", name="people", save_to="company_size", options=SIZES),
    )


def test_the_chosen_size_fills_the_company(client, published, drain_events):
    lead = answer(client, sized(published), drain_events, people="51-200")

    assert lead.company.size == 51
    assert lead.answers.get(key="people").value == "51-200"


def test_abuse_A04_a_known_size_of_a_company_is_not_overwritten(client, published, drain_events):
    form = sized(published)
    lead = answer(client, form, drain_events, people="51-200")

    answer(client, form, drain_events, people="1000_plus", client_id="client-0002")

    lead.company.refresh_from_db()
    assert lead.company.size == 51


def test_the_demo_request_asks_for_the_size_and_saves_it():
    asked = {one.name: one.save_to for one in questions(STARTS["demo"].content())}

    assert asked["company_size"] == "company_size"


@pytest.mark.parametrize(
    ("value", "least"),
    [("51-200", 51), ("1000_plus", 1000), ("1,000+", 1000), (12, 12), ("many", None), (None, None),
     ("0", None), ("99999999999", None)],
)  # fmt: skip
def test_a_range_of_people_counts_from_its_lower_end(value, least):
    assert rules.least_of(value) == least
