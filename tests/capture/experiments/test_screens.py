"""A marketer makes variant B, starts, reads the figures, and takes B live."""

import json
from datetime import timedelta

import pytest

from capture.models import FormView, Submission
from capture.selectors.experiments import results_of
from capture.services import experiments, forms, pages
from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.experiments import services
from leadflow.experiments.models import Experiment
from leadflow.kit import clock
from leadflow.models import LeadCycle
from tests.factories.capture import published_form, published_page, running_test
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
SHARES = {"a-weight": 50, "b-weight": 50, "b-label": "shorter"}
GOAL = {"goal": "sent", "goal_days": 30, "look_days": 14}


@pytest.fixture
def form(db):
    return published_form()


def seen(variant, people, sent, *, leads=False, at=None):
    """So many people saw a variant, and so many of them sent the form."""
    at = at or clock.now()
    form = experiments.tested(variant.experiment)
    keys = [f"{variant.key}-opening-{number:04}" for number in range(people)]
    FormView.objects.bulk_create(
        FormView(form=form, key=key, variant=variant, person=key, seen_at=at) for key in keys
    )
    return Submission.objects.bulk_create(
        Submission(form=form, version=form.live, client_submission_id=key, variant=variant,
                   state="processed", received_at=at) for key in keys[:sent]
    )  # fmt: skip


def test_b_begins_as_a_copy_and_opens_in_the_editor(client, max, form):
    client.force_login(max)
    assert "Make variant B" in client.get(f"/forms/{form.pk}/test/").text

    answer = client.post(f"/forms/{form.pk}/test/new/")

    test = Experiment.objects.get()
    assert answer.headers["Location"] == f"/tests/{test.pk}/variants/b/"
    assert test.variants.get(key="b").draft == form.live.content
    assert "Variant B" in client.get(answer.headers["Location"]).text


def test_b_is_edited_without_changing_the_form(client, max, form):
    client.force_login(max)
    client.post(f"/forms/{form.pk}/test/new/")
    b = Experiment.objects.get().variants.get(key="b")
    b.draft["pages"][0]["blocks"][0]["props"]["text"] = "Words of B"
    told = json.dumps({"content": b.draft, "revision": b.draft_revision})

    answer = client.post(f"/tests/{b.experiment_id}/variants/b/draft/", told, "application/json")

    assert answer.status_code == 200
    assert "Words of B" in client.get(f"/tests/{b.experiment_id}/variants/b/preview/").text
    assert "Words of B" not in client.get(f"/tests/{b.experiment_id}/variants/a/preview/").text
    form.refresh_from_db()
    assert "Words of B" not in json.dumps(form.draft)


def test_a_variant_that_says_the_same_is_not_started_and_nothing_typed_is_lost(client, max, form):
    client.force_login(max)
    test = experiments.begin(document=form, by=max)

    answer = client.post(f"/tests/{test.pk}/arrange/", GOAL | SHARES | {"go": "start"})

    assert answer.status_code == 422
    assert "Variant B is the same as A" in answer.text
    assert 'value="shorter"' in answer.text
    assert form.versions.count() == 1


def test_a_share_out_of_bounds_is_refused_beside_its_field(client, max, form):
    client.force_login(max)
    test = experiments.begin(document=form, by=max)

    answer = client.post(f"/tests/{test.pk}/arrange/", GOAL | SHARES | {"b-weight": 0})

    assert answer.status_code == 422
    assert "greater than or equal to 1" in answer.text


def test_starting_freezes_b_beside_what_is_live(max, form):
    test = running_test(form, by=max)

    form.refresh_from_db()
    assert form.live.number == 1
    assert list(test.variants.values_list("key", "version")) == [("a", 1), ("b", 2)]
    assert form.versions.get(number=2).content != form.live.content
    assert Event.objects.filter(kind="experiment.started", subject_id=form.pk).count() == 1


def test_what_is_compared_stays_while_it_runs(client, max, form):
    test = running_test(form, by=max)
    for act in (forms.publish, forms.archive):
        with pytest.raises(Conflict, match="A/B test runs"):
            act(form=form, by=max)
    client.force_login(max)

    told = json.dumps({"content": {}, "revision": 0})
    assert (
        client.post(f"/tests/{test.pk}/variants/b/draft/", told, "application/json").status_code
        == 409
    )
    assert client.post(f"/tests/{test.pk}/arrange/", GOAL | SHARES).status_code == 409
    assert client.post(f"/forms/{form.pk}/test/new/").status_code == 409


def test_an_unfinished_variant_names_what_is_missing(form):
    test = experiments.begin(document=form, by=None)
    b = test.variants.get(key="b")
    b.draft["pages"][0]["blocks"] = []
    b.save()

    with pytest.raises(Invalid, match="Variant B is not finished"):
        experiments.start(experiment=test, by=None)
    assert not Experiment.objects.filter(state="running").exists()


