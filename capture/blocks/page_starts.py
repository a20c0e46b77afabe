"""What a new landing page may start from; the form that stands on it is made along."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.page import PAGE_BLOCKS, TYPES
from leadflow.blocks import documents

_BY_KEY = {kind.key: kind for kind in TYPES}
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PageStart:
    """One way to begin: what it is for, its blocks, and the start of its form (empty for none)."""

    name: Any
    about: Any
    icon: str
    build: Callable[[str], Rows]
    form: str = ""

    def content(self, title: str, form_code: str) -> documents.Content:
        """A fresh document; its words are in the maker's language."""
        content = documents.empty(title=title[:70])
        content["pages"][0]["blocks"] = self.build(form_code)
        return documents.normalised(content, PAGE_BLOCKS)


def page_block(kind: str, **props: Any) -> dict[str, Any]:
    """One block of a page, by its type's name."""
    return documents.block(_BY_KEY[kind], **props)


def _faq(*pairs: tuple[str, str]) -> dict[str, Any]:
    rows = [{"question": question, "answer": answer} for question, answer in pairs]
    return page_block("faq", title=_t("Questions"), items=rows)


def _benefits(title: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    return page_block("benefits", title=title, items=[{"title": a, "text": b} for a, b in pairs])


def _footer() -> dict[str, Any]:
    return page_block("footer")


def _guide(form: str) -> Rows:
    return [
        page_block("hero", title=_t("The guide that saves you the first mistake"),
                   text=_t("Twelve pages, written by people who do this every day."), button=_t("Get the guide")),
        _benefits(_t("What you learn"),
                  (_t("Where the money goes"), _t("The three costs that nobody puts in the first offer.")),
                  (_t("What to ask"), _t("Seven questions that tell a good supplier from a cheap one.")),
                  (_t("When to start"), _t("The order of steps, with the time that each one takes."))),
        page_block("form", form=form),
        _faq((_t("Does it cost anything?"), _t("No. You get it by email, and that is all.")),
             (_t("Will somebody call me?"), _t("Only if you ask for it."))),
        _footer(),
    ]  # fmt: skip


def _webinar(form: str) -> Rows:
    return [
        page_block("hero", title=_t("Forty minutes, live, with your questions"),
                   text=_t("Bring the question that nobody answers in a brochure."), button=_t("Save a seat")),
        page_block("heading_text", title=_t("What we will show"),
                   text=_t("- How it works, on a real case\n- What it costs and what it saves\n- Your questions, answered live")),
        page_block("form", form=form),
        _faq((_t("I cannot make it. Is there a recording?"), _t("Sign up all the same: everybody on the list gets it."))),
        _footer(),
    ]  # fmt: skip


def _demo(form: str) -> Rows:
    return [
        page_block("hero", title=_t("See it with your own data"), text=_t("Thirty minutes, no slides, no contract."), button=_t("Ask for a demo")),
        _benefits(_t("What happens then"),
                  (_t("We look at your case"), _t("A person reads what you wrote before they call.")),
                  (_t("You see it work"), _t("On your own example, not on ours.")),
                  (_t("You decide"), _t("You get the numbers in writing and take your time."))),
        page_block("form", form=form),
        _footer(),
    ]  # fmt: skip


def _calculator(form: str) -> Rows:
    return [
        page_block("hero", title=_t("What does it cost you today?"),
                   text=_t("Three numbers, an answer at once. The details come by email if you want them."), button=_t("Work it out")),
        page_block("calculator", form=form),
        _faq((_t("Where do the numbers come from?"), _t("From what you enter. The formula is the one that we use ourselves."))),
        _footer(),
    ]  # fmt: skip


def _advert(form: str) -> Rows:
    return [
        page_block("hero", title=_t("The promise of your advert, word for word"),
                   text=_t("One sentence on what a visitor gets, and one on what it takes."), button=_t("Get the offer")),
        _benefits(_t("Why now"),
                  (_t("One"), _t("What is better afterwards.")), (_t("Two"), _t("What it costs, openly.")),
                  (_t("Three"), _t("What happens if it does not fit."))),
        page_block("form", form=form),
        _footer(),
    ]  # fmt: skip


def _app(_form: str) -> Rows:
    return [
        page_block("hero", title=_t("Your day in one app"), text=_t("Free to try on every phone."),
                   button=_t("Get the app"), leads_to="link", url="https://example.com/app"),
        _benefits(_t("What it does"),
                  (_t("Quick"), _t("Opens in a second, also without a network.")),
                  (_t("Yours"), _t("Your data stays on your phone until you share it.")),
                  (_t("Honest"), _t("No advertising, and one price."))),
        page_block("pricing", title=_t("Prices"), items=[
            {"name": _t("Free"), "price": "€ 0", "per": _t("for ever"), "text": _t("One project\nAll basic tools"), "is_marked": False,
             "button": _t("Get the app"), "leads_to": "link", "url": "https://example.com/app"},
            {"name": _t("Team"), "price": "€ 9", "per": _t("a person and month"), "text": _t("All projects\nShared work\nHelp by phone"), "is_marked": True,
             "button": _t("Try it for a month"), "leads_to": "link", "url": "https://example.com/app"}]),
        _footer(),
    ]  # fmt: skip


def _newsletter(form: str) -> Rows:
    return [
        page_block("hero", title=_t("One letter a month that is worth opening"), text=_t("What we learned, in five minutes."), button=_t("Subscribe")),
        page_block("form", form=form),
        _footer(),
    ]  # fmt: skip


def _blank(_form: str) -> Rows:
    return []


PAGE_STARTS: dict[str, PageStart] = {
    "guide": PageStart(_("Guide download"), _("Something worth reading in exchange for an address."), "file-text", _guide, "guide"),
    "webinar": PageStart(_("Webinar"), _("A date, what will be shown, and a seat."), "calendar-event", _webinar, "webinar"),
    "demo": PageStart(_("Demo request"), _("For visitors who are close to a decision."), "device-desktop", _demo, "demo"),
    "calculator": PageStart(_("Calculator"), _("An answer at once, the details for an address."), "calculator", _calculator, "calculator"),
    "advert": PageStart(_("Page of an advert"), _("Repeats the promise that was clicked, and asks once."), "speakerphone", _advert, "contact"),
    "app": PageStart(_("App"), _("What it does, what it costs, where to get it."), "device-mobile", _app),
    "newsletter": PageStart(_("Newsletter"), _("One reason, one field."), "send", _newsletter, "newsletter"),
    "blank": PageStart(_("Empty page"), _("Start from nothing."), "plus", _blank),
}  # fmt: skip
