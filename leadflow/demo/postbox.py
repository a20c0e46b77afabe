"""What came into the mailbox of the demo in its last days: answers, a stranger, a machine, and one that waits."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from operator import itemgetter

from leadflow.demo.cast import Cast
from leadflow.kit.ids import token
from leadflow.mail import inbound, mailboxes
from leadflow.mail.models import Delivery, InboundMail, Mailbox
from leadflow.models import Lead, Origin

ADDRESS = "hello@brightwell.example"
_ANSWERS = (
    "Thank you, that fits us well. Could somebody call me on Thursday, after ten?",
    "What would 180 kWp cost if we paid for it ourselves? Our roof is twelve years old.",
    "Please speak with my colleague Ms Brandt about it, she decides on the hall.",
    "Not this year, our budget is spent. Please get back to me in January.",
    "No, thank you, we went with another firm.",
)
_AWAY = "I am out of the office until Monday. In urgent cases call the front desk."
_STRANGER = (
    "Hello,\n\nwe run two cold stores near Bergen with 2,400 m² of flat roof."
    " Is that something for you?\n\nMarit Solheim"
)
_SPAM = "Dear owner, we bring your website to page one within a week."


def tell(cast: Cast, *, end: datetime) -> None:
    """A mailbox, and what came in of each kind."""
    source = next(source for source, _share in cast.sources if source.name == "Organic search")
    box = mailboxes.add(
        by=cast.admin, secret=token(), kind=Mailbox.Kind.IMAP, address=ADDRESS,
        host="imap.brightwell.example", username=ADDRESS, source=source, origin=Origin.DEMO,
    )  # fmt: skip
    letters = _letters(_written(end))
    for hours, letter in sorted(letters, key=itemgetter(0), reverse=True):
        _come(box, end - timedelta(hours=hours), letter)


def _letters(mails: Sequence[Delivery]) -> Iterator[tuple[int, EmailMessage]]:
    """What comes, each so many hours before the end."""
    for number, (mail, words) in enumerate(zip(mails, _ANSWERS, strict=False)):
        yield 3 + 19 * number, _answer(mail, words)
    if mails:
        away = _answer(mails[-1], _AWAY)
        away["Auto-Submitted"] = "auto-replied"
        yield 44, away
    stranger = _letter("Marit Solheim <marit@fjordfisk.example>", "A cold store", _STRANGER)
    yield 5, stranger
    spam = _letter("Rank First <offer@rank-first.example>", "Page one, guaranteed", _SPAM)
    spam["X-Spam-Flag"] = "YES"
    yield 9, spam


def _written(end: datetime) -> Sequence[Delivery]:
    """The last mails of sequences to people whom somebody looks after, one of each."""
    owned = Lead.objects.living().active().exclude(owner=None)
    rows = Delivery.objects.filter(
        origin=Origin.DEMO, kind=Delivery.Kind.MARKETING, lead__in=owned, due_at__lt=end
    )
    by_lead = {row.lead_id: row for row in rows.order_by("-due_at", "-pk")[:50]}
    return list(by_lead.values())[: len(_ANSWERS)]


def _letter(sender: str, subject: str, words: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ADDRESS, subject
    message.set_content(words)
    return message


def _answer(mail: Delivery, words: str) -> EmailMessage:
    message = _letter(mail.to_address, f"Re: {mail.subject}", words)
    message["In-Reply-To"] = mail.message_id
    return message


def _come(box: Mailbox, at: datetime, message: EmailMessage) -> None:
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<demo-{at:%Y%m%d%H%M}@mail.example>"
    inbound.receive(inbound.Came(box, message.as_bytes(), at=at))


def remove() -> None:
    """Take the mailbox away, with what came in through it; mail of her own boxes stays."""
    InboundMail.objects.filter(origin=Origin.DEMO).delete()
    Mailbox.objects.filter(origin=Origin.DEMO, mails=None).delete()
