"""Buying roles: one per person and deal, on record, and whole again after merges."""

import pytest

from leadflow.errors import Conflict, Invalid
from leadflow.events import relay
from leadflow.events.models import Event
from leadflow.models import Merge
from leadflow.services import leads, merging, privacy, unmerging
from leadflow.timeline import selectors as timeline
from pipeline.models import DealPerson
from pipeline.selectors import people
from pipeline.services import roles
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def held(deal):
    return dict(DealPerson.objects.filter(deal=deal).values_list("lead", "role"))


def test_a_person_has_one_role_in_a_deal_and_every_change_is_told_once(bob):
    deal, ann = make.deal(bob, name="Roof"), make.lead(bob, first_name="Ann")

    for role in ("champion", "champion", "decision_maker"):
        roles.give(deal=deal, lead=ann, role=role, by=bob)
    was = held(deal)
    taken = [roles.take(deal=deal, lead=ann, by=bob) for _twice in range(2)]

    told = Event.objects.filter(kind="role.changed").order_by("pk")
    assert was == {ann.pk: "decision_maker"}
    assert (taken, held(deal)) == ([True, False], {})
    assert [(e.data["from"], e.data["to"], e.lead_id) for e in told] == [
        (None, "champion", ann.pk),
        ("champion", "decision_maker", ann.pk),
        ("decision_maker", None, ann.pk),
    ]
    shown = [entry.shown.text for entry in timeline.entries_of(list(told), bob)]
    assert shown[1].endswith("as Decision maker in “Roof”")


def test_a_role_that_there_is_not_and_a_person_who_went_are_refused(bob):
    deal, ann = make.deal(bob), make.lead(bob)

    with pytest.raises(Invalid):
        roles.give(deal=deal, lead=ann, role="boss", by=bob)
    leads.trash_many(lead_ids=[ann.pk], by=bob)
    ann.refresh_from_db()
    with pytest.raises(Conflict):
        roles.give(deal=deal, lead=ann, role="user", by=bob)

    assert not Event.objects.filter(kind="role.changed").exists()


def test_merged_people_keep_one_role_in_each_deal_and_get_both_back(bob, drain_events):
    both, hers = make.deal(bob), make.deal(bob)
    ann, ben = make.lead(bob, first_name="Ann"), make.lead(bob, first_name="Ben")
    roles.give(deal=both, lead=ann, role="champion", by=bob)
    roles.give(deal=both, lead=ben, role="blocker", by=bob)
    roles.give(deal=hers, lead=ben, role="user", by=bob)
    before = list(DealPerson.objects.order_by("pk").values())
    relay.run()

    merging.merge(survivor=ann, loser=ben, by=bob)
    relay.run()
    merged = [held(both), held(hers)]
    unmerging.unmerge(merge=Merge.objects.get(), by=bob)

    assert merged == [{ann.pk: "champion"}, {ann.pk: "user"}]
    assert list(DealPerson.objects.order_by("pk").values()) == before


def test_an_erased_person_leaves_no_role(alice, bob):
    deal, ann = make.deal(bob), make.lead(bob)
    roles.give(deal=deal, lead=ann, role="blocker", by=bob)

    privacy.erase(lead=ann, by=alice)

    assert held(deal) == {}


def test_people_of_other_teams_are_counted_but_not_named(alice, bob, carl):
    deal = make.deal(bob, company=make.company(), lead=make.lead(bob, first_name="Ann"))
    stranger = make.lead(carl, first_name="Zoe")
    roles.give(deal=deal, lead=stranger, role="decision_maker", by=alice)

    mine = people.participants(deal, bob)
    whole = people.participants(deal, alice)

    assert [(one.lead and one.lead.first_name, one.label) for one in mine] == [
        (None, "Decision maker"),
        ("Ann", ""),
    ]
    assert whole[0].lead == stranger
    assert people.lacking(mine) == ["Champion"]
    assert people.roles_at_company(bob, deal.company_id) == []
    assert [one.lead for one in people.roles_at_company(alice, deal.company_id)] == [stranger]
