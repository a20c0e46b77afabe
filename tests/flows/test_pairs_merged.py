"""Many pairs merged in one go: a preview first, then a run, and the whole go taken back."""

import pytest

from leadflow.errors import Conflict, Invalid
from leadflow.models import Company, CompanyTwin, Lead, Merge, Twin
from leadflow.runs import leasing, services, working
from leadflow.runs.models import Run
from leadflow.services import (
    company_duplicates,
    duplicates,
    leads,
    merging,
    merging_batches,
    unmerging,
)
from leadflow.services.merging_batches import COMPANIES, LEADS
from tests.factories.core import NOON, a_company, a_lead, a_team, a_user
from tests.flows.test_unmerge import differing, picture

pytestmark = pytest.mark.django_db
ALL = {"first": 0, "last": 10**12}


def called(first, last, phone, **more):
    return a_lead(first_name=first, last_name=last, phone=phone, **more)


@pytest.fixture
def people(drain_events):
    """Two sure pairs, and one that wants a look."""
    rows = [
        called("Jon", "Smith", "+4930123456"),
        called("Jon", "Smith", "+4930123456", city="Ulm"),
        called("Ann", "Lee", "+4930123457"),
        called("Ann", "Lee", "+4930123457"),
        called("Jane", "Parker", "+4930123458"),
        called("Jan", "Parker", "+4930123458"),
    ]
    duplicates.find(**ALL)
    drain_events()
    return rows


def twins():
    return list(Twin.objects.order_by("-score", "-pk").values_list("pk", flat=True))


def run_to_its_end(run):
    working.execute(leasing.claim(heavy=True, run_id=run.pk))
    run.refresh_from_db()
    return run


def test_a_preview_says_how_many_are_sure_and_what_is_left(people, alice):
    found = merging_batches.preview(LEADS, user=alice, ids=twins())

    assert (len(found.pairs), len(found.sure), found.unsure, found.into) == (3, 2, 1, 3)


def test_all_sure_pairs_are_offered_without_picking_them(people, alice):
    found = merging_batches.preview(LEADS, user=alice, ids=None)

    assert (len(found.pairs), found.unsure) == (2, 0)


def test_a_go_merges_the_pairs_and_counts_them(people, alice):
    run = run_to_its_end(merging_batches.start(LEADS, ids=twins(), by=alice))

    assert (run.state, run.progress, run.result["merged"], run.result["left"]) == ("done", 3, 3, [])
    assert Lead.objects.living().count() == 3
    assert set(Merge.objects.values_list("batch", "by")) == {(run.pk, alice.pk)}


def test_a_whole_go_taken_back_leaves_everybody_as_they_were(people, alice, drain_events):
    before = picture()
    batch = run_to_its_end(merging_batches.start(LEADS, ids=twins(), by=alice))
    drain_events()
    assert Lead.objects.living().count() == 3

    back = run_to_its_end(merging_batches.take_back(LEADS, batch=batch, by=alice))
    drain_events()

    assert (back.state, back.result) == ("done", {"undone": 3, "left": []})
    assert differing(before, picture()) == []


def test_pairs_that_hang_together_become_one_and_come_apart_again(alice, drain_events):
    for city in ("", "Ulm", "Bonn", ""):
        called("Jo", "Doe", "+4930123456", city=city)
    duplicates.find(**ALL)
    drain_events()
    before = picture()
    assert merging_batches.preview(LEADS, user=alice, ids=None).into == 1

    batch = run_to_its_end(merging_batches.start(LEADS, ids=twins(), by=alice))
    drain_events()

    assert (Lead.objects.living().count(), Merge.objects.count()) == (1, 3)
    run_to_its_end(merging_batches.take_back(LEADS, batch=batch, by=alice))
    drain_events()
    assert differing(before, picture()) == []


def test_a_pair_that_was_settled_meanwhile_is_left_with_its_reason(people, alice):
    run = merging_batches.start(LEADS, ids=twins(), by=alice)
    leads.trash_many(lead_ids=[people[0].pk], by=alice)

    run_to_its_end(run)

    assert run.result["merged"] == 2
    assert "gone" in run.result["left"][0]["why"]


def test_a_go_killed_between_two_pairs_goes_on_where_it_was(people, alice, monkeypatch):
    monkeypatch.setattr(merging_batches, "CHUNK", 1)
    run = merging_batches.start(LEADS, ids=twins(), by=alice)
    whole = merging.merge
    calls = []

    def dies_at_the_second(**given):
        calls.append(given)
        if len(calls) == 2:
            raise SystemExit
        return whole(**given)

    broken = {**vars(LEADS), "merge": dies_at_the_second}
    monkeypatch.setitem(merging_batches.SUBJECTS, "lead", merging_batches.Subject(**broken))
    with pytest.raises(SystemExit):
        working.execute(leasing.claim(heavy=True, run_id=run.pk))
    assert Merge.objects.count() == 1

    run_to_its_end(run)

    assert (run.result["merged"], Merge.objects.count()) == (3, 3)


