import pytest

from leadflow.approvals import services as approvals
from leadflow.approvals.models import Approval
from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.notifications.models import Notification
from leadflow.people.models import Role, User
from leadflow.segments import services as segments
from nurturing.models import Enrolment
from nurturing.services import audience, broadcasts, policy, sending
from tests.factories.core import NOON
from tests.factories.nurturing import a_broadcast, a_reader, a_sequence

pytestmark = pytest.mark.django_db


@pytest.fixture
def helen():
    return User.objects.create_user(
        email="helen@brightwell.example", name="Helen Okafor", role=Role.MANAGER
    )


@pytest.fixture
def limited(helen):
    policy.change(by=None, free_send=2, approver=helen)


def of_segment(*leads):
    ids = [lead.pk for lead in leads]
    held = segments.create(name="Held", kind="static", lead_ids=ids, by=None, at=NOON)
    return a_sequence(trigger={"kind": "segment", "ref": held.pk}, publish=False)


def confirm(broadcast, by):
    going = audience.review(broadcast, at=NOON).going
    return sending.confirm(broadcast, by=by, expected=going, at=NOON)


def test_a_broadcast_to_more_than_the_limit_waits_for_a_yes(client, max, helen, limited):
    row = a_broadcast(*[a_reader() for _ in range(3)])
    client.force_login(max)

    with pytest.raises(Conflict, match="needs approval"):
        confirm(row, max)
    page = client.get(f"/broadcasts/{row.pk}/review/").content.decode()
    client.post(f"/broadcasts/{row.pk}/ask/", {"reason": "The spring letter"})

    one = Approval.objects.get()
    assert "Ask Helen to approve 3" in page
    assert (one.amount, one.limit, one.decider, one.reason) == (3, 2, helen, "The spring letter")
    assert Notification.objects.get().user == helen

    approvals.decide(one, is_approved=True, words="Go", by=helen)
    assert (
        "Helen Okafor approved exactly this"
        in client.get(f"/broadcasts/{row.pk}/review/").content.decode()
    )
    assert confirm(row, max).state == "scheduled"
    assert Event.objects.filter(kind="approval.decided").exists()


def test_what_goes_to_no_more_than_the_limit_needs_no_yes(max, limited):
    assert confirm(a_broadcast(a_reader(), a_reader()), max).state == "scheduled"


def test_a_yes_holds_for_those_words_and_that_number_alone(client, max, helen, limited):
    people = [a_reader() for _ in range(4)]
    row = a_broadcast(*people)
    client.force_login(max)
    client.post(f"/broadcasts/{row.pk}/ask/")
    approvals.decide(Approval.objects.get(), is_approved=True, by=helen)

    values = broadcasts.values_of(row)
    broadcasts.edit(
        row, by=max, **values | {"subject": "Other news", "include": list(row.include.all())}
    )
    row.refresh_from_db()

    with pytest.raises(Conflict, match="needs approval"):
        confirm(row, max)


def test_more_people_than_were_approved_ask_anew(client, max, helen, limited):
    row = a_broadcast(*[a_reader() for _ in range(3)])
    client.force_login(max)
    client.post(f"/broadcasts/{row.pk}/ask/")
    approvals.decide(Approval.objects.get(), is_approved=True, by=helen)
    segments.add_many(row.include.get(), lead_ids=[a_reader().pk], by=None, at=NOON)

    with pytest.raises(Conflict, match="needs approval"):
        confirm(row, max)


def test_who_matches_a_sequence_is_let_in_after_a_yes_only(client, max, helen, limited):
    sequence = of_segment(*[a_reader() for _ in range(3)])
    client.force_login(max)
    url = f"/sequences/{sequence.pk}"

    assert client.post(f"{url}/publish/", {"also": "1"}).status_code == 409
    assert "Ask Helen to approve 3" in client.get(f"{url}/check/").content.decode()
    client.post(f"{url}/check/ask/", {"reason": "They asked for it"})
    approvals.decide(Approval.objects.get(), is_approved=True, by=helen)
    client.post(f"{url}/publish/", {"also": "1"})

    assert Enrolment.objects.count() == 3


def test_publishing_alone_needs_no_yes(client, max, limited):
    sequence = of_segment(*[a_reader() for _ in range(3)])
    client.force_login(max)

    assert client.post(f"/sequences/{sequence.pk}/publish/").status_code == 303
    assert not Enrolment.objects.exists()


def test_a_no_says_why_and_can_be_asked_about_again(client, max, helen, limited):
    sequence = of_segment(*[a_reader() for _ in range(3)])
    client.force_login(max)
    client.post(f"/sequences/{sequence.pk}/check/ask/")
    approvals.decide(Approval.objects.get(), is_approved=False, words="Too soon", by=helen)

    page = client.get(f"/sequences/{sequence.pk}/check/").content.decode()

    assert "Too soon" in page
    assert "Ask Helen to approve 3" in page


def test_the_same_is_not_asked_for_twice(client, max, limited):
    sequence = of_segment(*[a_reader() for _ in range(3)])
    client.force_login(max)

    first = client.post(f"/sequences/{sequence.pk}/check/ask/")
    second = client.post(f"/sequences/{sequence.pk}/check/ask/")

    assert (first.status_code, second.status_code) == (303, 409)


def test_only_who_is_named_decides(max, helen, limited, client):
    other = User.objects.create_user(
        email="other@brightwell.example", name="Otto Other", role=Role.MANAGER
    )
    sequence = of_segment(*[a_reader() for _ in range(3)])
    client.force_login(max)
    client.post(f"/sequences/{sequence.pk}/check/ask/")
    one = Approval.objects.get()

    assert approvals.may_decide(one, helen)
    assert not approvals.may_decide(one, other)
    assert not approvals.may_decide(one, max)
    assert client.get("/approvals/").status_code == 200


def test_many_are_not_put_in_by_hand_past_the_approval(client, max, limited):
    sequence, people = a_sequence(), [a_reader() for _ in range(3)]
    client.force_login(max)

    response = client.post(
        f"/sequences/{sequence.pk}/enrol/", {"ids": [lead.pk for lead in people]}
    )

    assert response.status_code == 409
    assert not Enrolment.objects.exists()


def test_the_limit_is_a_setting_on_record(max, helen):
    policy.change(by=max, free_send=1_000, approver=helen)

    told = [event.data["name"] for event in Event.objects.filter(kind="setting.changed")]

    assert told == ["marketing mail.free_send", "marketing mail.approver"]
