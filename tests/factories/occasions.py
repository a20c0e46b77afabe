"""Events to test with, and forms that register for them."""

from datetime import timedelta

from capture.blocks.starts import block
from capture.services import occasions
from leadflow.kit import clock
from tests.factories.capture import published_form, token_of


def an_occasion(*, in_days=7, hours=1, by=None, **values):
    """A webinar that is to come, with a link to join; in Berlin."""
    starts = clock.now() + timedelta(days=in_days)
    told = {
        "title": "Roofs that pay",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=hours),
        "time_zone": "Europe/Berlin",
        "join_url": "https://meet.example/roofs",
    } | values
    return occasions.plan(values=told, by=by)


def a_past_occasion(*, days_ago=1, **values):
    """One that is over: planned as one to come, then moved back, so that people could register."""
    occasion = an_occasion(**values)
    return move_back(occasion, days_ago=days_ago)


def move_back(occasion, *, days_ago=1):
    """The time of an event has passed."""
    occasion.starts_at = clock.now() - timedelta(days=days_ago)
    occasion.ends_at = occasion.starts_at + timedelta(hours=1)
    occasion.save(update_fields=["starts_at", "ends_at"])
    return occasion


def form_for(occasion, **fields):
    """A live form that registers for it."""
    return published_form(
        block("occasion", occasion=str(occasion.pk)),
        block("short_text", label="First name", name="first_name", save_to="first_name"),
        block("email"),
        name=occasion.title,
        **fields,
    )


def guest_body(form, number=1, **answers):
    """What the browser of guest `number` posts."""
    return {
        "first_name": f"Guest {number}",
        "email": f"guest{number}@visitors.example",
        "website_url": "",
        "token": token_of(form),
        "client_id": f"client-{number:06d}",
    } | answers
