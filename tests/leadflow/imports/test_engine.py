"""The engine: every line accounted for, nothing twice, nothing half."""

import io

import pytest

from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.imports import ledger, services
from leadflow.imports.models import Import, ImportRow
from leadflow.models import Company, Lead
from leadflow.people.models import Team, User
from tests.factories.core import a_lead

PEOPLE = (
    "email,first_name,company,created\nada@a.example,Ada,Analytic,2020-01-02\nbad address,Bo,,\n"
)


def states(imported):
    return list(imported.rows.order_by("line_no").values_list("line_no", "state"))


def test_columns_are_guessed_from_their_names(bring):
    done = bring("lead", PEOPLE)
    assert done.mapping == {
        "0": "email",
        "1": "first_name",
        "2": "company_name",
        "3": "captured_on",
    }


def test_a_column_of_addresses_is_taken_for_the_email(db):
    file = io.BytesIO(b"Kontakt,Vorname\nada@a.example,Ada\n")
    done = services.upload(entity="lead", name="x.csv", file=file, by=None)
    assert done.mapping["0"] == "email"


def test_the_ledger_adds_up_and_names_each_rejected_line(bring):
    done = bring("lead", PEOPLE)
    assert (done.lines, done.counted, done.created, done.failed) == (2, 2, 1, 1)
    assert states(done) == [(2, "created"), (3, "failed")]
    assert "email" in done.rows.get(line_no=3).reason


def test_one_bad_line_does_not_take_the_others_with_it(bring):
    good = "".join(f"p{n}@x{n}.example,{n}\n" for n in range(50))
    done = bring("lead", f"email,first_name\n{good}p@y.example,{'x' * 500}\n")
    assert (done.created, done.failed) == (50, 1)


def test_a_person_twice_in_a_file_is_one_lead(bring):
    done = bring("lead", "email,city\nADA@a.example,\nada@a.example,Ulm\n")
    assert (done.created, done.updated) == (1, 1)
    assert Lead.objects.get().city == "Ulm"


def test_importing_again_creates_nothing_and_records_nothing(bring):
    bring("lead", PEOPLE)
    before = Event.objects.exclude(kind="import.finished").count()
    again = bring("lead", PEOPLE)
    assert (again.created, again.unchanged, again.failed) == (0, 1, 1)
    assert Event.objects.exclude(kind="import.finished").count() == before


def test_facts_carry_the_time_of_the_file_and_the_mark_of_an_import(bring):
    bring("lead", PEOPLE)
    event = Event.objects.get(kind="lead.captured")
    assert (event.origin, event.occurred_at.date().isoformat()) == ("import", "2020-01-02")
    assert Lead.objects.get().created_at.date().isoformat() == "2020-01-02"


def test_treating_as_new_leads_makes_them_live(bring):
    bring("lead", PEOPLE, choices={"as_new": True})
    assert Event.objects.get(kind="lead.captured").origin == "live"


def test_blanks_are_filled_and_nothing_is_overwritten_unless_chosen(bring):
    lead = a_lead("ada@a.example", first_name="Ada")
    text = "email,first_name,city\nada@a.example,Adele,Ulm\n"
    bring("lead", text)
    lead.refresh_from_db()
    assert (lead.first_name, lead.city) == ("Ada", "Ulm")
    bring("lead", text, choices={"existing": "overwrite"})
    lead.refresh_from_db()
    assert lead.first_name == "Adele"


def test_known_people_are_skipped_where_chosen(bring):
    a_lead("ada@a.example")
    assert bring("lead", PEOPLE, choices={"existing": "skip"}).skipped == 1


def test_unknown_people_are_skipped_where_only_updates_are_wanted(bring):
    assert bring("lead", PEOPLE, choices={"create": False}).skipped == 1


def test_a_manager_cannot_change_a_person_of_another_team(bring, mia, carl):
    a_lead("ada@a.example", owner=carl)
    done = bring("lead", "email,city\nada@a.example,Ulm\n", by=mia)
    assert (done.failed, Lead.objects.get().city) == (1, "")


def test_a_manager_cannot_give_leads_to_another_team(bring, mia, carl):
    done = bring("lead", f"email,owner\nada@a.example,{carl.name}\n", by=mia)
    assert done.failed == 1


