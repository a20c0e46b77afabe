"""What a visitor reads once she has sent a form."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from capture.blocks.path import ending_of
from capture.models import Form
from capture.services import incentives, promises

# what a visitor reads about the place that her answer got; the words tell nothing about anybody
PLACES = {
    "registered": gettext_lazy("You have a place. The details and a calendar file are on their way by email."),
    "waiting": gettext_lazy("It is full. You are on the waiting list: we write to you when a place becomes free."),
    "turned_away": gettext_lazy("We are sorry: the last place was just taken. Your answers have arrived."),
}  # fmt: skip


def thanks_json(
    form: Form,
    ending: str = "",
    links: Sequence[promises.Link] = (),
    *,
    place: str = "",
    offer: incentives.Outcome | None = None,
) -> dict[str, Any]:
    """What a script shows after a submission: the ending that the answers led to, else the form's own."""
    row = ending_of(form.live_version.content, ending)
    thanks: dict[str, Any] = {"title": form.thanks_title, "text": form.thanks_text}
    redirect = form.redirect_url
    if row is not None:
        thanks = {"title": row.get("title") or form.thanks_title, "text": row.get("text", "")}
        redirect = row.get("url", "")
    if place in PLACES:
        thanks["place"] = str(PLACES[place])
    if offer is not None:
        thanks["offer"] = offer.as_json()
    shown = [{"label": link.label, "url": link.url} for link in links]
    return {"ok": True, "thanks": thanks, "redirect": redirect, "links": shown}
