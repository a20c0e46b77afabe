"""How a form is laid out: pages, blocks and words as crispy layout objects.

Every page stands in the document. The script shows one at a time; without it the server does, page by
page, and a page that is not reached is a disabled fieldset, so that nothing of it is sent.
"""

from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from capture.blocks.calculating import parts
from capture.forms.fields import FIELDS
from capture.selectors import occasions
from leadflow.assets import images
from leadflow.blocks import marks
from leadflow.conditions import language
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.offers.models import Offer

HIDDEN, DISABLED = SafeString(" hidden"), SafeString(" disabled")
KNOWN = SafeString(" data-known")
TEXTS = frozenset(
    {"heading", "text", "result", "image", "occasion", "offer"}
)  # blocks that ask nothing


def helper(content: Mapping[str, Any]) -> FormHelper:
    """The layout of a document for crispy."""
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True  # signed token instead: a cookie would follow visitors
    pages = content["pages"]
    kind = OnlyPage if len(pages) == 1 else OnePage
    made.layout = Layout(*[kind(page, number) for number, page in enumerate(pages, start=1)])
    return made


def _is_visible(item: Mapping[str, Any]) -> bool:
    named = bool(item["props"].get("name")) and not item["props"].get("is_gated")
    return item["type"] in TEXTS or (named and item["type"] in {*FIELDS, "calculation"})


class Words:
    """A block of text: the author's words, escaped, never a template."""

    def __init__(self, template: str, props: Mapping[str, Any]) -> None:
        self.template = template
        words = str(props.get("text", ""))
        self.props = {**props, "parts": parts(words), "html": marks.html(words)}

    def render(self, form: forms.Form, context: Any, **kwargs: Any) -> str:
        """What crispy calls."""
        del form, context, kwargs
        return render_to_string(self.template, {"block": self.props})


class Picture:
    """A picture out of our own library, or one on the web."""

    def __init__(self, props: Mapping[str, Any]) -> None:
        self.props = props
        self.code = str(props.get("image") or "")

    def render(self, form: forms.Form, context: Any, **kwargs: Any) -> str:
        """What crispy calls."""
        del form, context, kwargs
        told = {"block": self.props, "picture": images.named([self.code]).get(self.code)}
        return render_to_string("capture/public/image.html", told)


class OccasionCard:
    """The event that the form registers for, as it stands when the form is drawn."""

    def __init__(self, key: str) -> None:
        self.pk = int(key) if key.isdecimal() else 0

    def render(self, form: forms.Form, context: Any, **kwargs: Any) -> str:
        """What crispy calls."""
        del form, context, kwargs
        told = {"shown": occasions.shown(self.pk)}
        return render_to_string("capture/public/occasion.html", told)


class OfferCard:
    """The offer that the form gives, as it stands when the form is drawn."""

    def __init__(self, key: str) -> None:
        self.pk = int(key) if key.isdecimal() else 0

    def render(self, form: forms.Form, context: Any, **kwargs: Any) -> str:
        """What crispy calls."""
        del form, context, kwargs
        offer = Offer.objects.filter(pk=self.pk).first()
        told = {
            "offer": offer,
            "holds": bool(offer and offer.can_come(clock.now())),
            "zone": Organisation.current().time_zone or "UTC",
        }
        return render_to_string("capture/public/offer.html", told)


class Block:
    """One block; without script it is hidden where answers to earlier pages say so."""

    def __init__(self, item: Mapping[str, Any], own: frozenset[str]) -> None:
        self.id, self.type = item["id"], item["type"]
        self.name = str(item["props"].get("name") or "")
        if self.type == "occasion":
            self.inner: Any = OccasionCard(str(item["props"].get("occasion") or ""))
        elif self.type == "offer":
            self.inner = OfferCard(str(item["props"].get("offer") or ""))
        elif self.type == "image":
            self.inner = Picture(item["props"])
        elif self.type in {*TEXTS, "calculation"}:
            self.inner = Words(f"capture/public/{self.type}.html", item["props"])
        else:
            self.inner = Field(item["props"]["name"])
        used = language.fields_used(item["props"].get("show_when") or {})
        self.is_settled = bool(used) and not used & own

    def render(self, form: Any, context: Any, **kwargs: Any) -> SafeString:
        """What crispy calls."""
        hides = form.page and self.is_settled and self.id not in form.way.shown
        spared = self.name in form.spared
        return format_html(
            '<div class="lf-block" data-block="{}" data-type="{}"{}>{}</div>',
            self.id,
            self.type,
            HIDDEN + KNOWN if spared else HIDDEN if hides else "",
            self.inner.render(form, context, **kwargs),
        )


class OnlyPage:
    """The page of a form that has one."""

    def __init__(self, page: Mapping[str, Any], number: int) -> None:
        self.id, self.number = page["id"], number
        self.title = str(page.get("title") or "")
        blocks = page["blocks"]
        own = frozenset(str(item["props"].get("name") or "") for item in blocks)
        self.blocks = [Block(item, own) for item in blocks if _is_visible(item)]

    def render(self, form: Any, context: Any, **kwargs: Any) -> SafeString:
        """What crispy calls."""
        return format_html(
            '<div class="lf-page" data-page="{}">{}</div>',
            self.id,
            self.inside(form, context, **kwargs),
        )

    def inside(self, form: Any, context: Any, **kwargs: Any) -> SafeString:
        """Its blocks, one below another."""
        return format_html_join(
            "", "{}", ((one.render(form, context, **kwargs),) for one in self.blocks)
        )


class OnePage(OnlyPage):
    """One page of several. Those behind keep their answers unseen, those ahead send nothing."""

    def render(self, form: Any, context: Any, **kwargs: Any) -> SafeString:
        """What crispy calls."""
        is_here = form.page == self.id if form.page else self.number == 1
        is_kept = is_here or (form.page and self.id in form.kept_pages)
        state = "" if is_here else HIDDEN if is_kept else HIDDEN + DISABLED
        title = format_html('<h2 class="lf-page-title">{}</h2>', self.title) if self.title else ""
        return format_html(
            '<fieldset class="lf-page" data-page="{}"{}>{}{}</fieldset>',
            self.id,
            state,
            title,
            self.inside(form, context, **kwargs),
        )
