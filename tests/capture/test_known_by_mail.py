"""A mail of a sequence leads to a form that knows its reader, and repeats what she answered to others."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture.blocks.starts import block
from capture.models import Form, Submission
from capture.selectors import mailing
from capture.services import sharing
from leadflow.mail.merge import MergeError, compile_template
from leadflow.mail.merge_fields import catalogue, values_for
from nurturing.services.messages import words_for
from tests.capture.test_known import asking
from tests.factories.capture import published_form, token_of
from tests.factories.core import a_lead
from tests.factories.nurturing import a_sequence, mail_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def form():
    """A form that asks for a name."""
    return asking()


def naming(form):
    return f"{{{{ {sharing.merge_field(form)} }}}}"


def path_of(text):
    return re.search(r"https?://[^/]+(/f/\S+)", text).group(1)


def test_each_reader_gets_a_link_of_her_own_and_the_form_knows_her(client, form):
    step = {"subject": "Tell us more", "body": f"Here: {naming(form)} "}
    ada, bea = a_lead(first_name="Ada"), a_lead(first_name="Bea")

    links = {lead: path_of(words_for(step, lead).text) for lead in (ada, bea)}

    assert links[ada] != links[bea]
    shown = client.get(links[ada]).text
    assert ada.email in shown
    assert bea.email not in shown


@pytest.mark.parametrize("code", ["72jv978vt4", "p8bvx65h77", "1234567890"])
def test_any_code_of_a_form_can_be_named(form, code):
    Form.objects.update(public_id=code)

    made = compile_template(naming(Form.objects.get()), catalogue())

    assert f"/f/{code}/" in made.render(values_for(a_lead(), asked=made.paths))


def test_a_form_that_is_not_live_cannot_be_named_and_leads_nowhere(form):
    made = compile_template(naming(form), catalogue())
    Form.objects.update(status=Form.Status.ARCHIVED)

    assert made.render(values_for(a_lead(), asked=made.paths)) == ""
    with pytest.raises(MergeError):
        compile_template(naming(form), catalogue())


def test_a_mail_that_names_no_form_asks_nothing_about_forms(form):
    lead = a_lead()
    step = {"subject": "Hello", "body": "{{ lead.first_name }}", "programs": {}}
    for part in ("subject", "body"):
        step["programs"][part] = compile_template(step[part], catalogue()).program

    with CaptureQueriesContext(connection) as asked:
        words_for(step, lead)

    assert not any("capture_form" in one["sql"] for one in asked)


@pytest.fixture
def roof():
    """A calculator that asks for a roof and an area."""
    options = [
        {"value": "flat", "label": "A flat roof"},
        {"value": "steep", "label": "A steep one"},
    ]
    return published_form(
        block("email"),
        block("choice", label="Roof", name="roof", options=options),
        block("number", label="Area", name="area"),
        block("short_text", label="Anything else?", name="more"),
        block("url_param", label="Ref", name="ref", param="ref"),
        block("calculation", label="Yield", name="yield", formula="area * 2", unit="kWh"),
        name="Roof check",
    )


def answer(client, form, email, **answers):
    body = {"email": email, "token": token_of(form), **answers}
    assert client.post(form.public_path, body).status_code == 303
    return Submission.objects.latest("pk").lead


def told(roof, lead, *names):
    body = " / ".join(
        f'{{{{ {mailing.path_of(roof, name)} | default: "unknown" }}}}' for name in names
    )
    return words_for({"subject": "Yours", "body": body}, lead).text.splitlines()[0]


def test_a_mail_tells_her_own_newest_answers_and_results_in_words(client, roof):
    ada = answer(client, roof, "ada@a.test-mail.com", roof="flat", area="50")
    answer(client, roof, "bo@b.test-mail.com", roof="steep", area="7")
    assert told(roof, ada, "roof", "area", "yield") == "A flat roof / 50 / 100"

    answer(client, roof, "ada@a.test-mail.com", roof="steep", area="60")
    assert told(roof, ada, "roof", "yield") == "A steep one / 120"


def test_who_did_not_answer_gets_the_words_instead(roof):
    path = mailing.path_of(roof, "yield")
    step = {"subject": "Yours", "body": f'About {{{{ {path} | default: "a lot" }}}}.'}

    assert words_for(step, a_lead()).text.startswith("About a lot.")


def test_an_answer_in_the_trash_is_not_told(client, roof):
    ada = answer(client, roof, "ada@a.test-mail.com", roof="flat", area="50")
    Submission.objects.update(state=Submission.State.TRASHED)

    assert told(roof, ada, "roof") == "unknown"


@pytest.mark.parametrize("name", ["more", "ref"])
def test_abuse_C04_words_that_anybody_could_type_are_no_merge_field(roof, name):
    with pytest.raises(MergeError):
        compile_template(f"{{{{ {mailing.path_of(roof, name)} }}}}", catalogue())


def test_the_editor_of_a_sequence_offers_the_answers_of_live_forms(client, max, roof):
    sequence = a_sequence(mail_step(), publish=False)
    step = sequence.rule_set.versions.latest("number").document["steps"][0]["id"]
    client.force_login(max)

    page = client.get(f"/sequences/{sequence.pk}/", {"step": step}).text

    assert "Roof check: Yield" in page
    assert f"{{{{ {mailing.path_of(roof, 'yield')} }}}}" in page
    assert "Anything else?" not in page