def test_a_marketer_cannot_bring_in_people_who_work_here(db, max):
    from leadflow.errors import NotAllowed

    with pytest.raises(NotAllowed):
        services.upload(entity="user", name="u.csv", file=io.BytesIO(b"name\nEve\n"), by=max)


def test_an_interrupted_import_goes_on_where_it_stopped(db):
    rows = "".join(f"p{n}@x.example\n" for n in range(7))
    file = io.BytesIO(f"email\n{rows}".encode())
    imported = services.upload(entity="lead", name="x.csv", file=file, by=None)
    imported.state = Import.State.RUNNING
    imported.save()
    services.measure(imported)
    services.take(imported, next(services.waiting(imported, size=3)))
    resumed = services.work_here(Import.objects.get(pk=imported.pk))
    assert (resumed.created, Lead.objects.count()) == (7, 7)


def test_a_trial_says_what_would_happen_and_leaves_nothing(db):
    file = io.BytesIO(PEOPLE.encode())
    imported = services.upload(entity="lead", name="x.csv", file=file, by=None)
    trial = services.trial(imported)
    assert dict(trial.counts) == {"created": 1, "failed": 1}
    assert not Lead.objects.exists()
    assert not Company.objects.exists()
    assert not Event.objects.exists()


def test_a_started_import_cannot_be_planned_anew(bring):
    with pytest.raises(Conflict):
        services.plan_as(bring("lead", PEOPLE), choices={})


def test_a_field_that_every_row_needs_has_to_be_mapped(db):
    file = io.BytesIO(b"x,y\n1,2\n")
    imported = services.upload(entity="company", name="x.csv", file=file, by=None)
    with pytest.raises(Invalid, match="Name"):
        services.plan_as(imported, columns={})


def test_the_rejected_lines_come_back_as_they_were_with_the_reason(bring):
    done = bring("lead", "email,first_name\nno address,=1+1\n")
    text = "".join(ledger.rejected(done))
    header, line = text.removeprefix("\ufeff").splitlines()
    assert header == "email,first_name,line,reason"
    assert line.startswith("no address,'=1+1,2,")


def test_a_line_with_more_cells_than_the_heading_is_rejected(bring):
    assert bring("company", "name,city\nAcme,Ulm,too much\n").failed == 1


def test_owners_come_without_sign_in_and_managers_become_teams(bring):
    bring("user", "sales agent,manager,regional office\nAnn Lee,Dot Brink,Central\n")
    ann = User.objects.get(name="Ann Lee")
    assert (ann.email, ann.can_sign_in) == (None, False)
    assert ann.teams.get() == Team.objects.get(name="Dot Brink", office="Central")


def test_a_parent_that_comes_later_in_the_file_is_one_company(bring):
    bring("company", "account,subsidiary of\nSmall,Big\nBig,\n")
    assert Company.objects.get(name="Small").parent == Company.objects.get(name="Big")


def test_the_stored_file_goes_once_the_ledger_has_its_lines(bring):
    done = bring("lead", PEOPLE)
    assert not done.file
    assert ImportRow.objects.filter(imported=done).count() == 2


def test_deals_without_an_id_are_known_by_their_line_in_the_same_file(bring):
    text = "deal,stage\nBig one,Won\nBig one,Won\n"
    assert bring("deal", text).created == 2
    assert bring("deal", text).unchanged == 2


def tags_of(email):
    return sorted(Lead.objects.get(email=email).tags.values_list("name", flat=True))


def test_people_get_the_tags_of_their_line_and_those_of_the_file(bring):
    text = 'email,tags\nada@a.example,"fair, partner"\nbo@b.example,\n'
    done = bring("lead", text, choices={"tags": "2026; partner"})

    assert (tags_of("ada@a.example"), tags_of("bo@b.example")) == (
        ["2026", "fair", "partner"], ["2026", "partner"],
    )  # fmt: skip
    assert done.created == 2
    again = bring("lead", "email,tags\nada@a.example,fair\nbo@b.example,fair\n")
    assert (again.unchanged, again.updated) == (1, 1)
