"""The demo is made by the product's own services: what it shows is what the product did."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Count

from capture.models import Promise, Report
from leadflow.approvals.models import Approval
from leadflow.assets.models import File, Grant
from leadflow.calendars import arranging, selectors
from leadflow.calendars.models import Booking, MeetingType
from leadflow.calling import results
from leadflow.calling.models import CallAttempt, CallList
from leadflow.demo import habits, letters, planning, removal
from leadflow.events.models import Event, EventFailure
from leadflow.handover.models import Handover
from leadflow.imports.models import Import
from leadflow.insights import rollups
from leadflow.integrations import hooks, inbound, signing
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.kit import clock
from leadflow.mail import mailboxes, personal
from leadflow.mail.models import Delivery, InboundMail, Mailbox, MailTemplate, SenderIdentity
from leadflow.models import (
    Activity,
    Company,
    CompanySignal,
    CompanyTwin,
    Consent,
    Customer,
    Engagement,
    Lead,
    LeadCycle,
    LeadScore,
    LeadStage,
    Note,
    Nudge,
    Organisation,
    Pin,
    ProvidedValue,
    Suppression,
    Twin,
)
from leadflow.models.stages import STAMP
from leadflow.notifications.models import Notification
from leadflow.people.models import User
from leadflow.rulesets import selectors as rulesets
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from nurturing.models import (
    Automation,
    AutomationRun,
    Enrolment,
    MailPolicy,
    Sequence,
    StepDone,
)
from nurturing.services import forecast, senders
from pipeline.models import (
    Deal,
    ObjectionKind,
    Order,
    Product,
    QuoteAnswer,
    QuoteVersion,
    Subscription,
)
from pipeline.services import deals, pipelines
from tests.factories import pipeline as make
from tests.factories.calendars import a_booking
from tests.factories.core import NOON, a_lead

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


def count_on():
    """Let keys go on from the rows that are there: in an empty workspace from one.

    By its key a person is held back or goes one way of a split, in the product as in the story.
    """
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """The story, told once for this file; each test then works in a savepoint of its own.

    Gives how many rows each table held before.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        Organisation.current()
        pipelines.ensure_default()
        for name in import_module("pipeline.migrations.0010_objections").KINDS:
            ObjectionKind.objects.get_or_create(
                name=name
            )  # a test that commits may have emptied it
        rollups.rebuild()
        before = rows()
        count_on()
        call_command("demo", leads=30, until="2026-06-30", verbosity=0)
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


def test_readers_who_confirmed_by_their_mailbox_are_welcomed(demo):
    confirmed = Consent.objects.filter(method="double_opt_in", state="given")
    welcomed = Enrolment.objects.filter(sequence__name=letters.WELCOME)

    assert welcomed.exists()
    assert {*welcomed.values_list("lead", flat=True)} <= {*confirmed.values_list("lead", flat=True)}
    assert (
        Consent.objects.filter(state="pending").exclude(lead__in=confirmed.values("lead")).exists()
    )


def test_mail_came_in_of_every_kind_and_owners_know_of_answers(demo):
    states = InboundMail.objects.values_list("kind", "state")

    assert {
        ("reply", "filed"),
        ("automatic", "noted"),
        ("letter", "filed"),
        ("letter", "held"),
    } == {*states}
    assert Lead.objects.get(email="marit@fjordfisk.example").name == "Marit Solheim"
    assert Notification.objects.filter(kind="reply_received").exists()


def test_a_call_list_is_worked_in_part_and_its_calls_stand_in_the_stories(demo):
    (made,) = CallList.objects.all()
    found = {one.part: one.n for one in results.people(made)}

    assert found["called"] > found["again"] > 0
    assert 0 < found["waiting"] < found["people"]
    assert found["reached"] > found["won"] > 0
    calls = CallAttempt.objects.filter(entry__call_list=made)
    assert calls.values("outcome").distinct().count() >= 4
    assert not calls.filter(activity=None).exists()
    assert Activity.objects.filter(subject=made.name, origin="demo").count() == calls.count()
    assert not calls.filter(at__gt=Event.objects.latest("occurred_at").occurred_at).exists()


def test_reps_and_leads_wrote_to_one_another_and_some_wait_for_an_answer(demo):
    ours = Delivery.objects.filter(key__startswith=personal.KEY)
    theirs = InboundMail.objects.filter(kind="reply", delivery__in=ours)

    assert ours.count() > theirs.count() > 2
    assert set(ours.values_list("origin", flat=True)) == {"demo"}
    assert ours.values("by").distinct().count() > 1
    waiting = Nudge.objects.filter(kind="replied", settled_at=None, lead__in=ours.values("lead"))
    assert waiting.count() == 2
    assert MailTemplate.objects.count() == 3
    assert "> " not in theirs.first().said
    assert Pin.objects.filter(lead__in=ours.values("lead")).exists()