def test_there_are_two_to_five_variants(form):
    test = experiments.begin(document=form, by=None)
    made = [services.add_variant(experiment=test, by=None) for _ in range(3)]
    assert [one.key for one in made] == ["c", "d", "e"]
    with pytest.raises(Conflict, match="at most five"):
        services.add_variant(experiment=test, by=None)
    for one in made:
        services.remove_variant(variant=one, by=None)
    with pytest.raises(Conflict, match="one other variant stay"):
        services.remove_variant(variant=test.variants.get(key="b"), by=None)


def test_the_figures_have_intervals_and_open_their_rows(
    client, max, form, django_assert_max_num_queries
):
    test = running_test(form, by=max)
    a, b = test.variants.all()
    seen(a, 400, 40)
    seen(b, 400, 80)
    Experiment.objects.update(started_at=clock.now() - timedelta(days=20))
    client.force_login(max)
    client.get(f"/forms/{form.pk}/test/")

    with django_assert_max_num_queries(16):
        page = client.get(f"/forms/{form.pk}/test/")

    one, other = page.context["results"]
    assert (one.reached.count, one.reached.of, other.reached.count) == (40, 400, 80)
    assert other.difference == pytest.approx(0.1)
    assert 0.04 < other.gap[0] < 0.1 < other.gap[1] < 0.16
    assert "B does better than A" in page.text
    rows = client.get(f"/forms/{form.pk}/answers/?variant={b.pk}")
    assert len(rows.context["page"].rows) > 0
    assert {row.variant_id for row in rows.context["page"].rows} == {b.pk}
    assert "Contact: B" in rows.text


def test_few_people_are_told_as_few_and_an_early_look_says_when(client, max, form):
    test = running_test(form, by=max)
    a, b = test.variants.all()
    seen(a, 10, 1)
    seen(b, 10, 9)
    client.force_login(max)

    early = client.get(f"/forms/{form.pk}/test/").text
    assert "not before" in early
    assert "does better" not in early
    Experiment.objects.update(started_at=clock.now() - timedelta(days=20))
    late = client.get(f"/forms/{form.pk}/test/").text
    assert "too few to compare" in late
    assert "does better" not in late


def test_a_gap_that_chance_makes_is_called_so(client, max, form):
    test = running_test(form, by=max)
    a, b = test.variants.all()
    seen(a, 300, 30)
    seen(b, 300, 36)
    Experiment.objects.update(started_at=clock.now() - timedelta(days=20))
    client.force_login(max)

    assert "may be chance" in client.get(f"/forms/{form.pk}/test/").text


def test_a_goal_further_down_counts_leads_who_got_there_in_time(form):
    test = running_test(form, goal="mql", goal_days=10)
    b = test.variants.get(key="b")
    at = clock.now() - timedelta(days=30)
    for row, days in zip(seen(b, 4, 3, at=at), (5, 20, None), strict=True):
        lead = a_lead(email=f"{row.pk}@north.example")
        Submission.objects.filter(pk=row.pk).update(lead=lead)
        reached = at + timedelta(days=days) if days else None
        LeadCycle.objects.update_or_create(
            lead=lead, number=1, defaults={"started_at": at, "mql_at": reached}
        )

    assert results_of(test)[1].reached.count == 1


def test_b_is_taken_live_as_the_next_version(client, max, form):
    test = running_test(form, by=max)
    client.force_login(max)

    answer = client.post(f"/tests/{test.pk}/stop/", {"winner": "b"})

    assert answer.status_code == 303
    form.refresh_from_db()
    test.refresh_from_db()
    assert (form.live.number, form.live.content) == (3, form.versions.get(number=2).content)
    assert (test.state, test.winner.key, test.stopped_by) == ("stopped", "b", max)
    assert "variant B was kept" in client.get(f"/forms/{form.pk}/test/").text
    assert Event.objects.filter(kind="experiment.stopped").count() == 1
    assert client.post(f"/tests/{test.pk}/stop/", {"winner": "a"}).status_code == 409


def test_keeping_a_leaves_the_form_as_it_was(max, form):
    test = running_test(form, by=max)
    experiments.stop(experiment=test, winner=test.variants.get(key="a"), by=max)

    form.refresh_from_db()
    assert form.live.number == 1


def test_a_page_takes_its_variant_live(max):
    page = published_page()
    test = running_test(page, by=max)
    experiments.stop(experiment=test, winner=test.variants.get(key="b"), by=max)

    page.refresh_from_db()
    assert "Words of B" in json.dumps(page.live.content)
    assert pages.publish(page=page, by=max).number == 4


def test_a_rep_looks_on_and_changes_nothing(client, bob, form):
    test = running_test(form)
    client.force_login(bob)

    assert client.get(f"/forms/{form.pk}/test/").status_code == 200
    assert client.post(f"/tests/{test.pk}/stop/", {"winner": "b"}).status_code == 403


def test_one_that_was_not_started_is_discarded(client, max, form):
    test = experiments.begin(document=form, by=max)
    client.force_login(max)

    client.post(f"/tests/{test.pk}/discard/")

    assert not Experiment.objects.exists()
