"""Taking an import back: afterwards everything is as before, and what was touched since stays."""

import pytest
from django.db import models
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.imports import services, undoing
from leadflow.imports.models import Import, ImportRow
from leadflow.insights import rollups
from leadflow.insights.models import Counted
from leadflow.models import (
    Activity,
    Company,
    Lead,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    Organisation,
)
from leadflow.services import activities, leads, notes
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db

TABLES: tuple[type[models.Model], ...] = (Lead, LeadIdentity, LeadCycle, Company)
# an edit is an edit, and what was taken back stays on record
NEVER_MIND = {"version", "is_primary"}


def picture():
    """Every row of the people and companies, without what an edit raises in any case."""
    return {
        model.__name__: {
            row.pop("id"): {k: v for k, v in row.items() if k not in NEVER_MIND}
            for row in model.objects.values()
        }
        for model in TABLES
    }


def test_an_import_of_new_people_leaves_nothing_behind(bring):
    before = picture()
    done = bring("lead", "email,phone,company\nada@a.example,+49 30 1234567,\nbo@b.example,,Bond\n")

    undone = undoing.undo_here(done, by=None)

    assert (undone.state, undone.undone, undone.kept) == ("undone", 2, 0)
    assert picture() == before
    assert not LeadScore.objects.exists()


def test_changed_people_get_their_old_values_and_addresses_back(bring):
    lead = a_lead("ada@a.example", first_name="Ada", city="")
    before = picture()
    done = bring(
        "lead",
        "id,email,first_name,city\n7,ada@a.example,Augusta,Ulm\n7,ada@second.example,Augusta,Bonn\n",
        choices={"existing": "overwrite"},
    )
    lead.refresh_from_db()
    assert (lead.email, lead.city) == ("ada@second.example", "Bonn")

    undoing.undo_here(done, by=None)

    assert picture() == before


def test_who_was_touched_since_stays_with_the_reason(bring, alice):
    done = bring("lead", "email,city\nada@a.example,\nbo@b.example,\ncy@c.example,\n")
    ada, bo, cy = (Lead.objects.get(email=f"{name}.example") for name in ("ada@a", "bo@b", "cy@c"))
    leads.update(ada, values={"city": "Ulm"}, by=alice)
    activities.plan(
        lead=bo, kind=Activity.Kind.CALL, subject="Ring", owner=alice, due_at=None, by=alice
    )

    undone = undoing.undo_here(done, by=None)

    assert (undone.undone, undone.kept) == (1, 2)
    assert not Lead.objects.filter(pk=cy.pk).exists()
    reasons = dict(ImportRow.objects.filter(undone="kept").values_list("line_no", "reason"))
    assert reasons == {
        2: "It was changed since.", 3: "Something stands on it since: activities.",
    }  # fmt: skip


def test_a_field_that_was_changed_since_stays_and_the_others_go_back(bring, alice):
    lead = a_lead("ada@a.example")
    done = bring("lead", "email,city,first_name\nada@a.example,Ulm,Ada\n")
    leads.update(lead, values={"city": "Bonn"}, by=alice)

    undone = undoing.undo_here(done, by=None)

    lead.refresh_from_db()
    assert (lead.city, lead.first_name, undone.kept) == ("Bonn", "", 1)
    assert done.rows.get().reason == "Changed since: city."


def test_a_company_made_because_of_a_person_goes_with_her_unless_somebody_else_works_there(bring):
    done = bring("lead", "email\nada@a-corp.example\nbo@b-corp.example\n")
    a_lead("eve@b-corp.example")

    undoing.undo_here(done, by=None)

    assert list(Company.objects.values_list("domain", flat=True)) == ["b-corp.example"]


def test_an_import_of_companies_is_taken_back(bring):
    a_company("Acme", city="")
    before = picture()
    done = bring("company", "name,city,website\nAcme,Ulm,acme.example\nZeta,Bonn,\n")

    undone = undoing.undo_here(done, by=None)

    assert (undone.undone, undone.kept) == (2, 0)
    assert picture() == before


def test_a_company_with_people_since_stays(bring):
    done = bring("company", "name,website\nAcme,acme.example\n")
    a_lead("ada@acme.example")

    assert undoing.undo_here(done, by=None).kept == 1


