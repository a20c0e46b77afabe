"""The research checklist of leads and companies, and notes that are research."""

import re

import pytest

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.models import Note, ResearchCheck, ResearchItem
from leadflow.services import company_merging, merging, notes, privacy, research
from leadflow.timeline.selectors import for_lead
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def website():
    return ResearchItem.objects.create(subject="company", label="The website", position=90)


@pytest.fixture
def profile():
    return ResearchItem.objects.create(subject="lead", label="The profile", hint="Look her up")


@pytest.fixture
def ann(bob):
    return a_lead(owner=bob, first_name="Ann")


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def tick(client, about, item, done="1", kind="leads", **body):
    return client.post(f"/{kind}/{about.pk}/research/{item.pk}/", {"done": done, **body}, **HTMX)


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_line_is_ticked_with_who_when_and_what(ann, profile, as_bob, bob):
    panel = tick(as_bob, ann, profile, note="Studied in Ghent")

    row = ResearchCheck.objects.get()
    assert (row.lead, row.item, row.by, row.note) == (ann, profile, bob, "Studied in Ghent")
    assert "Studied in Ghent" in text_of(panel)
    assert bob.name in text_of(panel)


def test_the_progress_is_shown(ann, profile, as_bob):
    ResearchItem.objects.exclude(pk=profile.pk).delete()
    assert "0 of 1 found out" in text_of(as_bob.get(f"/leads/{ann.pk}/research/"))

    assert "1 of 1 found out" in text_of(tick(as_bob, ann, profile))


def test_both_ways_stand_in_the_story(ann, profile, as_bob, bob):
    tick(as_bob, ann, profile, note="Studied in Ghent")
    (entry,) = for_lead(ann, bob, group="research").entries
    assert (entry.shown.text, entry.shown.quote) == ("found out: The profile", "Studied in Ghent")

    tick(as_bob, ann, profile, done="0")

    taken, told = for_lead(ann, bob, group="research").entries
    assert taken.shown.text == "took “The profile” back: it is to be found out"
    assert told.shown.quote == ""
    assert not ResearchCheck.objects.exists()


def test_two_ticks_are_one_and_the_same_note_is_told_once(ann, profile, bob):
    for _press in range(2):
        research.check(item=profile, about=ann, note="Chess", by=bob)

    assert ResearchCheck.objects.count() == 1
    assert Event.objects.filter(kind="research.checked").count() == 1


def test_a_new_note_takes_the_place_of_the_old(ann, profile, bob, mia):
    research.check(item=profile, about=ann, note="Chess", by=bob)
    research.check(item=profile, about=ann, note="Go", by=mia)

    row = ResearchCheck.objects.get()
    assert (row.note, row.by) == ("Go", mia)


def test_a_line_of_the_other_list_or_put_away_is_refused(ann, profile, website, bob):
    with pytest.raises(Conflict):
        research.check(item=website, about=ann, by=bob)

    profile.is_archived = True
    with pytest.raises(Conflict):
        research.check(item=profile, about=ann, by=bob)


def test_what_was_ticked_stays_when_its_line_is_put_away(ann, profile, as_bob, bob):
    other = a_lead(owner=bob)
    tick(as_bob, ann, profile)
    ResearchItem.objects.filter(pk=profile.pk).update(is_archived=True)

    assert "The profile" in text_of(as_bob.get(f"/leads/{ann.pk}/research/"))
    assert "The profile" not in text_of(as_bob.get(f"/leads/{other.pk}/research/"))


def test_a_company_has_a_list_of_its_own(website, profile, as_bob):
    firm = a_company("Acme")

    panel = tick(as_bob, firm, website, kind="companies", note="Makes roofs")

    assert "Makes roofs" in text_of(panel)
    assert "The profile" not in text_of(panel)
    story = as_bob.get(f"/companies/{firm.pk}/story/?group=research")
    assert "found out: The website" in text_of(story)
    assert "found out" in text_of(as_bob.get(f"/companies/{firm.pk}/story/?q=roofs"))
    assert "found out" not in text_of(as_bob.get(f"/companies/{firm.pk}/story/?q=cars"))


def test_without_script_the_page_comes_back(ann, profile, as_bob):
    answer = as_bob.post(f"/leads/{ann.pk}/research/{profile.pk}/", {"done": "1"})

    assert answer["Location"] == f"/leads/{ann.pk}/#research"