def test_visitors_booked_and_every_end_of_a_booking_is_there(demo):
    at = Booking.objects.latest("created_at").created_at
    over, ahead = (Booking.objects.filter(**{f"starts_at__{way}": at}) for way in ("lt", "gt"))

    assert {"booked", "missed", "cancelled"} == {*over.values_list("state", flat=True)}
    assert {"booked", "cancelled"} == {*ahead.values_list("state", flat=True)}
    assert Activity.objects.filter(booking__in=over, outcome="held").exists()
    assert Booking.objects.filter(sequence__gt=0, state="booked").exists()


def test_files_came_in_and_some_of_their_lines_were_refused(demo):
    products, people, book = Import.objects.order_by("pk")

    assert (products.entity, products.state, products.created, products.failed) == (
        "product",
        "done",
        7,
        1,
    )
    assert (people.state, people.created, people.updated, people.failed) == ("done", 18, 3, 3)
    assert people.created_at < people.finished_at < clock.now()
    assert Lead.objects.filter(tags__name="trade fair", origin="demo").count() == 21
    assert (book.created, book.failed) == (6, 1)


def test_people_and_companies_who_are_here_twice_are_found(demo):
    assert Twin.objects.count() >= 4
    assert CompanyTwin.objects.count() >= 2


def test_what_people_of_an_old_address_book_agreed_to_came_with_its_proof(demo):
    proofs = Consent.objects.filter(method="import", state="given")
    assert proofs.count() == 4
    assert {*proofs.values_list("text", flat=True)} == {
        "Yes, send me news about solar roofs by email."
    }
    assert Consent.objects.filter(method="import", state="withdrawn").count() == 1


def test_quotes_stand_in_every_state_and_one_waits_for_a_manager(demo):
    states = {*QuoteVersion.objects.values_list("state", flat=True)}
    proofs = QuoteAnswer.objects.filter(is_accepted=True)

    assert states == {*QuoteVersion.State.values}
    assert Approval.objects.get(kind="discount").state == "asked"
    assert all(one.name and one.ip for one in proofs)
    assert Notification.objects.filter(kind="quote_answered").exists()


def test_customers_ordered_and_a_renewal_comes_near(demo):
    running = Subscription.objects.filter(ended_on=None)

    assert Order.objects.exists()
    assert running.exclude(reminded_for=None).exists()
    assert Activity.objects.filter(subject__startswith="Renewal of").exists()


def test_what_she_sells_and_books_by_the_demo_stays(demo, alice):
    product, meeting = Product.objects.get(sku="BW-CARE"), MeetingType.objects.get(slug="roof-call")
    deal = make.deal(alice)
    deals.set_lines(deal, lines=[deals.LineIn(product=product, price=Decimal(9))], by=alice)
    meeting.hosts.add(alice)
    starts = next(iter(selectors.free_slots(meeting, (NOON, NOON + timedelta(days=3)), at=NOON)))
    a_booking(meeting, starts)

    removal.remove(keep=alice)

    assert [*Product.objects.all()] == [product]
    assert [*MeetingType.objects.values_list("slug", "origin")] == [("roof-call", "live")]
    assert Booking.objects.get().origin == "live"


def test_automations_met_what_happened_and_each_names_what_it_did(demo):
    runs = AutomationRun.objects.filter(automation__name=habits.LARGE)

    assert set(runs.values_list("origin", flat=True)) == {"demo"}
    assert set(runs.values_list("state", flat=True)) <= {"done", "passed"}
    assert runs.filter(state="passed").exists()
    assert Automation.objects.running().count() == 2


def test_a_draft_has_people_to_check_and_its_sender_is_known(demo):
    at = Event.objects.latest("occurred_at").occurred_at
    draft = Sequence.objects.get(name=planning.PLANNED)
    version = rulesets.editable(draft.rule_set)
    told = forecast.forecast(draft, version, user=draft.owner, at=at)
    [sender] = senders.checked([one for one in version.document["steps"] if one["type"] == "email"])

    assert told is not None
    assert len(told.tally.calendar) > 1
    assert draft.state == "draft"
    assert (sender.is_proved, sender.is_broken) == (True, False)
    assert [one.what for one in sender.wrong] == ["DKIM"]
    assert not SenderIdentity.objects.filter(is_default=True).exists()


