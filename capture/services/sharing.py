"""What a marketer copies: the snippet for another site, the QR code, a link for one person."""

import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from capture.models import Form
from capture.selectors import known
from leadflow.kit import clock, tokens
from leadflow.models import Lead
from leadflow.services import hosts

KNOWN_FOR = timedelta(days=30)


def snippet(form: Form, embed: "Embed | None" = None) -> str:
    """What a marketer pastes into her page; the markup holds no style, so it passes a strict policy."""
    embed = embed or Embed()
    address = hosts.base_url() + form.public_path
    if embed.kind == "iframe":
        return format_html(
            '<iframe src="{}?embed=1" title="{}" width="100%" height="{}" loading="lazy"></iframe>',
            address, form.name, embed.height,
        )  # fmt: skip
    script = format_html(
        '<script src="{}/embed.js" data-form="{}"{} async></script>',
        hosts.base_url(),
        form.public_id,
        format_html_join("", ' data-{}="{}"', embed.data(form)),
    )
    if not embed.words:
        return script
    return format_html(
        '<a href="{}" data-leadflow-open="{}">{}</a>\n{}',
        address,
        form.public_id,
        embed.words,
        script,
    )


@dataclass(frozen=True, slots=True)
class Embed:
    """How a form stands in another page: its kind, what opens it, and what the browser may remember."""

    kind: str = "inline"
    words: str = ""  # of the link that opens it, and leads to the form's own page without script
    opens: str = ""  # a key of OPENS
    once: str = ""  # "visit" or a number of days
    height: int = 900

    def data(self, form: Form) -> list[tuple[str, str]]:
        """The data attributes of the script, without those that say what goes without saying."""
        if self.kind == "inline":
            return [("title", form.name)]
        told = [("as", self.kind), ("title", form.name), ("close", _("Close"))]
        if self.opens:
            told.append(OPENS[self.opens])
        return [*told, ("once", self.once)] if self.once else told


def height_of(form: Form) -> int:
    """Enough for the longest page of a form where no script follows its height."""
    pages = (form.live.content if form.live else form.draft)["pages"]
    return 240 + 96 * max(len(page["blocks"]) for page in pages)


OPENS = {
    "soon": ("after", "5"),
    "later": ("after", "30"),
    "half": ("scroll", "50"),
    "exit": ("exit", "1"),
}


def personal_link(form: Form, lead: Lead, *, at: datetime | None = None) -> str:
    """A link by which one person is known on one form for 30 days; it holds no word about her."""
    ends = int(((at or clock.now()) + KNOWN_FOR).timestamp())
    subject = f"{form.public_id}-{lead.pk}-{ends}"
    token = tokens.sign(settings.SECRET_KEY, known.PURPOSE, subject)
    return f"{hosts.base_url()}{form.public_path}?for={token}"


FIELDS = "form.link_"  # what merge fields of forms begin with; a code alone may look like a number


def merge_field(form: Form) -> str:
    """How a mail names the link of its reader's own to this form."""
    return f"{FIELDS}{form.public_id}"


def merge_paths() -> list[str]:
    """Every form that a mail may lead to."""
    live = Form.objects.filter(status=Form.Status.PUBLISHED)
    return [f"{FIELDS}{code}" for code in live.order_by("pk").values_list("public_id", flat=True)]


def merge_values(lead: Lead, asked: Collection[str]) -> dict[str, str]:
    """The links of one lead to the forms that a mail names; none to a form that is closed.

    A draft's preview has a person without a row, who gets the open page.
    """
    codes = [path.removeprefix(FIELDS) for path in asked if path.startswith(FIELDS)]
    if not codes:
        return {}
    forms = Form.objects.filter(public_id__in=codes, status=Form.Status.PUBLISHED)
    return {
        merge_field(form): personal_link(form, lead)
        if lead.pk
        else hosts.base_url() + form.public_path
        for form in forms
    }


def qr(form: Form) -> bytes:
    """The form's address as an SVG picture."""
    return qr_of(hosts.base_url() + form.public_path)


def qr_of(url: str) -> bytes:
    """Any address as an SVG picture."""
    # with what they bring along, 2 MB that only a process which draws one holds
    import qrcode  # noqa: PLC0415
    from qrcode.image.svg import SvgPathImage  # noqa: PLC0415

    target = io.BytesIO()
    qrcode.make(url, image_factory=SvgPathImage, border=2).save(target)
    return target.getvalue()
