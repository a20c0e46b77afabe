"""The demo's designs of mails: the newsletter, the welcome, one that is being made, a snippet, the brand kit."""

from datetime import datetime

from leadflow.blocks import documents
from leadflow.mail.design import services
from leadflow.mail.design.starts.parts import block, foot, head, small, text, title
from leadflow.mail.models import MailBrand, MailDesign, MailDesignVersion, MailSnippet
from leadflow.models import Origin
from leadflow.people.models import User

SITE = "https://www.example/"
NEWS, WELCOME = "News of the month", "Welcome to the newsletter"
SIGNED = "Signed by the owner"
_HELLO = 'Hello {{ lead.first_name | default: "there" }},'
_WHY = "You get this mail because you asked for news from Brightwell."


def make(by: User, at: datetime) -> None:
    """Before the sequences and broadcasts that send them."""
    MailBrand.objects.get_or_create(
        pk=1,
        defaults={
            "site_url": SITE, "footer": "Brightwell builds and looks after solar roofs.",
            "socials": {"LinkedIn": f"{SITE}linkedin", "YouTube": f"{SITE}youtube"},
        },
    )  # fmt: skip
    _design(
        WELCOME,
        "Welcome, and our three best pieces",
        "What readers share most.",
        _welcome(),
        by,
        at,
    )
    design = _design(
        NEWS, "Grid fees, and a cold store", "What January means for a roof.", _news(), by, at
    )
    signature = [row["id"] for row in documents.blocks(design.draft)][-4:-3]
    if not MailSnippet.objects.filter(name=SIGNED).exists():
        services.save_snippet(design=design, blocks_chosen=signature, name=SIGNED, by=by, at=at)
    services.create(name="", start="webinar", by=by, origin=Origin.DEMO, at=at)


def _design(
    name: str, subject: str, preheader: str, rows: list[documents.Content], by: User, at: datetime
) -> MailDesign:
    content = documents.empty(subject=subject, preheader=preheader)
    content["pages"][0]["blocks"] = rows
    design = services.create(name=name, by=by, content=content, origin=Origin.DEMO, at=at)
    services.publish(design=design, by=by, at=at)
    return design


def _signed() -> documents.Content:
    return text('{{ owner.name | default: "The Brightwell team" }}\nBrightwell')


def _button(words: str, path: str) -> documents.Content:
    return block("button", button=words, url=f"{SITE}{path}", align="left")


def _welcome() -> list[documents.Content]:
    return [
        head(),
        title("Good to have you here"),
        text(_HELLO, "these are the three pieces that readers share most. The first one takes four minutes."),
        block("columns", items=[
            {"title": "What a roof earns", "text": "Seven years of one bakery, month by month.", "button": "Read it", "url": f"{SITE}best-of"},
            {"title": "Storage, or more roof?", "text": "What customers did in their second year.", "button": "Read it", "url": f"{SITE}storage"},
            {"title": "The night bill", "text": "A cold store, and what it costs when nobody is there.", "button": "Read it", "url": f"{SITE}cold-store"},
        ]),
        block("staged", items=[
            {"stage": "decision", "title": "Comparing offers?", "text": "Ask each of us the same five questions. Here they are.", "button": "The five questions", "url": f"{SITE}questions"},
            {"stage": "else", "title": "New to this?", "text": "Begin with what it costs and what it brings.", "button": "Begin here", "url": f"{SITE}start"},
        ]),
        _signed(),
        *foot(_WHY),
    ]  # fmt: skip


def _news() -> list[documents.Content]:
    return [
        head(),
        title("The grid fee changes in January"),
        text(_HELLO, "for most roofs it means less to pay; for some it means asking once more what the night costs. We worked it out for three."),
        _button("What it means for a roof", "fees"),
        small("A cold store shows its first year"),
        text(f"240 kWp in Utrecht, and every month told as it was: [their numbers]({SITE}cold-store)."),
        block("text", text="You know us already: your yearly report is on its way.",
              show_when={"all": [{"field": "lead.stage", "op": "is", "value": "customer"}]}),
        block("content", title="Picked for you", button="Read it"),
        _signed(),
        *foot(_WHY),
    ]  # fmt: skip


def of(name: str) -> MailDesign | None:
    """A design of the demo by its name."""
    return MailDesign.objects.filter(name=name, origin=Origin.DEMO).first()


def remove() -> None:
    """All of it, once nothing that the demo made sends it any more."""
    ours = MailDesign.objects.filter(origin=Origin.DEMO)
    ours.update(live=None)
    MailDesignVersion.objects.filter(document__in=ours.values("pk")).delete()
    ours.delete()
    MailSnippet.objects.filter(name=SIGNED, created_by__is_demo=True).delete()
    MailBrand.objects.filter(site_url=SITE).delete()