def test_a_merge_that_was_taken_apart_by_hand_is_not_taken_apart_twice(people, alice, drain_events):
    batch = run_to_its_end(merging_batches.start(LEADS, ids=twins(), by=alice))
    drain_events()
    unmerging.unmerge(merge=Merge.objects.first(), by=alice)

    back = run_to_its_end(merging_batches.take_back(LEADS, batch=batch, by=alice))

    assert back.result == {"undone": 2, "left": []}
    with pytest.raises(Conflict, match="Nothing of it"):
        merging_batches.take_back(LEADS, batch=batch, by=alice)


def test_nothing_and_too_much_are_refused(people, alice, monkeypatch):
    with pytest.raises(Invalid, match="at least one"):
        merging_batches.start(LEADS, ids=[], by=alice)
    monkeypatch.setattr(merging_batches, "MOST", 1)
    with pytest.raises(Invalid, match="up to 1"):
        merging_batches.start(LEADS, ids=twins(), by=alice)


def test_one_go_runs_at_a_time(people, alice):
    merging_batches.start(LEADS, ids=twins()[:1], by=alice)

    with pytest.raises(Conflict):
        merging_batches.start(LEADS, ids=twins()[1:], by=alice)


def test_companies_are_merged_in_one_go_and_taken_back(alice, drain_events):
    for name in ("Acme GmbH", "ACME", "Acme, Inc.", "Zeta AG", "Zeta"):
        a_company(name)
    company_duplicates.find(**ALL)
    ids = CompanyTwin.objects.values_list("pk", flat=True)

    batch = run_to_its_end(merging_batches.start(COMPANIES, ids=ids, by=alice))
    drain_events()

    assert Company.objects.living().count() == 2
    run_to_its_end(merging_batches.take_back(COMPANIES, batch=batch, by=alice))
    assert Company.objects.living().count() == 5


def test_a_manager_ticks_pairs_looks_at_them_merges_and_takes_back(
    client, alice, people, drain_events
):
    client.force_login(alice)
    queue = client.get("/leads/duplicates/").content.decode()
    assert "Merge the 2 sure ones" in queue
    shown = client.get("/leads/duplicates/merge/", {"ids": twins()}).content.decode()
    assert ("3 pairs become 3" in shown, "2 are sure" in shown) == (True, True)

    answer = client.post("/leads/duplicates/merge/", {"ids": twins()})

    run = Run.objects.get(kind=merging_batches.MERGE)
    assert answer.headers["Location"] == f"/leads/duplicates/done/{run.pk}/"
    assert "0 of 3 pairs" in client.get(answer.headers["Location"]).content.decode()
    run_to_its_end(run)
    drain_events()
    assert "3 pairs merged" in client.get(answer.headers["Location"]).content.decode()
    client.post(f"/leads/duplicates/done/{run.pk}/back/")
    run_to_its_end(Run.objects.get(kind=merging_batches.UNMERGE))
    assert "All taken apart" in client.get(answer.headers["Location"]).content.decode()


def test_nobody_ticked_leads_back_to_the_queue_with_a_word(client, alice, people):
    client.force_login(alice)

    answer = client.get("/leads/duplicates/merge/")

    assert answer.headers["Location"] == "/leads/duplicates/"
    assert "tick their boxes" in client.get("/leads/duplicates/").content.decode()


def test_pairs_of_others_cannot_be_merged_by_their_number(client, mia, people):
    other = a_user(team=a_team("Elsewhere"))
    Lead.objects.update(owner=other, team=other.memberships.get().team, assigned_at=NOON)
    client.force_login(mia)

    answer = client.post("/leads/duplicates/merge/", {"ids": twins()})

    assert answer.status_code == 422
    assert not Run.objects.filter(kind=merging_batches.MERGE).exists()


def test_a_cancelled_go_can_be_taken_back_as_well(people, alice, drain_events, monkeypatch):
    monkeypatch.setattr(merging_batches, "CHUNK", 1)
    run = merging_batches.start(LEADS, ids=twins(), by=alice)
    claimed = leasing.claim(heavy=True, run_id=run.pk)
    whole = merging.merge

    def called_off(**given):
        services.cancel(run, by=alice)
        return whole(**given)

    monkeypatch.setitem(
        merging_batches.SUBJECTS, "lead",
        merging_batches.Subject(**{**vars(LEADS), "merge": called_off}),
    )  # fmt: skip
    working.execute(claimed)
    run.refresh_from_db()
    assert (run.state, Merge.objects.count()) == ("cancelled", 1)
    drain_events()

    run_to_its_end(merging_batches.take_back(LEADS, batch=run, by=alice))

    assert not Merge.objects.filter(undone_at=None).exists()
