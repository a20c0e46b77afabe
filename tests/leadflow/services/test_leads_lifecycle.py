import pytest

from leadflow.errors import Invalid, InvalidTransition, StaleVersion
from leadflow.events.models import Event
from leadflow.history.changes import as_of
from leadflow.models import Disposition, LeadCycle, LeadStage
from leadflow.models.stages import TRANSITIONS
from leadflow.people.models import Role
from leadflow.services import leads
from tests.factories.core import NOON, a_lead, a_team, a_user

pytestmark = pytest.mark.django_db
LATER = NOON.replace(day=9)


def test_every_stage_has_its_row_in_the_transition_table():
    assert set(TRANSITIONS) == set(LeadStage.values)


def test_advance_moves_stamps_and_records():
    lead = a_lead()

    moved = leads.advance(lead, to=LeadStage.MQL, by=None, reason="A1", at=LATER)

    assert (moved.stage, moved.status) == (LeadStage.MQL, "new")
    assert LeadCycle.objects.get().mql_at == LATER
    assert Event.objects.get(kind="lead.advanced").data == {
        "from": "lead",
        "to": "mql",
        "reason": "A1",
    }


def test_going_back_keeps_the_furthest_stage_and_the_first_stamp():
    lead = a_lead()
    leads.advance(lead, to=LeadStage.MQL, by=None, at=NOON)
    leads.advance(lead, to=LeadStage.LEAD, by=None, at=LATER)

    back = leads.advance(lead, to=LeadStage.MQL, by=None, at=LATER.replace(day=20))

    assert back.furthest_stage == LeadStage.MQL
    assert LeadCycle.objects.get().mql_at == NOON


def test_a_forbidden_move_is_refused_in_words():
    lead = a_lead()

    with pytest.raises(InvalidTransition, match="from Lead to Subscriber"):
        leads.advance(lead, to=LeadStage.SUBSCRIBER, by=None)


def test_a_recycled_lead_returns_in_a_second_cycle():
    lead = a_lead()
    leads.recycle_many(lead_ids=[lead.pk], reason="not_now", by=None, at=LATER)

    (back,) = leads.reopen_many(lead_ids=[lead.pk], by=None, at=LATER.replace(day=20))

    assert back.disposition == Disposition.ACTIVE
    assert sorted(LeadCycle.objects.values_list("number", flat=True)) == [1, 2]


def test_assigning_gives_owner_team_and_one_fact():
    team = a_team()
    bob = a_user(team=team)
    lead = a_lead()

    leads.assign(lead, owner=bob, by=None, at=LATER)
    leads.assign(lead, owner=bob, by=None, at=LATER)

    assert (lead.owner, lead.team, lead.assigned_at) == (bob, team, LATER)
    assert Event.objects.filter(kind="lead.assigned").count() == 1


@pytest.mark.parametrize("fields", [{"role": Role.MARKETER}, {"is_active": False}])
def test_people_who_cannot_own_leads_are_refused(fields):
    with pytest.raises(Invalid):
        leads.assign(a_lead(), owner=a_user(**fields), by=None)


def test_as_of_knows_the_earlier_stage_and_owner():
    bob = a_user()
    lead = a_lead()
    leads.assign(lead, owner=bob, by=None, at=LATER)
    leads.advance(lead, to=LeadStage.MQL, by=None, at=LATER)
    lead.refresh_from_db()

    then = as_of(lead, NOON.replace(hour=13))

    assert (then.stage, then.owner_id) == (LeadStage.LEAD, None)


def test_an_edit_on_an_old_version_is_refused():
    lead = a_lead(first_name="Ann")
    leads.update(lead, values={"first_name": "Anna"}, by=None, version=lead.version)

    with pytest.raises(StaleVersion):
        leads.update(lead, values={"first_name": "Hannah"}, by=None, version=1)


def test_the_trash_gives_a_lead_back_whole():
    alice = a_user(role=Role.ADMIN)
    lead = a_lead(first_name="Ann")
    leads.trash_many(lead_ids=[lead.pk], by=alice)
    assert not type(lead).objects.visible_to(alice).exists()

    leads.restore_many(lead_ids=[lead.pk], by=alice)

    assert type(lead).objects.visible_to(alice).get().first_name == "Ann"
