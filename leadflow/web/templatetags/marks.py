"""The small marks of the product as strings: icon, key, pill, face, moment, score, next step, box.

A page shows hundreds of them. A component costs a fifth of a millisecond, a function a hundredth: at
fifty rows that was most of a list's time. The components in templates/ui/ call these, so each mark is
written once; loops and the shell use them as tags, cells that Python draws as functions.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadflow.people.models import User
from leadflow.web.templatetags import formats

register = template.Library()

NOTHING = format_html('<span class="lf-muted">{}</span>', "–")
BARS = format_html(
    '<span class="{}" aria-hidden="true"><i></i><i></i><i></i><i></i></span>', "lf-score-bars"
)


@register.simple_tag
@lru_cache(maxsize=1024, typed=True)
def icon(name: str, size: str = "16", label: str = "") -> SafeString:
    """A sign of the sprite; without a label it is for the eye only."""
    if label:
        spoken = format_html('role="img" aria-label="{}"', label)
    else:
        spoken = format_html('aria-hidden="{}"', "true")
    larger = f" lf-icon-{size}" if size != "16" else ""
    return format_html(
        '<svg class="lf-icon{}" {}><use href="{}#{}"></use></svg>',
        larger, spoken, static("img/icons.svg"), name,
    )  # fmt: skip


@register.simple_tag
@lru_cache(maxsize=256, typed=True)
def key(name: str) -> SafeString:
    """A key of the keyboard."""
    return format_html('<kbd class="lf-key" aria-hidden="true">{}</kbd>', name)


@register.simple_tag
def pill(words: Any, kind: str = "", sign: str = "", href: str = "", attrs: Any = "") -> SafeString:
    """A reason or a state in few words; `kind` gives the colour, the words say it too."""
    look = f" lf-pill-{kind}" if kind else ""
    drawn = icon(sign) if sign else ""
    if href:
        shape = '<a href="{}" class="lf-pill{}" {}>{}{}</a>'
        return format_html(shape, href, look, str(attrs), drawn, words)
    return format_html('<span class="lf-pill{}" {}>{}{}</span>', look, str(attrs), drawn, words)


@register.simple_tag
def face(
    person: User | None = None, name: str = "", size: str = "24", show: str = ""
) -> SafeString:
    """Somebody as a round mark, with her first name (`show="first"`), her name, or neither beside it."""
    if person:
        return _face_of(person.name, person.initials, size, _beside(person, show))
    larger = f" lf-avatar-{size}" if size != "24" else ""
    if name:
        shape = '<span class="lf-avatar lf-hue-{}{}" aria-hidden="true">{}</span>'
        return format_html(shape, formats.hue(name), larger, formats.initials(name))
    return format_html(
        '<span class="lf-person lf-muted"><span class="lf-avatar lf-avatar-none{}" {}></span>{}</span>',
        larger, _spoken(_("Nobody"), is_written=bool(show), title=False), _("None") if show else "",
    )  # fmt: skip


def _beside(person: User, show: str) -> str:
    if not show:
        return ""
    return person.first_name if show == "first" else person.name


@lru_cache(maxsize=512, typed=True)
def _face_of(name: str, letters: str, size: str, beside: str) -> SafeString:
    return format_html(
        '<span class="lf-person"><span class="lf-avatar lf-hue-{}{}" {}>{}</span>{}</span>',
        formats.hue(name), f" lf-avatar-{size}" if size != "24" else "",
        _spoken(name, is_written=bool(beside), title=True), letters, beside,
    )  # fmt: skip


def _spoken(name: str, *, is_written: bool, title: bool) -> SafeString:
    """What a screen reader says of a face: nothing where the name stands beside it."""
    if is_written:
        return format_html('aria-hidden="{}"', "true")
    if title:
        return format_html('role="img" aria-label="{}" title="{}"', name, name)
    return format_html('role="img" aria-label="{}"', name)


@register.simple_tag
def moment(at: datetime | None, form: str = "when", now: datetime | None = None) -> SafeString:
    """A time in a few words (`form`: when, age, day, clock), in full on the title."""
    if not at:
        return format_html('<span class="lf-muted">{}</span>', _("never"))
    there = formats.local(at)
    full = f"{WEEKDAYS[there.weekday()]} {there.day} {MONTHS[there.month]} {there:%Y, %H:%M}"
    if form == "clock":
        words = formats.clock(at)
    else:
        words = {"age": formats.age, "day": formats.day}.get(form, formats.when)(at, now)
    shape = '<time class="lf-nowrap" datetime="{}" title="{}">{}</time>'
    return format_html(shape, there.isoformat(), full, words)


@register.simple_tag
def score(grade: str = "", band: int | str = "") -> SafeString:
    """Fit as a letter, engagement as bars and a digit; a dash before the first scoring."""
    if not (grade and band):
        said = _("Not scored yet")
        return format_html(
            '<span class="lf-score lf-score-none" title="{}">{}<span aria-hidden="true">–</span>'
            '<span class="lf-sr">{}</span></span>',
            said, BARS, said,
        )  # fmt: skip
    said = _("Fit %(fit)s, engagement %(band)s") % {"fit": grade, "band": band}
    shape = '<span class="lf-score lf-score-{}" title="{}">{}{}{}</span>'
    return format_html(shape, band, said, BARS, grade, band)


@register.simple_tag
def next_step(state: str = "none", words: Any = "") -> SafeString:
    """What is to be done next: late, today, later or none, never by colour alone."""
    if state == "late":
        sign = icon("alert-triangle")
    else:
        tint = f" lf-dot-{state}" if state != "today" else ""
        sign = format_html('<span class="lf-dot{}" aria-hidden="true"></span>', tint)
    shape = '<span class="lf-next lf-next-{}">{}{}</span>'
    return format_html(shape, state, sign, words or _("No next step"))


@register.simple_tag
def pick(value: Any, label: str = "", name: str = "ids") -> SafeString:
    """The cell with the box that chooses a row."""
    return format_html(
        '<td class="lf-col-check"><input type="checkbox" class="lf-box" name="{}" value="{}" data-pick aria-label="{}"></td>',
        name, value, _("Select %(label)s") % {"label": label},
    )  # fmt: skip
