from datetime import timedelta

import pytest

from leadflow.conditions import usage
from leadflow.conditions.fields import catalogue
from leadflow.conditions.language import parse
from leadflow.conditions.sql import where
from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.models import Lead
from leadflow.segments import services
from leadflow.segments.models import Segment, SegmentMember
from leadflow.services import leads, notes, privacy
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DUTCH = {"all": [{"field": "lead.country", "op": "is", "value": "NL"}]}


def dutch(**fields) -> Segment:
    return services.create(**{"name": "Dutch", "condition": DUTCH, "by": None, "at": NOON} | fields)


def inside(segment):
    return set(segment.members.current().values_list("lead_id", flat=True))


def count(segment):
    return Segment.objects.get(pk=segment.pk).member_count


def test_a_new_segment_holds_who_matches_and_tells_nobody(recorded):
    lead, _other = a_lead(country="NL"), a_lead(country="DE")

    segment = dutch()

    assert inside(segment) == {lead.pk}
    assert (count(segment), "segment.entered" in recorded()) == (1, False)


def test_who_comes_to_match_enters_and_who_stops_leaves(drain_events, recorded):
    segment, lead = dutch(), a_lead(country="DE")
    drain_events()

    leads.update(lead, values={"country": "NL"}, by=None, at=NOON)
    drain_events()
    assert (inside(segment), count(segment)) == ({lead.pk}, 1)
    leads.update(Lead.objects.get(pk=lead.pk), values={"country": "DE"}, by=None, at=NOON + DAY)
    drain_events()

    assert (inside(segment), count(segment)) == (set(), 0)
    assert [k for k in recorded(lead) if k.startswith("segment")] == [
        "segment.entered",
        "segment.left",
    ]
    assert SegmentMember.objects.get().left_at == NOON + DAY


def test_a_change_that_changes_nothing_tells_nothing(drain_events):
    dutch()
    lead = a_lead(country="NL")
    drain_events()
    leads.update(lead, values={"city": "Delft"}, by=None, at=NOON)
    drain_events()

    assert Event.objects.filter(kind="segment.entered").count() == 1


def test_imported_people_enter_as_imported_facts(drain_events):
    segment, lead = dutch(), a_lead(country="NL", origin="import")

    drain_events()

    assert inside(segment) == {lead.pk}
    assert Event.objects.get(kind="segment.entered").origin == "import"


def test_time_alone_moves_people_once_a_day(recorded):
    lead = a_lead(at=NOON)
    rule = {"all": [{"field": "lead.created_at", "op": "within_last", "value": 7}]}
    segment = dutch(name="New", condition=rule)

    assert services.refresh_stale(at=NOON + timedelta(hours=23)) == 0
    assert services.refresh_stale(at=NOON + 30 * DAY) == 1

    assert inside(segment) == set()
    assert "segment.left" in recorded(lead)


def test_a_changed_rule_moves_people_without_an_event(recorded):
    lead = a_lead(country="DE")
    segment = dutch()

    rule = {"all": [{"field": "lead.country", "op": "is", "value": "DE"}]}
    services.edit(segment, condition=rule, by=None, at=NOON)

    assert inside(segment) == {lead.pk}
    assert "segment.entered" not in recorded()


def test_a_rule_may_ask_about_another_segment(drain_events):
    first = dutch()
    tagged = {
        "all": [
            {"field": "lead.in_segment", "op": "has_any_of", "value": [first.pk]},
            {"field": "lead.tags", "op": "is_set"},
        ]
    }
    second = services.create(name="Tagged Dutch", condition=tagged, by=None, at=NOON)
    lead = a_lead(country="NL")
    notes.tag_many(lead_ids=[lead.pk], names=["Fair"], by=None)
    drain_events()

    assert inside(second) == {lead.pk}


def test_a_rule_that_leads_back_to_itself_is_refused():
    first = dutch()
    about_first = {"all": [{"field": "lead.in_segment", "op": "has_any_of", "value": [first.pk]}]}
    second = services.create(name="Second", condition=about_first, by=None, at=NOON)
    about_second = {"all": [{"field": "lead.in_segment", "op": "has_any_of", "value": [second.pk]}]}

    with pytest.raises(Invalid, match="itself"):
        services.edit(first, condition=about_second, by=None)


def test_a_segment_that_a_rule_asks_about_is_not_put_away():
    first = dutch()
    about = {"all": [{"field": "lead.in_segment", "op": "has_any_of", "value": [first.pk]}]}
    services.create(name="Second", condition=about, by=None, at=NOON)

    with pytest.raises(Conflict, match="Second"):
        services.archive(first, by=None)


def test_rules_find_the_members_by_sql():
    lead, segment = a_lead(country="NL"), dutch()
    about = {"all": [{"field": "lead.in_segment", "op": "has_any_of", "value": [segment.pk]}]}

    found = Lead.objects.filter(where(parse(about, catalogue("lead")), at=NOON))

    assert list(found) == [lead]


def test_the_fields_of_a_segment_are_in_use():
    dutch()

    assert [use.label for use in usage.uses_of("lead.country")] == ["Segment: Dutch"]


def test_a_list_kept_by_hand_is_not_touched_by_rules(drain_events):
    lead = a_lead()
    segment = services.create(name="VIP", kind="static", by=None, at=NOON)

    assert services.add_many(segment, lead_ids=[lead.pk], by=None) == 1
    assert services.add_many(segment, lead_ids=[lead.pk], by=None) == 0
    drain_events()
    assert (inside(segment), count(segment)) == ({lead.pk}, 1)
    assert services.remove_many(segment, lead_ids=[lead.pk], by=None) == 1


def test_people_are_not_put_by_hand_into_a_segment_of_a_rule():
    with pytest.raises(Conflict, match="rule"):
        services.add_many(dutch(), lead_ids=[a_lead().pk], by=None)


def test_a_trashed_lead_leaves_and_comes_back(drain_events):
    segment, lead = dutch(), a_lead(country="NL")
    drain_events()
    leads.trash_many(lead_ids=[lead.pk], by=None)
    drain_events()
    assert inside(segment) == set()
    leads.restore_many(lead_ids=[lead.pk], by=None)
    drain_events()

    assert inside(segment) == {lead.pk}


def test_erasure_takes_a_person_off_every_list():
    lead = a_lead(country="NL")
    segment = dutch()

    privacy.erase(lead=lead, by=None)

    assert not SegmentMember.objects.filter(lead=lead).exists()
    assert count(segment) == 0


def test_a_name_is_taken_once():
    dutch()

    with pytest.raises(Invalid, match="already"):
        dutch()


def test_a_marketer_makes_a_segment_in_the_browser(client, max):
    lead = a_lead(country="NL", first_name="Saskia")
    client.force_login(max)
    fields = {"name": "Dutch", "kind": "dynamic", "condition": str(DUTCH).replace("'", '"')}

    response = client.post("/segments/new/", fields)
    page = client.get(response.headers["Location"]).content.decode()

    assert "Saskia" in page
    assert "Country is" in page
    assert lead.pk in inside(Segment.objects.get())


def test_a_rep_sees_only_her_own_people_of_a_segment(client, bob, carl):
    a_lead(country="NL", first_name="Hers", owner=bob)
    a_lead(country="NL", first_name="His", owner=carl)
    segment = dutch()
    client.force_login(bob)

    page = client.get(f"/segments/{segment.pk}/").content.decode()

    assert ("Hers" in page, ">His" in page) == (True, False)
    assert client.get("/segments/new/").status_code == 403
