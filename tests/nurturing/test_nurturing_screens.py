import pytest

from leadflow.mail.models import Delivery
from leadflow.segments import services as segments
from nurturing.models import Enrolment, Sequence
from nurturing.services import enrolment
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence, lawful

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


def build(client, **fields):
    response = client.post("/sequences/new/", {"name": "Follow-up"})
    return Sequence.objects.get(), response


def document():
    return Sequence.objects.get().rule_set.versions.latest("number").document


def add(client, sequence, kind):
    response = client.post(f"/sequences/{sequence.pk}/steps/", {"type": kind})
    return response.headers["Location"].partition("step=")[2]


def save(client, sequence, step, **fields):
    return client.post(f"/sequences/{sequence.pk}/steps/{step}/", fields)


def test_a_marketer_builds_and_publishes_a_sequence(marketer):
    lawful()
    sequence, _response = build(marketer)
    one = add(marketer, sequence, "email")
    save(marketer, sequence, one, subject="Hello", body="Good day.")
    wait = add(marketer, sequence, "wait")
    save(marketer, sequence, wait, amount=2, unit="days")
    two = add(marketer, sequence, "email")
    save(marketer, sequence, two, subject="Again", body="Still there?")

    response = marketer.post(f"/sequences/{sequence.pk}/publish/")

    assert response.status_code == 303
    assert [step["type"] for step in document()["steps"]] == ["email", "wait", "email"]
    assert Sequence.objects.get().state == "running"


def test_a_field_that_is_not_known_is_kept_and_told_beside_the_words(marketer):
    sequence, _response = build(marketer)
    step = add(marketer, sequence, "email")

    save(marketer, sequence, step, subject="Hi", body="{{ lead.shoe_size }}")

    assert document()["steps"][0]["body"] == "{{ lead.shoe_size }}"
    page = marketer.get(f"/sequences/{sequence.pk}/?step={step}").content.decode()
    assert "unknown field" in page.partition('id="id_body_error"')[2][:600]


def test_steps_move_and_go(marketer):
    sequence, _response = build(marketer)
    one, two = add(marketer, sequence, "email"), add(marketer, sequence, "todo")

    marketer.post(f"/sequences/{sequence.pk}/steps/{two}/move/", {"to": "up"})
    assert [step["id"] for step in document()["steps"]] == [two, one]
    marketer.post(f"/sequences/{sequence.pk}/steps/{two}/move/", {"to": "away"})

    assert [step["id"] for step in document()["steps"]] == [one]


def test_saving_over_somebody_elses_edit_is_a_conflict(marketer):
    sequence, _response = build(marketer)
    step = add(marketer, sequence, "email")

    response = save(marketer, sequence, step, subject="Hi", body="Hi", revision=1)

    assert response.status_code == 409


def test_who_enters_the_goal_and_the_hours_are_kept(marketer):
    sequence, _response = build(marketer)
    left_out = segments.create(name="Partners", kind="static", by=None, at=NOON)
    who = {"trigger": "cooled", "again": "after", "again_days": 30, "suppress": [left_out.pk]}
    more = {"holdout": 10, "kind": "marketing", "purpose": "marketing"}

    for tab, fields in (
        ("entry", who | more),
        ("goal", {"goal": '{"all": []}', "exits": ["reply"], "max_days": 30}),
        ("hours", {"days": [0, 1], "opens": "09:00", "closes": "12:00"}),
    ):
        response = marketer.post(f"/sequences/{sequence.pk}/{tab}/", fields)
        assert response.headers["Location"] == f"/sequences/{sequence.pk}/{tab}/"

    assert document()["trigger"] == {"kind": "cooled", "ref": None}
    assert (document()["suppress"], document()["holdout"]) == ([left_out.pk], 10)
    assert document()["window"] == {"days": [0, 1], "opens": "09:00", "closes": "12:00"}
    assert document()["exits"]["owner"] is False
    assert document()["max_days"] == 30


@pytest.mark.parametrize(
    "path",
    [
        "",
        "?step={step}",
        "?add=..0",
        "?view=list",
        "entry/",
        "goal/",
        "hours/",
        "about/",
        "people/",
        "people/?view=refused",
    ],
)
def test_every_tab_opens(marketer, path):
    sequence = a_sequence()
    step = sequence.rule_set.versions.get().document["steps"][0]["id"]

    assert marketer.get(f"/sequences/{sequence.pk}/{path.format(step=step)}").status_code == 200


