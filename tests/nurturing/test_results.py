"""The numbers of a sequence against an oracle that shares no code with them."""

from datetime import timedelta

import pytest
from django.db import connection

from leadflow.kit import clock
from leadflow.mail.models import Delivery, InboundMail
from leadflow.models import Consent, Engagement
from leadflow.services import engagement
from nurturing.models import Enrolment, StepDone, WayChosen
from nurturing.selectors import outcomes, results
from nurturing.services import enrolment
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, mail_step, split, wait_step

pytestmark = pytest.mark.django_db

ORACLE = """
SELECT count(DISTINCT e.lead_id) FROM nurturing_stepdone sd
JOIN nurturing_enrolment e ON e.id = sd.enrolment_id JOIN mail_delivery d ON d.id = sd.delivery_id
WHERE sd.step = %s AND d.state IN ('sent', 'delivered', 'bounced', 'complained') AND
"""
READS = """EXISTS (SELECT 1 FROM core_engagement g WHERE g.lead_id = e.lead_id AND g.kind = '{kind}'
  AND (g.source_id = d.id::text OR g.source_id LIKE d.id::text || ':%%')
  AND g.actor_class IN ({actors}) AND g.occurred_at < sd.at + interval '7 days')"""
WHERE = {
    "sent": "true",
    "delivered": "d.state <> 'bounced'",
    "bounced_hard": "d.state = 'bounced' AND d.reason = 'The address does not exist'",
    "bounced_soft": "d.state = 'bounced' AND d.reason <> 'The address does not exist'",
    "complained": "d.state = 'complained'",
    "opened": READS.format(kind="mail.opened", actors="'human', 'unknown'"),
    "clicked": READS.format(kind="mail.clicked", actors="'human'"),
    "opened_by_machine": READS.format(kind="mail.opened", actors="'machine'"),
    "clicked_by_machine": READS.format(kind="mail.clicked", actors="'machine'"),
    "replied": """EXISTS (SELECT 1 FROM mail_inboundmail i WHERE i.delivery_id = d.id
      AND i.kind = 'reply' AND i.received_at < sd.at + interval '14 days')""",
    "unsubscribed": f"""EXISTS (SELECT 1 FROM {Consent._meta.db_table} c WHERE c.lead_id = e.lead_id
      AND c.channel = 'email' AND c.purpose = 'marketing' AND c.state = 'withdrawn'
      AND c.at > sd.at AND c.at < sd.at + interval '7 days')""",
    "goal": "e.goal_at >= sd.at",
}


def oracle(step, what):
    where = WHERE[what].replace("core_engagement", Engagement._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(ORACLE + where, [step])
        return cursor.fetchone()[0]


def sent(*steps, people=12, **fields):
    """A sequence of these steps, walked by so many, their mails gone out."""
    sequence = a_sequence(*steps, **fields)
    leads = [a_reader() for _ in range(people)]
    ids = [lead.pk for lead in leads]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)
    advance_due(at=NOON)
    advance_due(at=NOON + timedelta(days=2))
    Delivery.objects.update(state="sent", sent_at=NOON)
    return sequence, leads


def mail_of(lead, step):
    return Delivery.objects.get(key__contains=f":step:{step}:", lead=lead)


def read(lead, step, kind, at, actor="human", link=":1"):
    source = f"{mail_of(lead, step).pk}{link}"
    fact = engagement.Fact(
        lead.pk, kind, "delivery", source, actor_class=actor, at=at
    )  # fmt: skip
    engagement.append([fact])


def answered(lead, step, at, kind="reply"):
    InboundMail.objects.create(
        message_id=f"{lead.pk}{step}{kind}", kind=kind, lead=lead,
        delivery=mail_of(lead, step), received_at=at,
    )  # fmt: skip


def lively():
    """Something of everything, inside and outside of each window."""
    one, two = mail_step("One"), mail_step("Two")
    sequence, leads = sent(one, wait_step(2), two)
    first = one["id"]
    soon, late, too_late = (NOON + timedelta(days=days) for days in (1, 8, 15))
    read(leads[0], first, "mail.opened", soon, link="")
    read(leads[1], first, "mail.opened", soon, actor="unknown", link=":unknown")
    read(leads[2], first, "mail.opened", soon, actor="machine", link=":machine")
    read(leads[3], first, "mail.opened", late, link="")
    read(leads[0], first, "mail.clicked", soon)
    read(leads[0], first, "mail.clicked", soon, link=":2")
    read(leads[4], first, "mail.clicked", soon, actor="machine", link=":1:machine")
    read(leads[5], first, "mail.clicked", late)
    read(leads[6], two["id"], "mail.clicked", soon + timedelta(days=2))
    answered(leads[0], first, soon)
    answered(leads[1], first, late)
    answered(leads[2], first, too_late)
    answered(leads[3], first, soon, kind="automatic")
    for lead, at in ((leads[7], soon), (leads[8], late)):
        Consent.objects.create(lead=lead, channel="email", state="withdrawn", at=at)
    hard, soft, angry = (mail_of(lead, first) for lead in leads[9:12])
    Delivery.objects.filter(pk=hard.pk).update(state="bounced", reason=outcomes.GONE)
    Delivery.objects.filter(pk=soft.pk).update(state="bounced", reason="It came back")
    Delivery.objects.filter(pk=angry.pk).update(state="complained")
    Enrolment.objects.filter(lead=leads[0]).update(goal_at=soon)
    return sequence, [first, two["id"]]


