"""Designs: published once, used by steps and broadcasts, sent as one message among others."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.assets.models import ContentItem, Reading
from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.mail.compose import compose
from leadflow.mail.design import reading, services
from leadflow.mail.design.starts import STARTS
from leadflow.mail.design.starts.parts import block
from leadflow.mail.models import Delivery, MailBrand, MailSnippet
from leadflow.models import CustomField, Organisation
from nurturing.services import advancing, broadcasts, documents, enrolment, sequences
from nurturing.services.messages import words_for
from tests.factories.core import NOON
from tests.factories.designs import a_design, a_document
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence, cast, mail_step

pytestmark = pytest.mark.django_db


def step_of(design, **fields):
    return mail_step("", "", design=design.pk, **fields)


def sent_of(*leads, **fields):
    """The deliveries of a sequence of one designed mail."""
    sequence = a_sequence(
        step_of(a_design(**fields) if "design" not in fields else fields["design"])
    )
    enrolment.enrol_many(sequence=sequence, lead_ids=[one.pk for one in leads], by=None, at=NOON)
    while advancing.advance_due(at=NOON):
        pass
    return list(Delivery.objects.order_by("id"))


def test_publishing_lays_a_design_out_and_names_what_is_missing():
    design = a_design(block("button", button="Go", url="nowhere"), publish=False, subject="")

    with pytest.raises(Invalid) as refused:
        services.publish(design=design, by=None)

    told = {(one["block"], one["path"]) for one in refused.value.context["problems"]}
    button = design.draft["pages"][0]["blocks"][0]["id"]
    assert told == {(button, f"{button}.url"), ("", "settings.subject")}


def test_a_wrong_field_is_named_with_its_block_line_and_column():
    design = a_design(block("text", text="One\nTwo {{ lead.shoe }}"), publish=False)

    with pytest.raises(Invalid) as refused:
        services.publish(design=design, by=None)

    [problem] = refused.value.context["problems"]
    assert "Line 2, column 8" in problem["message"]
    assert problem["block"] == design.draft["pages"][0]["blocks"][0]["id"]


def test_the_mail_of_a_step_is_its_design(drain_events):
    lead = a_reader(first_name="Ann")
    design = a_design(
        block("text", text="Hello {{ lead.first_name }}."),
        block("button", button="Look", url="https://shop.example/?a=1"),
        subject="For {{ lead.first_name }}", preheader="A short one",
    )  # fmt: skip

    [delivery] = sent_of(lead, design=design)
    made = compose(delivery)

    assert delivery.subject == "For Ann"
    assert "Hello Ann." in made.html
    assert "Hello Ann." in made.text
    assert "A short one" in made.html
    assert "/u/" in made.html
    assert "1 Mill Lane" in made.html
    assert "<!--lf:foot-->" not in made.html
    assert "<title>For Ann</title>" in made.html
    assert 'href="https://shop.example' not in made.html  # it leads through its counter
    assert "https://shop.example/?a=1" in [target for target, _url in made.targets]
    assert "shop.example" not in made.text.split("Look <")[1].split(">")[0]


def test_a_published_sequence_keeps_the_design_as_it_was():
    design = a_design(block("text", text="As it was."))
    sequence = a_sequence(step_of(design))
    design.draft = a_document(block("text", text="As it became."))
    design.save()
    services.publish(design=design, by=None)

    [step] = sequence.rule_set.versions.get().document["steps"]
    assert "As it was." in words_for(step, a_reader()).text

    sequences.save_draft(sequence, document=sequence.rule_set.versions.get().document, by=None)
    sequences.publish(sequence, by=None)
    [step] = sequence.rule_set.versions.order_by("-number").first().document["steps"]
    assert "As it became." in words_for(step, a_reader()).text


def test_publishing_a_sequence_takes_over_what_was_published_since_the_draft():
    design = a_design(block("text", text="As it was."))
    sequence = a_sequence(step_of(design), publish=False)
    design.draft = a_document(block("text", text="As it became."))
    design.save()
    services.publish(design=design, by=None)

    sequences.publish(sequence, by=None)

    [step] = sequence.rule_set.versions.get().document["steps"]
    assert "As it became." in words_for(step, a_reader()).text


def test_what_a_step_says_itself_goes_before_what_its_design_proposes():
    design = a_design(subject="Of the design", preheader="Of the design")
    step = documents.compiled({"steps": [step_of(design) | {"subject": "Of the step"}]})["steps"][0]

    words = words_for(step, a_reader())

    assert (words.subject, words.preheader) == ("Of the step", "Of the design")


def test_an_unpublished_design_keeps_a_sequence_from_being_published():
    sequence = a_sequence(step_of(a_design(publish=False)), publish=False)

    with pytest.raises(Invalid, match="Publish the design"):
        sequences.publish(sequence, by=None)


def test_the_links_of_a_designed_broadcast_carry_the_campaign():
    lead = a_reader()
    design = a_design(
        block("button", button="Go", url="https://shop.example/"),
        block("text", text="[Mail](mailto:a@b.example)"),
    )

    row = cast(a_broadcast(lead, subject="", body="", design=design))

    delivery = Delivery.objects.get(key=f"broadcast:{row.pk}:lead:{lead.pk}")
    assert "utm_medium=email" in delivery.html
    assert "utm_medium=email" in delivery.text
    assert 'href="mailto:a@b.example"' in delivery.html


def test_rules_stages_and_picks_of_many_readers_cost_a_fixed_number_of_queries(
    django_assert_num_queries,
):
    asks = {
        "stage": True,
        "rules": {"when.k0": {"all": [{"field": "lead.city", "op": "is", "value": "Ghent"}]}},
        "picks": {"pick.k1": {"topic": ""}},
    }
    ContentItem.objects.create(title="One", url="https://a.example/", place="a.example/")
    leads = [a_reader(city="Ghent"), *(a_reader() for _n in range(4))]
    reading.values_for(asks, leads[:1], at=NOON)  # what is read once for all stands ready
    with CaptureQueriesContext(connection) as for_one:
        reading.values_for(asks, leads[:1], at=NOON)

    with django_assert_num_queries(len(for_one)):
        found = reading.values_for(asks, leads, at=NOON)

    assert [found[lead.pk]["when.k0"] for lead in leads] == [True, False, False, False, False]


def test_a_reader_is_shown_the_newest_piece_for_her_stage_that_she_has_not_seen():
    new, old, other = (
        ContentItem.objects.create(
            title=title,
            url=f"https://a.example/{title}",
            place=f"a.example/{title}",
            buyer_stage=stage,
        )
        for title, stage in (("new", "awareness"), ("old", "awareness"), ("other", "decision"))
    )
    ContentItem.objects.filter(pk=old.pk).update(created_at=NOON.replace(year=2020))
    ann, bea = a_reader(buyer_stage="awareness"), a_reader(buyer_stage="awareness")
    Reading.objects.create(item=new, key="visit:1", how="visit", lead=bea, seen_at=NOON)
    cid = a_reader(buyer_stage="consideration")

    found = reading.values_for(
        {"picks": {"pick.k0": {"topic": ""}}}, [ann, bea, cid], at=clock.now()
    )

    assert found[ann.pk]["pick.k0.title"] == "new"
    assert found[bea.pk]["pick.k0.title"] == "old"
    assert found[cid.pk] == {}
    assert other.title == "other"


def test_a_block_whose_rule_asks_for_a_field_that_is_gone_is_shown_to_nobody():
    lead = a_reader()

    found = reading.values_for(
        {"rules": {"when.k0": {"all": [{"field": "gone", "op": "is", "value": 1}]}}},
        [lead],
        at=NOON,
    )

    assert not found[lead.pk].get("when.k0")


@pytest.mark.parametrize("key", STARTS)
def test_each_template_of_the_gallery_can_be_published_once_its_links_lead_home(key):
    MailBrand.objects.create(pk=1, site_url="https://www.ours.test-mail.com")
    design = services.create(name="", start=key, by=None)

    if key == "blank":
        with pytest.raises(Invalid):
            services.publish(design=design, by=None)
        return
    version = services.publish(design=design, by=None)

    assert set(version.programs) >= {"subject", "preheader", "body", "html", "asks"}


def test_the_gallery_holds_fifteen_templates_and_more():
    assert len(STARTS) > 15


def test_a_snippet_is_offered_in_every_design_and_its_blocks_are_copied():
    design = a_design(block("heading", title="A"), block("text", text="B"), block("divider"))
    ids = [row["id"] for row in design.draft["pages"][0]["blocks"][:2]]

    services.save_snippet(design=design, blocks_chosen=ids, name="Ours", by=None)

    [starter] = [
        row for row in a_design().blocks().as_json()["palette"] if row["group"] == "snippets"
    ]
    assert [row["type"] for row in starter["blocks"]] == ["heading", "text"]
    with pytest.raises(Invalid):
        services.save_snippet(design=design, blocks_chosen=ids, name="Ours", by=None)
    assert MailSnippet.objects.count() == 1


def test_a_design_that_was_put_away_is_offered_no_longer_and_goes_on_where_it_is_used():
    design = a_design()
    step = documents.compiled({"steps": [step_of(design)]})["steps"][0]

    services.put_away(design=design, by=None)

    assert (design.pk, design.name) not in services.choosable()
    assert words_for(step, a_reader()).subject == "Hello from a design"
    with pytest.raises(Conflict):
        services.publish(design=design, by=None)


def test_a_copied_broadcast_keeps_its_design():
    row = a_broadcast(a_reader(), subject="", body="", design=a_design())

    assert broadcasts.duplicate(row, by=None).design_id == row.design_id


def test_abuse_C12_a_designed_mail_without_a_postal_address_is_refused():
    sequence = a_sequence(step_of(a_design()), publish=False)
    organisation = Organisation.current()
    organisation.postal_address = ""
    organisation.save()

    with pytest.raises(Invalid, match="postal address"):
        sequences.publish(sequence, by=None)


def test_a_link_of_a_template_that_still_leads_to_an_example_is_named():
    design = services.create(name="", start="no_show", by=None)

    with pytest.raises(Invalid) as refused:
        services.publish(design=design, by=None)

    assert [one["message"] for one in refused.value.context["problems"]] == [
        "Write your own address here: this one is an example."
    ]


def test_publishing_is_a_fact_that_names_the_version():
    design = a_design()

    services.rollback(design=design, number=1, by=None)

    told = Event.objects.filter(kind="design.published").order_by("id")
    assert [(one.data["number"], one.data["rolled_back"]) for one in told] == [
        (1, False),
        (2, True),
    ]


def test_own_fields_and_answers_can_be_inserted():
    CustomField.objects.create(subject="lead", key="roof_size", label="Roof size", type="number")

    assert ("Roof size", "{{ lead.custom.roof_size }}") in services.merge_choices()
