"""What visitors of the demo did before and around their forms: openings, visits, and what was held back."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from capture import rules as capture_rules
from capture.blocks.asking import questions
from capture.models import Behaviour, FormVersion, FormView, Visit, Visitor, VisitorPolicy
from capture.rules.beacons import Act, Beacon
from capture.services import submissions, visits
from leadflow.demo.cast import LiveForm
from leadflow.demo.telling import DEMO, Story
from leadflow.kit import agents
from leadflow.models import Lead, LeadStage
from leadflow.services import engagement

SITE = "https://brightwell.example"
_PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
)
_DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_SOURCES = ("google", "linkedin", "newsletter", "", "google", "")
_PATHS = (("Pricing", "pricing"), ("Case study: cold storage", "case"), ("How it works", "product"))
_SUSPECTS = (
    ("honeypot", "Best SEO prices", "rank@mailinator.com"),
    ("too_fast,crawler", "CryptoWin", "win@lottery.example"),
    ("disposable", "Jo", "jo9982@mailinator.com"),
    ("honeypot", "Buy followers", "sale@followers.example"),
)


def tell(story: Story) -> None:
    """The openings of every form, a few followed visits, and four answers that wait for a look."""
    dice = Random(7)  # noqa: S311 a story, no secret
    if not VisitorPolicy.objects.exists():
        VisitorPolicy.objects.create(pk=1, mode=VisitorPolicy.Mode.IDENTIFIED, sites=[SITE])
    for name, form in story.cast.forms.items():
        _open(dice, name, form)
    _visit(dice, story.end)
    _leave_half_way(story)
    _come_and_go(dice, story)
    _hold(story)


def _come_and_go(dice: Random, story: Story) -> None:
    """Two of three leads of a form agreed before they sent it; many others came and left again."""
    born = Lead.objects.filter(origin=DEMO, merged_into=None, deleted_at=None)
    came: list[tuple[Visitor, Visit]] = []
    for number, (pk, at) in enumerate(
        born.order_by("created_at", "pk").values_list("pk", "created_at")
    ):
        if number % 3:
            before = timedelta(minutes=dice.randint(2, 6_000))
            came.append(_browser(dice, f"demo-lead-{number:012}", at - before, lead=pk))
        for other in range(4):
            seen = at + timedelta(minutes=dice.randint(-9_000, 9_000))
            if seen < story.end:
                key = f"demo-seen-{number:08}-{other}"
                came.append(_browser(dice, key, seen, is_anonymous=other > 1))
    Visitor.objects.bulk_create([visitor for visitor, _visit in came])
    Visit.objects.bulk_create([visit for _visitor, visit in came])


def _browser(
    dice: Random, key: str, at: datetime, *, lead: int | None = None, is_anonymous: bool = False
) -> tuple[Visitor, Visit]:
    visitor = Visitor(
        key=key, is_anonymous=is_anonymous, lead_id=lead, first_seen_at=at, last_seen_at=at
    )
    page = dice.choice(_PATHS)[1]
    return visitor, Visit(
        visitor=visitor, key=key[-20:], lead_id=lead, started_at=at, last_seen_at=at,
        site="brightwell.example", landing=f"{SITE}/{page}", source=dice.choice(_SOURCES),
        device=agents.device(dice.choice((_DESK, _DESK, _PHONE))), origin=DEMO,
    )  # fmt: skip


def _leave_half_way(story: Story) -> None:
    """People who agreed to be known begin another form and do not send it."""
    form = story.cast.forms["demo"].document
    known = Lead.objects.filter(origin=DEMO, merged_into=None, deleted_at=None).exclude(email="")
    people = known.filter(stage__in=[LeadStage.LEAD, LeadStage.MQL]).order_by("-created_at", "-pk")[
        :5
    ]
    facts = [
        engagement.Fact(
            lead.pk, "form.started", "visit", f"demo-left-{number}", label=form.name,
            topic=f"form:{form.pk}", at=story.end - timedelta(days=3 * number, hours=5),
        )
        for number, lead in enumerate(people)
        if lead.created_at < story.end - timedelta(days=3 * number, hours=6)
    ]  # fmt: skip
    engagement.append(facts, origin=DEMO)


def _open(dice: Random, name: str, form: LiveForm) -> None:
    """As many openings as the days counted: one for each answer, of the others some began."""
    version = form.version
    asked = [one.name for one in questions(version.content)]
    rows, met = [], Counter[date]()
    sent = form.document.submissions.filter(origin=DEMO)
    for client_id, at in sent.values_list("client_submission_id", "received_at"):
        spent = timedelta(seconds=dice.randint(25, 240))
        rows.append(_row(version, client_id, at - spent, asked, dice))
        met[at.date()] += 1
    for day, views in form.document.days.values_list("day", "views"):
        for number in range(views - met[day]):
            at = datetime.combine(day, time(6), UTC) + timedelta(minutes=dice.randint(0, 700))
            touched = asked[: min(dice.randint(1, len(asked)), dice.randint(1, len(asked)))]
            begun = touched if dice.random() < 0.3 else []
            rows.append(_row(version, f"demo-{name}-{day:%m%d}-{number:03}", at, begun, dice))
    FormView.objects.bulk_create(rows, ignore_conflicts=True)


def _row(
    version: FormVersion, key: str, at: datetime, touched: list[str], dice: Random
) -> FormView:
    return FormView(
        form=version.document,
        key=key,
        version=version.number,
        seen_at=at,
        started_at=at if touched else None,
        touched=touched,
        last=touched[-1] if touched else "",
        source=dice.choice(_SOURCES),
        device=agents.device(dice.choice((_DESK, _DESK, _PHONE))),
        origin=DEMO,
    )


def _visit(dice: Random, end: datetime) -> None:
    """A dozen browsers that agreed, and nobody knows yet whose they are."""
    policy = VisitorPolicy.current()
    for number in range(12):
        at = end - timedelta(hours=dice.randint(2, 200))
        acts = [
            Act(
                f"demo-{number:02}-{place:02}", "page.viewed", at + timedelta(minutes=place), label,
                topic, f"{SITE}/{topic}", round(dice.uniform(4, 120), 1),
            )
            for place, (label, topic) in enumerate(dice.sample(_PATHS, dice.randint(1, 3)))
        ]  # fmt: skip
        touch = {"utm_source": "linkedin"} if number % 3 == 0 else {}
        told = Beacon(
            f"demo-visitor-{number:012}", f"demo-{number:04}", f"{SITE}/", "", touch, tuple(acts)
        )
        sender = visits.Sender("192.0.2.10", _DESK, "brightwell.example")
        visits.take(told, sender=sender, policy=policy, at=acts[-1].at, origin=DEMO)


def _hold(story: Story) -> None:
    form = story.cast.forms["contact"]
    for number, (reason, name, email) in enumerate(_SUSPECTS):
        answers = {
            "full_name": name,
            "first_name": name,
            "email": email,
            "message": "Visit our site",
        }
        answers = {key: value for key, value in answers.items() if key in form.asked}
        arrival = capture_rules.Arrival(
            client_id=f"demo-suspect-{number}", channel="hosted", ip="192.0.2.66",
            headers={"user-agent": "Mozilla/5.0 (compatible; AhrefsBot/7.0)"},
            page_url=f"{SITE}/contact", utm={},
        )  # fmt: skip
        submissions.accept(
            version=form.version, answers=answers, raw=answers | {"website_url": "https://spam.example"},
            arrival=arrival, spam=reason, origin=DEMO,
            at=story.end - timedelta(hours=5 * number + 2),
        )  # fmt: skip


def remove() -> None:
    """Take away what visitors of the demo did, and the policy that let them be followed."""
    Behaviour.objects.filter(visit__origin=DEMO).delete()
    Visit.objects.filter(origin=DEMO).delete()
    Visitor.objects.filter(key__startswith="demo-", visits=None).delete()
    FormView.objects.filter(origin=DEMO).delete()
    VisitorPolicy.objects.filter(sites=[SITE]).delete()