def test_every_number_of_a_mail_is_that_of_the_oracle():
    sequence, steps = lively()

    numbers = results.mails(sequence)

    for step in steps:
        told = {what: getattr(numbers[step], what) for what in WHERE}
        assert told == {what: oracle(step, what) for what in WHERE}
    assert (numbers[steps[0]].opened, numbers[steps[0]].clicked) == (2, 1)
    assert (numbers[steps[0]].replied, numbers[steps[0]].unsubscribed) == (2, 1)


def test_every_number_of_a_mail_opens_as_many_rows(max):
    sequence, steps = lively()
    numbers = results.mails(sequence)

    for what in WHERE:
        rows = results.behind(sequence, max, step=steps[0], what=what)
        assert rows.count() == getattr(numbers[steps[0]], what), what


def test_the_numbers_of_all_steps_cost_one_statement(django_assert_num_queries):
    sequence, _steps = lively()
    with django_assert_num_queries(1):
        results.mails(sequence)


def test_a_share_has_its_interval_and_says_when_it_is_of_few():
    few, none, many = outcomes.Rate(1, 8), outcomes.Rate(0, 300), outcomes.Rate(30, 300)

    assert few.is_small
    assert none.interval == (0.0, 0.01)
    assert outcomes.Rate(0, 0).share is None
    low, high = many.interval
    assert low < 0.1 < high


def test_bounces_are_of_the_sent_and_the_others_of_the_delivered():
    told = outcomes.Mails(sent=10, delivered=8, bounced_hard=2, clicked=4)

    assert told.rate("bounced_hard").share == 0.2
    assert told.rate("clicked").share == 0.5


def test_only_those_old_enough_are_judged_and_held_back_people_are_the_comparison():
    sequence, leads = sent(mail_step("One"), people=8)
    Enrolment.objects.filter(lead__in=leads[:3]).update(state="held_back", due_at=None)
    Enrolment.objects.filter(lead__in=[leads[0], *leads[3:6]]).update(
        goal_at=NOON + timedelta(days=3)
    )
    Enrolment.objects.filter(lead=leads[7]).update(enrolled_at=NOON + timedelta(days=20))

    told = results.effect(sequence, at=NOON + timedelta(days=31))

    assert (told.written_to.part, told.written_to.whole) == (3, 4)
    assert (told.held_back.part, told.held_back.whole) == (1, 3)
    assert told.young == 1
    assert told.may_be_chance


def test_ways_stand_side_by_side_with_the_one_that_won():
    parts = split([mail_step("A")], [mail_step("B")])
    sequence, _leads = sent(parts, people=20)
    won = parts["ways"][1]["id"]
    WayChosen.objects.create(sequence=sequence, step=parts["id"], way=won, by_what="goal", at=NOON)
    document = sequence.rule_set.versions.get().document

    (told,) = results.splits(sequence, document, results.mails(sequence))

    assert sum(way.people for way in told.ways) == 20
    assert [way.people for way in told.ways] == [way.mails.sent for way in told.ways]
    assert [way.has_won for way in told.ways] == [False, True]


def test_a_window_of_days_leaves_older_mails_out():
    sequence, steps = lively()

    numbers = results.mails(sequence, since=NOON + timedelta(days=1))

    assert steps[0] not in numbers
    assert numbers[steps[1]].sent == StepDone.objects.filter(step=steps[1], reason="").count()


def test_the_tab_results_and_the_rows_behind_it_are_pages(client, max):
    one = mail_step("One")
    sequence, leads = sent(
        one, people=2, goal={"all": [{"field": "lead.country", "op": "is", "value": "DE"}]}
    )
    StepDone.objects.update(at=clock.now())
    client.force_login(max)

    page = client.get(f"/sequences/{sequence.pk}/results/?span=all").content.decode()
    rows = client.get(f"/sequences/{sequence.pk}/results/{one['id']}/?what=sent").content.decode()

    assert "Mail “One”" in page
    assert "Goal rate, not effect" in page
    assert leads[0].get_absolute_url() in rows
    assert client.get(f"/sequences/{sequence.pk}/results/{one['id']}/?what=x").status_code == 404
