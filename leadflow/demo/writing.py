"""What reps of the demo and their leads wrote to one another, and the templates that they begin from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random
from uuid import UUID

from leadflow.demo import postbox
from leadflow.demo.telling import DEMO, Story
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.mail import inbound, personal, templates
from leadflow.mail.models import Delivery, InboundMail, Mailbox, MailTemplate
from leadflow.models import Activity, Lead, LeadStage
from leadflow.people.models import User
from leadflow.services import activities, pins

_HELLO = 'Hello {{ lead.first_name | default: "there" }},\n\n'
_BYE = "\n\nBest regards,\n{{ sender.name }}"
TEMPLATES = {
    "After the first call": (
        "What we spoke about",
        (
            "thank you for the talk. As promised: [three roofs, three answers](https://www.example/three-roofs).\n\n"
            "Which of the three is most like yours?"
        ),
    ),
    "The yield report": (
        "The numbers of your roof",
        (
            "your yield report is ready. The short form: most of what your roof makes, you use yourself.\n\n"
            "Shall we go through it together this week? Twenty minutes are enough."
        ),
    ),
    "Still of interest?": (
        "Shall I close your file?",
        (
            "I have not heard from you since we sent the numbers. If the time is wrong, say so in one line, and I "
            "come back when it is right."
        ),
    ),
}


@dataclass(frozen=True)
class _Line:
    """One mail: whose it is, how many hours before the end, and its words."""

    is_ours: bool
    ago: int
    words: str


_WAITS = 20  # hours since somebody asked what is not answered yet
_TALKS: tuple[tuple[str, tuple[_Line, ...]], ...] = (
    (
        "Your roof in Halle 2",
        (
            _Line(True, 146, "thank you for the talk. Could you send me the plan of the roof, and last year’s bill?"),
            _Line(False, 121, "Here is what I have: 1,800 m², built in 2011, and 540 MWh last year. The plan is with our architect."),
            _Line(True, 118, "that is enough to begin with. You have the yield report on Friday."),
            _Line(False, _WAITS, "Thank you for the report. Our director asks what happens if we add storage in the second year?"),
        ),
    ),
    (
        "The grid operator",
        (
            _Line(True, 98, "we asked the grid operator for you: 150 kWp go without new cables. More takes a year."),
            _Line(False, 74, "Then we begin with 150. What do you need from us for the application?"),
            _Line(True, 70, "one signature, on the page that I send with this. We do the rest."),
        ),
    ),
    (
        "Visit at the cold store",
        (
            _Line(True, 52, "on the 12th you can see a roof like yours at work. Shall I put you down for two?"),
            _Line(False, 27, "Three, please: our landlord would like to come along."),
        ),
    ),
    (
        "Your offer",
        (_Line(True, 30, "the offer is on its way to you by post as well. Whom may I call about it on Thursday?"),),
    ),
)  # fmt: skip


def tell(story: Story) -> None:
    """Three templates, and four conversations: two wait for an answer of ours, one for theirs."""
    for name, (subject, words) in TEMPLATES.items():
        values = {"name": name, "subject": subject, "text": _HELLO + words + _BYE}
        templates.save(template=MailTemplate(), values=values, by=story.cast.manager)
    dice, box = Random(31), Mailbox.objects.get(address=postbox.ADDRESS, origin=DEMO)  # noqa: S311
    for (subject, lines), lead in zip(_TALKS, _people(), strict=False):
        _talk(box, lead, subject, lines, story.end, dice)
        _pin_first(lead, story.end)
        if lines[-1].ago == _WAITS:
            _promise(lead, story.end)


def _promise(lead: Lead, end: datetime) -> None:
    """Her question is to be answered today: the letter is planned."""
    activities.plan(
        kind=Activity.Kind.EMAIL, subject="Send the numbers with a storage", lead=lead,
        owner=lead.owner, due_at=end + timedelta(minutes=20), by=lead.owner,
        at=end - timedelta(hours=18), origin=DEMO,
    )  # fmt: skip


def _pin_first(lead: Lead, at: datetime) -> None:
    """What was learned of her first stays in sight."""
    notes = Event.objects.filter(lead_id=lead.pk, kind=Kind.NOTE_ADDED, origin=DEMO)
    first = notes.order_by("occurred_at", "pk").first()
    if first and lead.owner:
        pins.pin(lead=lead, event=first, by=lead.owner, at=at - timedelta(hours=19), origin=DEMO)


def _people() -> list[Lead]:
    """Those in talks who may be written to, of a different rep in turn, the warmest first."""
    rows = Lead.objects.living().active().in_stage(LeadStage.SQL, LeadStage.OPPORTUNITY)
    rows = rows.filter(origin=DEMO).exclude(email="").exclude(owner=None)
    spoken = InboundMail.objects.filter(origin=DEMO).exclude(lead=None).values("lead")
    rows = rows.exclude(pk__in=spoken).select_related("owner")
    turns: dict[int | None, int] = {}
    found: list[tuple[int, int, Lead]] = []
    for lead in rows.order_by("-score__engagement", "pk")[:60]:
        if not personal.refusal(lead):
            turns[lead.owner_id] = turns.get(lead.owner_id, 0) + 1
            found.append((turns[lead.owner_id], len(found), lead))
    return [lead for _turn, _n, lead in sorted(found, key=lambda one: one[:2])]


def _talk(
    box: Mailbox, lead: Lead, subject: str, lines: tuple[_Line, ...], end: datetime, dice: Random
) -> None:
    last: Delivery | InboundMail | None = None
    sent: Delivery | None = None
    for number, line in enumerate(lines):
        at = end - timedelta(hours=line.ago, minutes=dice.randint(0, 50))
        title = subject if number == 0 else f"Re: {subject}"
        if line.is_ours and lead.owner:
            key = UUID(int=dice.getrandbits(128), version=4)
            last = sent = _write(lead, lead.owner, personal.Letter(
                key=key, to=lead.email, subject=title, answers=last,
                text=f"Hello {lead.first_name},\n\n{line.words}\n\nBest regards,\n{lead.owner.name}",
            ), at)  # fmt: skip
        elif sent:
            last = _answered(box, lead, sent, line.words, at)


def _write(lead: Lead, by: User, letter: personal.Letter, at: datetime) -> Delivery:
    return personal.send(lead=lead, letter=letter, by=by, at=at)


def _answered(
    box: Mailbox, lead: Lead, mail: Delivery, words: str, at: datetime
) -> InboundMail | None:
    """Her answer, with our words quoted below hers as mail programs do."""
    subject = mail.subject if mail.subject.startswith("Re: ") else f"Re: {mail.subject}"
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = lead.email, box.address, subject
    message["In-Reply-To"] = mail.message_id
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<talk-{lead.pk}-{at:%Y%m%d%H%M}@mail.example>"
    quoted = "\n".join(f"> {line}" for line in mail.text.splitlines())
    message.set_content(f"{words}\n\n{lead.first_name} {lead.last_name}\n\n{quoted}\n")
    return inbound.receive(inbound.Came(box, message.as_bytes(), at=at))


def remove() -> None:
    """Take the templates away that nobody has changed; mails go with those that came in and went out."""
    for name, (subject, words) in TEMPLATES.items():
        MailTemplate.objects.filter(name=name, subject=subject, text=_HELLO + words + _BYE).delete()