def test_the_trial_says_what_would_happen_and_does_nothing(bring, alice):
    a_lead("ada@a.example")
    done = bring("lead", "email,city\nada@a.example,Ulm\nbo@b.example,\ncy@c.example,\n")
    leads.update(Lead.objects.get(email="cy@c.example"), values={"city": "Ulm"}, by=alice)
    before = picture()

    found = undoing.trial(done)

    assert dict(found.counts) == {"put_back": 1, "removed": 1, "kept": 1}
    assert found.kept == [(4, "It was changed since.")]
    assert picture() == before
    assert found.is_whole


def test_people_who_were_taken_back_are_counted_no_more(bring, drain_events):
    done = bring("lead", "email,created\nada@a.example,2026-01-02\n")
    drain_events()
    ids = list(Lead.objects.values_list("pk", flat=True))
    assert Counted.objects.filter(subject_id__in=ids).exists()

    undoing.undo_here(done, by=None)
    drain_events()

    assert not Counted.objects.filter(subject_id__in=ids).exists()
    assert rollups.wrong_sums() == 0
    assert not Event.objects.filter(kind="lead.captured").exclude(lead_id=None).exists()


def test_a_file_that_was_taken_back_can_come_in_again(bring):
    text = "email\nada@a.example\n"
    undoing.undo_here(bring("lead", text), by=None)

    assert bring("lead", text).created == 1


def test_an_import_is_taken_back_only_once(bring):
    done = undoing.undo_here(bring("lead", "email\nada@a.example\n"), by=None)

    with pytest.raises(Conflict):
        undoing.start(Import.objects.get(pk=done.pk), by=None)


def test_taking_back_goes_on_where_it_stopped(bring, monkeypatch):
    monkeypatch.setattr(undoing, "CHUNK", 1)
    done = bring("lead", "email\nada@a.example\nbo@b.example\n")
    undoing.take_back(done, undoing._next(undoing.start(done, by=None)), by=None)
    assert Lead.objects.count() == 1

    while rows := undoing._next(done):
        undoing.take_back(done, rows, by=None)

    assert undoing.finish(done, by=None).undone == 2
    assert not Lead.objects.exists()


CELLS = {
    "id": st.sampled_from(["", "1", "2"]),
    "email": st.sampled_from(["", "a@a.example", "b@b.example", "c@gmail.com", "no address"]),
    "phone": st.sampled_from(["", "+49 30 1234567", "+49 30 7654321"]),
    "company": st.sampled_from(["", "Acme", "Zeta"]),
    "city": st.sampled_from(["", "Ulm", "Bonn"]),
    "last_name": st.sampled_from(["", "Byron"]),
}
FILES = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=6)


@settings(max_examples=25)
@given(first=FILES, second=FILES, existing=st.sampled_from(["fill", "overwrite", "skip"]))
def test_whatever_a_file_says_taking_it_back_gives_what_was_there(first, second, existing):
    from django.db import transaction

    with transaction.atomic():
        Organisation.current()
        _bring(first, "fill")
        before = picture()
        done = _bring(second, existing)

        if undoing.can_undo(done):
            assert undoing.undo_here(done, by=None).kept == 0
        assert picture() == before
        transaction.set_rollback(True)


def _bring(rows, existing):
    import io

    text = ",".join(CELLS) + "\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    imported = services.upload(entity="lead", name="x.csv", file=io.BytesIO(text.encode()), by=None)
    columns = {str(n): key for n, key in enumerate(
        ["external_id", "email", "phone", "company_name", "city", "last_name"])}  # fmt: skip
    services.plan_as(imported, columns=columns, choices={"existing": existing})
    return services.work_here(imported)


def test_tags_of_an_import_go_with_it_and_those_of_others_stay(bring, alice):
    bo = a_lead("bo@b.example")
    notes.tag_many(lead_ids=[bo.pk], names=["old"], by=alice)
    done = bring(
        "lead", "email\nada@a.example\nbo@b.example\ncy@c.example\n", choices={"tags": "fair"}
    )
    cy = Lead.objects.get(email="cy@c.example")
    notes.add(text="Called her", lead=cy, by=alice)

    undone = undoing.undo_here(done, by=alice)

    assert (undone.undone, undone.kept) == (2, 1)
    assert not Lead.objects.filter(email="ada@a.example").exists()
    assert list(bo.tags.values_list("name", flat=True)) == ["old"]
    assert list(cy.tags.values_list("name", flat=True)) == ["fair"]