def test_a_reader_sees_the_list_and_ticks_nothing(client, vera, ann, profile):
    client.force_login(vera)

    assert "lf-tick" in client.get(f"/leads/{ann.pk}/research/").content.decode()
    assert "<form" not in client.get(f"/leads/{ann.pk}/research/", **HTMX).content.decode()
    assert tick(client, ann, profile).status_code == 403


def test_abuse_E02_nobody_ticks_for_a_lead_out_of_reach(client, carl, ann, profile):
    client.force_login(carl)

    assert client.get(f"/leads/{ann.pk}/research/").status_code == 404
    assert tick(client, ann, profile).status_code == 404
    assert not ResearchCheck.objects.exists()


def test_merged_people_keep_what_was_found_out_of_either(ann, profile, bob, alice):
    other = a_lead(owner=bob)
    second = ResearchItem.objects.create(subject="lead", label="A friend")
    research.check(item=profile, about=ann, note="Mine", by=bob)
    research.check(item=profile, about=other, note="Hers", by=bob)
    research.check(item=second, about=other, by=bob)

    kept = merging.merge(survivor=ann, loser=other, by=alice)

    found = dict(ResearchCheck.objects.filter(lead=kept).values_list("item__label", "note"))
    assert found == {"The profile": "Mine", "A friend": ""}


def test_merged_companies_keep_what_was_found_out_of_either(website, bob, alice):
    keep, gone = a_company("Acme"), a_company("Acme AG")
    research.check(item=website, about=gone, note="Roofs", by=bob)

    made = company_merging.merge(survivor=keep, loser=gone, by=alice)

    assert ResearchCheck.objects.get().company == made


def test_an_erased_person_takes_her_research_along(ann, profile, bob, alice):
    research.check(item=profile, about=ann, note="Chess", by=bob)
    assert privacy.export(ann)["researchcheck"][0]["note"] == "Chess"

    privacy.erase(lead=ann, by=alice)

    assert not ResearchCheck.objects.exists()
    assert "The profile" not in str(Event.objects.values_list("data", flat=True))


def test_a_note_may_be_research(ann, as_bob, bob):
    body = {"note-text": "Builds in Spain", "note-is_research": "on"}
    as_bob.post(f"/leads/{ann.pk}/note/", body)
    notes.add(text="Called back", lead=ann, by=bob)

    assert Note.objects.get(kind="research").text == "Builds in Spain"
    (entry,) = for_lead(ann, bob, group="research").entries
    assert entry.shown.text == "wrote a research note"


def test_a_company_takes_notes_too(as_bob):
    firm = a_company("Acme")

    as_bob.post(f"/companies/{firm.pk}/note/", {"note-text": "Exports", "note-is_research": "on"})

    note = Note.objects.get()
    assert (note.company, note.kind) == (firm, "research")
    assert "Exports" in text_of(as_bob.get(f"/companies/{firm.pk}/story/"))


def test_an_empty_note_is_refused(as_bob):
    firm = a_company("Acme")

    assert as_bob.post(f"/companies/{firm.pk}/note/", {"note-text": " "}).status_code == 422


def test_an_admin_keeps_the_list_and_each_change_is_on_record(client, alice, profile):
    client.force_login(alice)

    body = {"subject": "lead", "label": "Her hobby", "hint": "Ask", "position": 3}
    client.post("/settings/research/new/", body)
    client.post(f"/settings/research/{profile.pk}/archive/", {})

    assert ResearchItem.objects.get(label="Her hobby").hint == "Ask"
    assert ResearchItem.objects.get(pk=profile.pk).is_archived
    assert Event.objects.filter(kind="setting.changed").count() == 2


def test_a_line_stands_once_on_a_list(client, alice, profile):
    client.force_login(alice)

    body = {"subject": "lead", "label": "The profile", "position": 3}
    answer = client.post("/settings/research/new/", body)

    assert "The list has this line already." in text_of(answer)


def test_the_panel_costs_the_same_however_much_is_ticked(
    ann, bob, as_bob, django_assert_max_num_queries
):
    for number in range(12):
        item = ResearchItem.objects.create(subject="lead", label=f"Line {number}")
        research.check(item=item, about=ann, by=bob)
    as_bob.get(f"/leads/{ann.pk}/research/", **HTMX)

    with django_assert_max_num_queries(9):
        as_bob.get(f"/leads/{ann.pk}/research/", **HTMX)
