"""Writing several subjects, what the review says of them, side by side on the page, and deciding by hand."""

import pytest

from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.mail.sender import Sender
from nurturing.models import SubjectChosen
from nurturing.services import sending, subjects
from tests.factories.nurturing import a_broadcast, a_reader, cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client, max):
    client.force_login(max)
    return client


@pytest.fixture
def few(monkeypatch):
    """Few people are enough to compare."""
    monkeypatch.setattr(subjects, "LEAST", 1)


def trying(people=50, **fields):
    values = {"subject": "First", "other_subjects": ["Second"], "sample_share": 50} | fields
    return a_broadcast(*(a_reader() for _ in range(people)), **values)


def sent_sample(**fields):
    row = cast(trying(**fields), at=clock.now())
    Sender().run()
    sending.push_due()
    row.refresh_from_db()
    return row


def fields(row, **more):
    values = {"name": "News", "subject": "Hello", "body": "Good day.", "purpose": "marketing"}
    return values | {"timing": "now", "include": [row.include.get().pk]} | more


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_further_subjects_are_written_and_stand_in_the_form_again(marketer):
    row = a_broadcast(a_reader())
    more = {"subject_3": "Hi there", "sample_share": 30, "decide_by": "replies", "decide_after": 12}

    marketer.post(f"/broadcasts/{row.pk}/edit/", fields(row, **more))

    row.refresh_from_db()
    assert row.subjects == ["Hello", "Hi there"]
    assert (row.sample_share, row.decide_by, row.decide_after) == (30, "replies", 12)
    page = text_of(marketer.get(f"/broadcasts/{row.pk}/edit/"))
    assert 'name="subject_2" value="Hi there"' in page


@pytest.mark.parametrize(
    "more",
    [{"sample_share": 60}, {"decide_after": 0}, {"subject_2": "{{ lead.nothing }}"}],
)
def test_what_cannot_be_is_refused_beside_its_field(marketer, more):
    row = a_broadcast(a_reader())

    answer = marketer.post(f"/broadcasts/{row.pk}/edit/", fields(row, **more))

    assert answer.status_code == 422
    assert next(iter(more)) in answer.context["form"].errors


def test_the_review_says_how_many_try_each_and_when_the_rest_leaves(marketer, few):
    row = trying(decide_after=6)

    page = text_of(marketer.get(f"/broadcasts/{row.pk}/review/"))

    assert "people first" in page
    assert "people later" in page
    assert "6 hours after the last mail of the sample has left, one look decides." in page
    assert "The rest leaves at once then." in page
    assert "lf-confirm" in page


def test_too_few_to_tell_cannot_be_confirmed_and_the_review_says_why(marketer):
    row = trying(4)

    page = text_of(marketer.get(f"/broadcasts/{row.pk}/review/"))

    assert "Too few to tell: a subject would be tried on" in page
    assert "lf-confirm" not in page
    refused = marketer.post(
        f"/broadcasts/{row.pk}/confirm/", {"expected": 4, "revision": row.revision}
    )
    assert refused.status_code == 409


def test_each_subject_is_read_as_a_lead_would(marketer):
    row = trying(1, other_subjects=['Dear {{ lead.first_name | default: "reader" }}'])

    assert "Subject B:</span> Dear " in text_of(marketer.get(f"/broadcasts/{row.pk}/mail/"))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("", ["[Test A] First", "[Test B] Dear Ann"]),
        ("0", ["[Test A] First"]),
        ("1", ["[Test B] Dear Ann"]),
    ],
)
def test_she_sends_each_subject_or_one_of_them_to_herself(marketer, max, chosen, said):
    row = trying(1, other_subjects=["Dear {{ lead.first_name }}"])
    lead = a_reader(first_name="Ann")
    page = text_of(marketer.get(f"/broadcasts/{row.pk}/mail/?lead={lead.pk}"))

    answer = marketer.post(f"/broadcasts/{row.pk}/test/", {"lead": lead.pk, "subject": chosen})

    assert answer.status_code == 303
    assert "With each of the 2 subjects" in page
    sent = Delivery.objects.filter(to_address=max.email).order_by("id")
    assert list(sent.values_list("subject", flat=True)) == said


def test_a_subject_that_is_gone_is_not_sent(marketer):
    row = trying(1)

    answer = marketer.post(f"/broadcasts/{row.pk}/test/", {"subject": "3"})

    assert answer.status_code == 422
    assert not Delivery.objects.exists()


def test_the_people_of_the_rest_are_due_after_the_sample(marketer, few):
    row = trying()

    assert "after the sample" in text_of(marketer.get(f"/broadcasts/{row.pk}/review/people/"))


def test_side_by_side_each_number_opens_its_people_and_one_decides_by_hand(marketer, few):
    row = sent_sample()

    page = marketer.get(row.get_absolute_url())
    assert "The sample has left, the rest waits." in text_of(page)
    for _letter, _said, side in page.context["sides"]:
        url = f"/broadcasts/{row.pk}/people/?view=sent&subject={side.place}&part=sample"
        assert len(marketer.get(url).context["page"].rows) == side.sent > 0
    done = marketer.post(f"/broadcasts/{row.pk}/subject/", {"subject": 1})

    assert done.headers["Location"] == row.get_absolute_url()
    assert SubjectChosen.objects.get().subject == 1
    page = text_of(marketer.get(row.get_absolute_url()))
    assert "sent the rest with subject B." in page
    assert "lf-choose-" not in page
    assert marketer.post(f"/broadcasts/{row.pk}/subject/", {"subject": 0}).status_code == 409


def test_who_only_reads_decides_nothing(client, vera, few):
    row = sent_sample()
    client.force_login(vera)

    assert "lf-choose-" not in text_of(client.get(row.get_absolute_url()))
    assert client.post(f"/broadcasts/{row.pk}/subject/", {"subject": 0}).status_code == 403


def test_the_page_of_why_names_her_subject(marketer, few):
    row = sent_sample()
    one = row.recipients.filter(subject=1).first()

    page = text_of(marketer.get(f"/broadcasts/{row.pk}/why/{one.lead_id}/"))

    assert "with the subject “Second”" in page


def test_the_page_asks_as_often_for_four_subjects_as_for_two(
    marketer, few, django_assert_max_num_queries
):
    row = sent_sample(other_subjects=["b", "c", "d"], people=120)

    with django_assert_max_num_queries(32):
        marketer.get(row.get_absolute_url())
