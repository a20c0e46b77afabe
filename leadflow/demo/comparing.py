"""The demo's A/B tests: one that runs on a form, and one of a page whose variant B was taken live."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from capture.models import FormVersion, FormView, LandingPage, PageView, Submission
from capture.services import experiments
from leadflow.demo.telling import DEMO, Story
from leadflow.experiments.models import Experiment, Variant
from leadflow.experiments.selectors import latest
from leadflow.people.models import User

_SOURCES = ("google", "linkedin", "newsletter", "", "google", "")
_DEVICES = ("desktop", "desktop", "phone")
PAGE = "The solar guide"
Shown = tuple[str, Variant, datetime]


def tell(story: Story) -> None:
    """The page's test ended a month ago; that of the form is in its ninth day."""
    dice = Random(11)  # noqa: S311 a story, no secret
    by, end = story.cast.marketer, story.end
    form = story.cast.forms["demo"].document
    form.refresh_from_db()
    _form(_started(form, "submit_label", "Show me my roof", by, end - timedelta(days=9)), dice, end)
    page = LandingPage.objects.filter(name=PAGE, origin=DEMO).first()
    if page is not None:
        at = end - timedelta(days=46)
        test = _started(page, "title", "Cut your power bill by a third", by, at, "click")
        _page(test, dice, at + timedelta(days=16), by)


def _started(
    document: experiments.Tested, prop: str, words: str, by: User, at: datetime, goal: str = "sent"
) -> Experiment:
    """A test whose B says other words at one place."""
    test = experiments.begin(document=document, by=by, at=at)
    b = test.variants.get(key="b")
    place = b.draft["settings"] if prop == "submit_label" else _opening(b)
    place[prop] = words
    b.label = words
    b.save(update_fields=["draft", "label"])
    Experiment.objects.filter(pk=test.pk).update(goal=goal)
    return experiments.start(experiment=test, by=by, at=at)


def _opening(variant: Variant) -> dict[str, str]:
    blocks = variant.draft["pages"][0]["blocks"]
    props: dict[str, str] = next(one["props"] for one in blocks if one["type"] == "hero")
    return props


def _people(test: Experiment, count: int, dice: Random, end: datetime) -> Iterator[Shown]:
    """So many people between the start and `end`, each with the variant that she is dealt."""
    trial = latest(test.kind, test.subject_id)
    variants = test.variants.in_bulk()
    began = test.started_at or end
    minutes = int((end - began).total_seconds() // 60)
    for number in range(count if trial else 0):
        key = f"demo-test-{test.kind}-{number:04}"
        arm = trial.share_out(key) if trial else None
        if arm:
            yield key, variants[arm.pk], began + timedelta(minutes=dice.randrange(minutes))


def _form(test: Experiment, dice: Random, end: datetime) -> None:
    """Openings of the form since; what was sent in these days was sent by one of them."""
    shown = list(_people(test, 420, dice, end))
    sent = list(
        Submission.objects.filter(
            form=test.subject_id, origin=DEMO, received_at__gte=test.started_at
        ).counted()[:90]
    )
    rows = [_opening_of(test, *one, dice) for one in shown]
    FormView.objects.bulk_create(rows, ignore_conflicts=True)
    versions = {row.number: row for row in FormVersion.objects.filter(document_id=test.subject_id)}
    for answer, (key, variant, _at) in zip(sent, shown, strict=False):
        FormView.objects.filter(form=test.subject_id, key=answer.client_submission_id).update(
            variant=variant, person=key, version=variant.version
        )
        answer.variant, answer.version = variant, versions[variant.version or 0]
    Submission.objects.bulk_update(sent, ["variant", "version"])


def _opening_of(
    test: Experiment, key: str, variant: Variant, at: datetime, dice: Random
) -> FormView:
    return FormView(
        form_id=test.subject_id, key=key, variant=variant, version=variant.version, person=key,
        seen_at=at, started_at=at if dice.random() < 0.3 else None, source=dice.choice(_SOURCES),
        device=dice.choice(_DEVICES), origin=DEMO,
    )  # fmt: skip


def _page(test: Experiment, dice: Random, end: datetime, by: User) -> None:
    """Two weeks of openings; B led more of them to its button, and was taken live."""
    PageView.objects.bulk_create(
        PageView(
            page_id=test.subject_id, key=key, variant=variant, person=key, seen_at=at,
            clicked_at=at if dice.random() < (0.17 if variant.is_control else 0.28) else None,
            source=dice.choice(_SOURCES), device=dice.choice(_DEVICES), origin=DEMO,
        )
        for key, variant, at in _people(test, 760, dice, end)
    )  # fmt: skip
    _answers_on_page(test, end)
    experiments.stop(experiment=test, winner=test.variants.get(key="b"), by=by, at=end)


def _answers_on_page(test: Experiment, end: datetime) -> None:
    """What was sent on the page in those weeks was sent by people who saw one of the two."""
    sent = list(
        Submission.objects.filter(
            page=test.subject_id, origin=DEMO, received_at__gte=test.started_at, received_at__lt=end
        ).counted()
    )
    seen = PageView.objects.filter(page=test.subject_id, variant__in=test.variants.all())
    pressed = seen.exclude(clicked_at=None).order_by("pk").values_list("variant", "person")
    for answer, (variant, person) in zip(sent, pressed, strict=False):
        answer.page_variant_id = variant
        PageView.objects.filter(page=test.subject_id, key=answer.client_submission_id).update(
            variant=variant, person=person
        )
    Submission.objects.bulk_update(sent, ["page_variant"])


def remove() -> None:
    """Take them away again; a test that somebody made of her own stays."""
    PageView.objects.filter(origin=DEMO).delete()
    Experiment.objects.filter(origin=DEMO).delete()