def test_the_list_counts(marketer):
    enrolment.enrol_many(sequence=a_sequence(), lead_ids=[a_reader().pk], by=None, at=NOON)

    response = marketer.get("/sequences/")

    assert response.context["rows"][0][1].inside == 1


def test_the_list_says_who_enters_and_a_copy_is_a_draft(marketer):
    sequence = a_sequence(name="Spring", trigger={"kind": "cooled", "ref": None})

    assert "The score falls" in marketer.get("/sequences/").content.decode()
    for name in ("Copy of Spring", "Copy of Spring 2"):
        response = marketer.post(f"/sequences/{sequence.pk}/duplicate/")
        copy = Sequence.objects.get(name=name)
        assert response.headers["Location"] == copy.get_absolute_url()
        assert (copy.state, len(copy.rule_set.versions.get().document["steps"])) == ("draft", 3)
    marketer.post(f"/sequences/{sequence.pk}/state/", {"to": "archive"})
    assert "Spring" in marketer.get("/sequences/?view=archived").content.decode()


def test_versions_say_who_published_what_and_one_is_taken_as_the_draft(marketer, max):
    sequence = a_sequence()
    enrolment.enrol_many(sequence=sequence, lead_ids=[a_reader().pk], by=None, at=NOON)
    marketer.post(f"/sequences/{sequence.pk}/steps/", {"type": "todo"})
    save(marketer, sequence, document()["steps"][-1]["id"], title="Call", due_days=1)
    marketer.post(f"/sequences/{sequence.pk}/publish/", {"note": "With a call"})

    page = marketer.get(f"/sequences/{sequence.pk}/versions/")
    told = [(row.number, inside) for row, inside, _before in page.context["versions"]]
    assert told == [(2, 0), (1, 1)]
    assert "With a call" in page.content.decode()
    changes = marketer.get(f"/sequences/{sequence.pk}/versions/compare/").context["changes"]
    assert [one.words for one in changes] == ["To-do “Call” was added."]
    marketer.post(f"/sequences/{sequence.pk}/versions/restore/", {"number": 1})

    assert len(document()["steps"]) == 3
    assert sequence.rule_set.versions.latest("number").state == "draft"


def test_the_people_inside_are_taken_along_where_that_is_chosen(marketer):
    sequence = a_sequence()
    ann, bea = a_reader(first_name="Ann"), a_reader(first_name="Bea")
    enrolment.enrol_many(sequence=sequence, lead_ids=[ann.pk, bea.pk], by=None, at=NOON)
    first, _wait, last = (step["id"] for step in document()["steps"])
    Enrolment.objects.filter(lead=bea).update(step=last)
    marketer.post(f"/sequences/{sequence.pk}/steps/", {"type": "todo"})
    save(marketer, sequence, document()["steps"][-1]["id"], title="Call", due_days=1)
    base = f"/sequences/{sequence.pk}"

    told = marketer.get(f"{base}/versions/moving/?unless_past={first}").context["told"]
    assert (told.moves, told.stays) == (1, 1)
    assert "The 2 people inside version 1" in marketer.get(f"{base}/check/").content.decode()
    marketer.post(f"{base}/publish/", {"inside": "move", "unless_past": first})

    numbers = dict(Enrolment.objects.values_list("lead__first_name", "version__number"))
    assert numbers == {"Ann": 2, "Bea": 1}


def test_people_rest_and_go_on(marketer):
    sequence = a_sequence()
    enrolment.enrol_many(sequence=sequence, lead_ids=[a_reader().pk], by=None, at=NOON)
    walk = Enrolment.objects.get()
    base = f"/sequences/{sequence.pk}"

    marketer.post(f"{base}/hold/", {"ids": [walk.pk], "to": "pause"})
    assert marketer.get(f"{base}/people/?state=paused").context["page"].rows == [walk]
    marketer.post(f"{base}/hold/", {"ids": [walk.pk], "to": "resume"})

    assert not Enrolment.objects.filter(state="paused").exists()