def test_a_broadcast_waits_for_a_yes_to_as_many_as_it_would_go_to(demo):
    asked = Approval.objects.get(kind="send")

    assert asked.state == "asked"
    assert asked.amount > asked.limit == MailPolicy.current().free_send
    assert asked.decider.name == "Helen Voss"


def test_people_are_held_back_from_the_follow_up_and_two_first_lines_are_tried(demo):
    walks = Enrolment.objects.filter(sequence__name=letters.FOLLOW_UP)
    tried = StepDone.objects.filter(enrolment__in=walks, step="guide0")

    assert walks.exists()
    assert set(tried.values_list("way", flat=True)) == {"guidea", "guideb"}


def test_the_suppression_list_has_each_reason_and_one_reader_chose_what_she_gets(demo):
    reasons = set(Suppression.objects.values_list("reason", flat=True))
    chosen = Consent.objects.filter(method="preferences")

    assert reasons == set(Suppression.Reason.values)
    assert set(chosen.values_list("purpose", "state")) == {
        ("tips", "given"), ("visits", "given"), ("marketing", "given"), ("events", "withdrawn"),
    }  # fmt: skip
    assert chosen.values("lead").distinct().count() == 1


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
        return [sorted(map(str, some)) for some in (people, deals)]

    first = content()
    removal.remove(keep=None)
    count_on()
    call_command("demo", leads=30, until="2026-06-30", verbosity=0)

    assert content() == first


def test_two_hooks_tell_of_intent_and_facts_and_their_log_has_every_end(demo):
    by_state = HookCall.objects.values_list("state").annotate(n=Count("pk"))
    failed = HookCall.objects.get(state="failed")

    assert {state for state, _n in by_state} == {"taken", "failed", "ignored"}
    assert "no topic" in failed.reason
    assert Engagement.objects.filter(kind="intent.reported", provider="Roofscan").exists()
    assert CompanySignal.objects.filter(provider="Roofscan").exists()
    assert ProvidedValue.objects.filter(state="proposed", lead__isnull=False).exists()
    assert ProvidedValue.objects.filter(state="proposed", company__isnull=False).exists()


@pytest.mark.parametrize("stays", [True, False])
def test_what_people_of_the_demo_set_up_goes_and_what_she_set_up_stays(demo, stays):
    robin = User.objects.get(name="Robin Hale")
    hooks.create(by=robin, makes="lead", scheme="standard", name="Mine")
    mailboxes.add(
        by=robin, secret="a-long-secret", kind="postmark", address="in@mine.example", host="",
        folder="INBOX",
    )  # fmt: skip
    arranging.save_meeting_type(
        row=MeetingType(), values={"name": "Mine", "slug": "mine"}, hosts=[robin], by=robin
    )

    removal.remove(keep=robin if stays else None)

    left = [model.objects.count() for model in (InboundHook, Mailbox, MeetingType)]
    assert left == [stays] * 3


def test_a_hook_of_the_demo_that_her_own_program_calls_stays_with_what_it_brought(demo):
    hook = InboundHook.objects.get(name="Firmdata")
    body = b'{"person": {"email": "me@mine.example"}}'
    inbound.keep(hook=hook, call=signing.Call(body, {}, clock.now()))

    removal.remove(keep=None)

    assert [(row.name, row.origin) for row in InboundHook.objects.all()] == [("Firmdata", "live")]
    assert HookCall.objects.get().body == body.decode()


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


def test_people_used_the_calculator_and_downloaded_the_guide(demo):
    report = Report.objects.get(form__origin="demo")
    sent = report.form.submissions.counted()
    [file] = File.objects.all()

    assert report.live
    assert sent.count() > 5
    assert not sent.filter(lead=None).exists()
    assert all(row.answers["saved"] > 0 and row.answers["years"] > 0 for row in sent)
    assert {row.answers["price"] for row in sent.filter(raw__knows=False)} == {24}
    assert Promise.objects.filter(openings__gt=0).exists()
    assert not Delivery.objects.filter(key__startswith="promise:").exists()
    assert 0 < file.downloads < Grant.objects.filter(file=file).count()
    assert (
        Engagement.objects.filter(kind="file.downloaded", origin="demo").count() == file.downloads
    )


def test_a_campaign_has_those_who_came_by_its_page(demo):
    assert Lead.objects.filter(campaign__name="Solar for food producers").exists()
