"""Scenes of a day in sales for the guides: a page, who looks at it, and what she does before the picture is taken.

`screenshots.py --guides` takes them after the plain pages; `--only NAME` one of them. The demo must be there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SIZE = {"width": 1200, "height": 750}
Hand = Callable[[Any], None]


def nothing(_page: Any) -> None:
    """The page as it opens."""


def press(key: str, then: str) -> Hand:
    """Press a key, and wait for what it opens."""

    def hand(page: Any) -> None:
        page.keyboard.press(key)
        page.locator(then).first.wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)

    return hand


def click(selector: str, then: str) -> Hand:
    """Choose the first such thing, and wait for what it opens."""

    def hand(page: Any) -> None:
        page.locator(selector).first.click()
        page.locator(then).first.wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)

    return hand


def told(selector: str) -> Hand:
    """Wait for what the page asks for by itself."""

    def hand(page: Any) -> None:
        page.locator(selector).first.wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)

    return hand


def show(selector: str) -> Hand:
    """Bring the first such thing to the top."""

    def hand(page: Any) -> None:
        page.wait_for_load_state("networkidle")
        scroll = (
            "it => { it.style.scrollMarginTop = '72px'; it.scrollIntoView({ block: 'start' }) }"
        )
        page.locator(selector).first.evaluate(scroll)
        page.wait_for_timeout(200)

    return hand


def letter(page: Any) -> None:
    """A letter is begun from a template."""
    page.locator("[data-mailer] select[name=template]").select_option(index=1)
    page.locator("[data-mailer] button[value=begin]").click()
    page.locator("[data-mailer] input[name=subject][value]:not([value=''])").wait_for()
    page.wait_for_load_state("networkidle")


def after(*hands: Hand) -> Hand:
    """One after the other."""

    def hand(page: Any) -> None:
        for one in hands:
            one(page)

    return hand


@dataclass(frozen=True)
class Scene:
    """`find` answers with the path and the e-mail address of who looks at it, empty for an admin."""

    find: Callable[[], tuple[str, str]]
    hand: Hand = nothing


def of(role: str, path: str) -> Callable[[], tuple[str, str]]:
    """A page without a record, as the first person of a role sees it."""

    def find() -> tuple[str, str]:
        from leadflow.people.models import User

        return path, User.objects.active().filter(role=role, is_demo=True).earliest("pk").email

    return find


def of_busiest(path: str) -> Callable[[], tuple[str, str]]:
    """A page as the rep sees it who has the most to do."""

    def find() -> tuple[str, str]:
        from leadflow.desk import queue
        from leadflow.people.models import User

        reps = User.objects.active().filter(role="rep", is_demo=True)
        return path, max(reps, key=lambda rep: len(queue.build(rep).rows)).email

    return find


def of_conversation(path: str) -> Callable[[], tuple[str, str]]:
    """A page about the lead with the longest conversation, as her owner sees it."""

    def find() -> tuple[str, str]:
        from django.db.models import Count

        from leadflow.mail import personal
        from leadflow.mail.models import InboundMail
        from leadflow.models import Lead

        wrote = InboundMail.objects.filter(kind="reply", delivery__key__startswith=personal.KEY)
        counted = wrote.values("lead").annotate(n=Count("pk")).order_by("-n", "lead")
        lead = Lead.objects.select_related("owner").get(pk=counted[0]["lead"])
        last = wrote.filter(lead=lead).latest("received_at")
        return path.format(lead=lead.pk, mail=f"i{last.pk}"), lead.owner.email

    return find


def of_call_list(part: str = "") -> Callable[[], tuple[str, str]]:
    """A page of the call list that is worked, as its manager sees it."""

    def find() -> tuple[str, str]:
        from leadflow.calling.models import CallList

        made = CallList.objects.select_related("created_by").earliest("pk")
        return f"/call-lists/{made.pk}/{part}", made.created_by.email

    return find


def in_hand() -> tuple[str, str]:
    """A caller has somebody in hand, at whatever hour the picture is taken."""
    from leadflow.calling import services
    from leadflow.calling.models import CallEntry, CallList
    from leadflow.kit import clock

    made = CallList.objects.earliest("pk")
    waiting = CallEntry.objects.filter(call_list=made, state="waiting").exclude(lead__phone="")
    for entry in waiting.select_related("lead__owner").order_by("-tries", "pk"):
        caller = entry.lead.owner or made.callers.earliest("pk")
        until = clock.now() + services.LEASE
        CallEntry.objects.filter(claimed_by=caller).update(claimed_by=None, claimed_until=None)
        CallEntry.objects.filter(pk=entry.pk).update(claimed_by=caller, claimed_until=until)
        return f"/call-lists/{made.pk}/work/", caller.email
    raise LookupError("nobody of the list can be called")


def a_todo() -> tuple[str, str]:
    """The page of a to-do that a colleague gave to somebody."""
    from leadflow.models import Activity

    row = Activity.objects.open().exclude(given_by=None).select_related("owner").earliest("pk")
    return f"/todos/{row.pk}/", row.owner.email


def of_company(path: str) -> Callable[[], tuple[str, str]]:
    """A page about the company with the most people."""

    def find() -> tuple[str, str]:
        from django.db.models import Count

        from leadflow.models import Company

        rows = Company.objects.annotate(n=Count("leads", distinct=True), d=Count("deals"))
        return path.format(company=rows.order_by("-n", "-d", "pk")[0].pk), ""

    return find


def of_deal(path: str, **known: Any) -> Callable[[], tuple[str, str]]:
    """A page about the first open deal of which this is known, as its owner sees it."""

    def find() -> tuple[str, str]:
        from pipeline.models import Deal

        rows = Deal.objects.living().open().filter(**known).exclude(lead=None).distinct()
        deal = rows.select_related("owner").earliest("pk")
        return path.format(deal=deal.pk), deal.owner.email

    return find


def to_convert() -> tuple[str, str]:
    """The warmest lead that may become a deal."""
    from leadflow.models import Lead

    rows = Lead.objects.living().active().filter(stage="sql").exclude(owner=None)
    lead = rows.select_related("owner").order_by("-score__engagement", "pk")[0]
    return f"/deals/convert/{lead.pk}/", lead.owner.email


def a_quote() -> tuple[str, str]:
    """A quote that is with the customer."""
    from pipeline.models import QuoteVersion

    row = (
        QuoteVersion.objects.filter(state="sent")
        .select_related("quote__deal__owner")
        .earliest("pk")
    )
    return row.quote.get_absolute_url(), row.quote.deal.owner.email


def of_sequence() -> tuple[str, str]:
    """The draft with the most steps, for whoever made it."""
    from leadflow.rulesets.models import RuleVersion
    from nurturing.models import Sequence

    drafts = RuleVersion.objects.filter(rule_set__kind="sequence", state="draft")
    longest = max(drafts, key=lambda draft: len(str(draft.document["steps"])))
    sequence = Sequence.objects.get(rule_set=longest.rule_set_id)
    return sequence.get_absolute_url(), sequence.owner.email if sequence.owner else ""


def of_marketer(path: str) -> tuple[str, str]:
    """A page as the marketer sees it who makes the sequences."""
    from leadflow.people.models import User

    return path, User.objects.active().filter(role="marketer", is_demo=True).earliest("pk").email


def planned(part: str) -> Callable[[], tuple[str, str]]:
    """A page of the sequence that was never published."""

    def find() -> tuple[str, str]:
        from nurturing.models import Sequence

        draft = Sequence.objects.filter(state="draft").latest("pk")
        return of_marketer(f"/sequences/{draft.pk}/{part}")

    return find


def walked(path: str) -> Callable[[], tuple[str, str]]:
    """A page of the sequence that most people walked, about who took the most steps of it."""

    def find() -> tuple[str, str]:
        from django.db.models import Count

        from nurturing.models import Enrolment

        walks = Enrolment.objects.exclude(state="held_back")
        busiest = walks.values("sequence").annotate(n=Count("pk")).order_by("-n", "sequence")[0]
        longest = walks.filter(sequence=busiest["sequence"]).annotate(n=Count("steps_done"))
        walk = longest.select_related("lead").order_by("-n", "-pk")[0]
        told = path.format(sequence=walk.sequence_id, lead=walk.lead_id, email=walk.lead.email)
        return of_marketer(told)

    return find


def waits_for_a_yes() -> tuple[str, str]:
    """The review of a broadcast that a manager was asked about, for whoever asked."""
    from leadflow.approvals.models import Approval

    row = Approval.objects.filter(kind="send").select_related("asked_by").earliest("pk")
    return row.url, row.asked_by.email


def of_reader() -> tuple[str, str]:
    """What the reader who chose what she gets sees behind the link in her last mail."""
    from urllib.parse import urlsplit

    from leadflow.mail import links
    from leadflow.mail.models import Delivery
    from leadflow.models import Consent

    lead = Consent.objects.filter(method="preferences").earliest("pk").lead_id
    mail = Delivery.objects.filter(lead=lead, kind="marketing").latest("pk")
    return urlsplit(links.unsubscribe_url(mail)).path, ""


SCENES: dict[str, Scene] = {
    "sequence-check": Scene(planned("check/"), told(".lf-fore")),
    "sequence-try": Scene(
        walked("/sequences/{sequence}/try/?lead={email}"), told(".lf-fore-lines")
    ),
    "sequence-results": Scene(
        walked("/sequences/{sequence}/results/?span=all"), told("#lf-per-mail")
    ),
    "sequence-why": Scene(walked("/sequences/{sequence}/why/{lead}/"), told(".lf-fore-why")),
    "who-gets-what": Scene(of("marketer", "/who-gets-what/"), told("#lf-silent")),
    "broadcast-waits": Scene(waits_for_a_yes),
    "deliverability": Scene(of("admin", "/settings/deliverability/")),
    "suppressions": Scene(
        of("admin", "/settings/suppressions/?address=old.boss%40old-dairies.example")
    ),
    "preferences": Scene(of_reader, click("details summary", "details[open] [name=keep]")),
    "sequence": Scene(of_sequence, told(".lf-pane .lf-fore")),
    "sequence-step": Scene(of_sequence, click("[data-step=guide6]", "#lf-step-form")),
    "my-day": Scene(
        of_busiest("/my-day/"),
        press("q", "[data-queue-panel] .lf-outcomes, [data-queue-panel] form"),
    ),
    "upcoming": Scene(of_busiest("/my-day/"), after(press("u", ".lf-qnext"), show(".lf-qahead"))),
    "hot-list": Scene(of_busiest("/my-day/hot/")),
    "mail": Scene(of_conversation("/leads/{lead}/mail/"), letter),
    "conversation": Scene(of_conversation("/leads/{lead}/mails/{mail}/")),
    "times": Scene(of_conversation("/leads/{lead}/mail/?meet=1")),
    "pins": Scene(of_conversation("/leads/{lead}/")),
    "todo": Scene(a_todo),
    "call-list": Scene(of_call_list()),
    "call-rows": Scene(of_call_list("rows/called/")),
    "call": Scene(in_hand),
    "lead-board": Scene(
        of("rep", "/leads/board/"),
        click("[data-column=lead] header [data-col-add]", "[data-card-form]"),
    ),
    "company": Scene(of_company("/companies/{company}/")),
    "company-log": Scene(of_company("/companies/{company}/log/")),
    "deals": Scene(of("manager", "/deals/")),
    "forecast": Scene(of("manager", "/deals/forecast/")),
    "chart": Scene(of("manager", "/deals/chart/")),
    "calendar": Scene(of_busiest("/todos/calendar/")),
    "deal": Scene(of_deal("/deals/{deal}/", splits__isnull=False)),
    "credit": Scene(of_deal("/deals/{deal}/split/", splits__isnull=False)),
    "objections": Scene(of("rep", "/deals/playbook/")),
    "negotiation": Scene(of_deal("/deals/{deal}/negotiation/", concessions__isnull=False)),
    "approvals": Scene(of("manager", "/approvals/")),
    "collateral": Scene(of("rep", "/deals/collateral/?cols=title,kind,answers,shared,opened,won")),
    "quote": Scene(a_quote),
    "conversion": Scene(to_convert),
}


def take(page: Any, scene: Scene, url: str, sign_in: Callable[[str], None]) -> None:
    """The page as it stands when the hand has done its work."""
    path, email = scene.find()
    sign_in(email)
    page.goto(url + path, wait_until="networkidle")
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    scene.hand(page)