def test_people_are_found_by_state_step_and_name(marketer):
    sequence = a_sequence()
    people = [a_reader(first_name=name) for name in ("Ann", "Bea")]
    enrolment.enrol_many(sequence=sequence, lead_ids=[one.pk for one in people], by=None, at=NOON)
    first, _wait, last = sequence.rule_set.versions.get().document["steps"]
    base = f"/sequences/{sequence.pk}/people/"

    def found(asked):
        return [row.lead.first_name for row in marketer.get(base + asked).context["page"].rows]

    assert found("") == ["Bea", "Ann"]
    assert found("?q=ann") == ["Ann"]
    assert found(f"?step={first['id']}&state=pending") == ["Bea", "Ann"]
    assert found(f"?step={last['id']}") == []
    assert found("?state=paused") == []
    assert found("?view=ended") == []


def test_an_author_reads_the_mail_as_a_lead_and_sends_it_to_herself(marketer, max):
    sequence, lead = a_sequence(), a_reader(first_name="Ann")
    step = sequence.rule_set.versions.get().document["steps"][0]["id"]
    base = f"/sequences/{sequence.pk}/steps/{step}"

    assert "Good day." in marketer.get(f"{base}/preview/").content.decode()
    marketer.post(f"{base}/test/", {"lead": lead.pk})

    mail = Delivery.objects.get()
    assert (mail.to_norm, mail.subject, mail.lead_id) == (max.email, "[Test] First", None)


def test_people_are_added_by_address_and_taken_out(marketer):
    sequence, lead = a_sequence(), a_reader()

    marketer.post(f"/sequences/{sequence.pk}/enrol/", {"emails": f"{lead.email}\nno@such.example"})
    walk = Enrolment.objects.get()
    marketer.post(f"/sequences/{sequence.pk}/stop/", {"ids": [walk.pk]})

    walk.refresh_from_db()
    assert (walk.state, walk.reason) == ("exited", "by_hand")


def test_a_rep_adds_only_her_own_leads(client, bob, carl):
    sequence, hers, his = (
        a_sequence(
            kind="sales",
        ),
        a_reader(owner=bob),
        a_reader(owner=carl),
    )
    client.force_login(bob)

    client.post("/sequences/enrol/", {"sequence": sequence.pk, "ids": [hers.pk, his.pk]})

    assert [walk.lead for walk in Enrolment.objects.all()] == [hers]


def test_a_rep_sees_the_sequences_of_her_lead_and_no_others(client, bob, carl):
    sequence, hers, his = a_sequence(name="Spring"), a_reader(owner=bob), a_reader(owner=carl)
    enrolment.enrol_many(sequence=sequence, lead_ids=[hers.pk, his.pk], by=None, at=NOON)
    client.force_login(bob)

    assert "Spring" in client.get(f"/sequences/of-lead/{hers.pk}/").content.decode()
    assert client.get(f"/sequences/of-lead/{his.pk}/").status_code == 404
    assert len(client.get(f"/sequences/{sequence.pk}/people/").context["page"].rows) == 1


def test_a_rep_may_not_edit(client, bob):
    sequence = a_sequence()
    client.force_login(bob)

    assert client.post("/sequences/new/", {"name": "Mine"}).status_code == 403
    assert client.post(f"/sequences/{sequence.pk}/publish/").status_code == 403


def test_publishing_takes_in_who_is_in_the_segment_only_when_chosen(marketer):
    country = {"all": [{"field": "lead.country", "op": "is", "value": "NL"}]}
    segment = segments.create(name="Dutch", condition=country, by=None, at=NOON)
    willing, _silent = a_reader(country="NL"), a_lead(country="NL")
    segments.refresh(segment, at=NOON)
    sequence = a_sequence(trigger={"kind": "segment", "ref": segment.pk}, publish=False)

    told = marketer.get(f"/sequences/{sequence.pk}/check/").context["told"]
    assert told.matches == 2
    assert [(reason.label, n) for reason, n in told.left_out] == [("No consent for email", 1)]
    marketer.post(f"/sequences/{sequence.pk}/publish/")
    assert not Enrolment.objects.exists()

    marketer.post(f"/sequences/{sequence.pk}/steps/", {"type": "email"})
    step = document()["steps"][-1]["id"]
    save(marketer, sequence, step, subject="Third", body="Good day.")
    marketer.post(f"/sequences/{sequence.pk}/publish/", {"also": "1"})

    assert [walk.lead for walk in Enrolment.objects.all()] == [willing]
