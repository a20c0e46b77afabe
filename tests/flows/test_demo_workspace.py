"""The demo is made by the product's own services: what it shows is what the product did."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from leadflow.demo import removal
from leadflow.events.models import Event, EventFailure
from leadflow.handover.models import Handover
from leadflow.insights import rollups
from leadflow.mail.models import Delivery
from leadflow.models import (
    Company,
    Customer,
    Engagement,
    Lead,
    LeadCycle,
    LeadScore,
    LeadStage,
    Note,
    Organisation,
)
from leadflow.models.stages import STAMP
from leadflow.people.models import User
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from nurturing.models import Enrolment, Sequence
from pipeline.models import Deal
from pipeline.services import pipelines
from tests.factories.core import a_lead

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def rows():
    """How many rows each table holds; facts of the audit and sign-in stay, whatever happens."""
    names = connection.introspection.table_names()
    with connection.cursor() as cursor:
        found = {}
        for name in sorted({*names} - {"events_event", "django_session"}):
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = cursor.fetchone()[0]
    return found


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """The story, told once for this file; each test then works in a savepoint of its own.

    Gives how many rows each table held before.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        Organisation.current()
        pipelines.ensure_default()
        rollups.rebuild()
        before = rows()
        call_command("demo", leads=50, until="2026-06-30", verbosity=0)
        yield before
        transaction.set_rollback(True)


@pytest.fixture
def demo(told, db):
    pass


def test_every_stage_of_the_lifecycle_has_somebody(demo):
    reached = {
        stage
        for stage, stamp in STAMP.items()
        if LeadCycle.objects.exclude(**{stamp: None}).exists()
    }

    assert reached == set(LeadStage.values)
    assert Handover.objects.filter(state="accepted").exists()
    assert Deal.objects.exists()
    assert LeadScore.objects.exclude(scored_at=None).exists()


def test_no_handler_failed_and_nothing_is_pending(demo):
    assert not EventFailure.objects.exists()
    assert not Event.objects.filter(dispatched_at=None).exists()


def test_every_address_ends_in_example_and_no_mail_leaves(demo):
    assert not Lead.objects.exclude(email="").exclude(email__endswith=".example").exists()
    assert not Delivery.objects.exclude(origin="demo").filter(lead_id__isnull=False).exists()


def test_a_follow_up_writes_to_those_who_asked_for_the_guide(demo):
    written = Enrolment.objects.filter(steps_done__delivery__isnull=False).distinct()
    assert written.exists()
    mails = Delivery.objects.filter(kind="marketing")
    assert mails.count() > written.count()
    assert set(mails.values_list("origin", flat=True)) == {"demo"}
    assert Engagement.objects.filter(kind="mail.clicked").exists()


def test_a_segment_holds_the_hot_people_of_the_nordics(demo):
    members = Lead.objects.filter(segment_stays__segment__name="Hot in the Nordics")

    assert set(members.values_list("country", flat=True)) <= {"SE", "NO", "DK", "FI"}


def test_a_workspace_with_leads_is_left_alone(demo):

    with pytest.raises(CommandError, match="needs an empty workspace"):
        call_command("demo", leads=5, verbosity=0)


def test_after_its_removal_no_table_holds_a_row_of_the_demo(told, db):
    removal.remove(keep=None)

    connection.check_constraints()
    after = rows()
    assert {name: (n, after[name]) for name, n in told.items() if after[name] != n} == {}
    assert not Event.objects.filter(origin="demo").exists()


def test_the_same_day_tells_the_same_story(told, db):
    def content():
        people = Lead.objects.values_list(
            "email", "stage", "disposition", "created_at", "owner__name"
        )
        deals = Deal.objects.values_list("name", "amount", "stage__name", "won_at", "lost_at")
        # mails are left out: their moments are spread by the keys of rows, which go on counting
        return [sorted(map(str, some)) for some in (people, deals)]

    first = content()
    removal.remove(keep=None)
    call_command("demo", leads=50, until="2026-06-30", verbosity=0)

    assert content() == first


def test_a_list_of_ones_own_is_counted_anew_without_the_people_of_the_demo(demo, alice):
    ids = [a_lead("me@mine.example").pk, *Lead.objects.values_list("pk", flat=True)[:3]]
    mine = segments.create(name="Mine", kind="static", lead_ids=ids, by=alice)

    removal.remove(keep=None)

    mine.refresh_from_db()
    assert mine.member_count == 1


def test_start_with_my_own_data_takes_all_of_it_and_nothing_else(demo, alice):
    mine = a_lead("me@mine.example")

    removal.remove(keep=None)

    assert list(Lead.objects.all()) == [mine]
    assert not Deal.objects.exists()
    assert not Customer.objects.exists()
    assert not Note.objects.exists()
    assert not Company.objects.filter(origin="demo").exists()
    assert not Event.objects.filter(origin="demo").exists()
    assert not User.objects.filter(is_demo=True).exists()
    assert not Enrolment.objects.exists()
    assert not Sequence.objects.living().exists()
    assert not Segment.objects.living().exists()
    assert not Organisation.current().has_demo


def test_an_admin_takes_the_demo_out_with_one_button_and_stays_signed_in(demo, client):
    robin = User.objects.get(name="Robin Hale")
    client.force_login(robin)
    assert "Start with my own data" in client.get("/leads/").content.decode()

    client.post("/demo/remove/")

    assert client.get("/leads/").status_code == 200
    assert not Lead.objects.exists()


def test_others_cannot_take_the_demo_out(demo, client):
    client.force_login(User.objects.get(name="Helen Voss"))

    assert client.post("/demo/remove/").status_code == 403
    assert Lead.objects.exists()
