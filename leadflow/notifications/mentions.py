"""Colleagues who are named in a note by @ and their name."""

import re
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.events.models import Event
from leadflow.models import Lead, Note
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people.models import User

_AT = re.compile(r"(?<![\w.])@(?=\w)")


def named_in(text: str, people: Iterable[User]) -> list[User]:
    """Who is named by @ and the whole name, or by a first name that only one person has.

    Capitals do not matter. Of two names that fit, the longer is meant.
    """
    names = _names(people)
    longest_first = sorted(names, key=len, reverse=True)
    found: dict[int, User] = {}
    folded = text.casefold()
    for at in _AT.finditer(folded):
        said = folded[at.end() :]
        name = next((one for one in longest_first if _begins(said, one)), None)
        if name is not None:
            found[names[name].pk] = names[name]
    return list(found.values())


def _names(people: Iterable[User]) -> dict[str, User]:
    whole: dict[str, User] = {}
    first: dict[str, list[User]] = {}
    for user in people:
        name = user.name.casefold()
        whole[name] = user
        first.setdefault(name.partition(" ")[0], []).append(user)
    alone = {name: users[0] for name, users in first.items() if len(users) == 1}
    return {**alone, **whole}


def _begins(said: str, name: str) -> bool:
    rest = said[len(name) : len(name) + 1]
    return said.startswith(name) and not rest.isalnum()


def notes_with_names(events: Sequence[Event]) -> dict[int, Note]:
    """The notes of these events in which somebody is named, by their id; private ones name nobody."""
    ids = {event.data.get("note") for event in events}
    rows = Note.objects.filter(pk__in=ids, is_private=False, text__contains="@")
    return rows.select_related("lead").in_bulk()


def tell(events: Sequence[Event]) -> None:
    """Tell those who are named in a note about a lead and may see her."""
    notes = notes_with_names([event for event in events if event.lead_id])
    people = list(User.objects.active()) if notes else []
    told = []
    for event in events:
        note = notes.get(event.data.get("note", 0))
        if note is None or note.lead is None:
            continue
        url = note.lead.get_absolute_url()
        told += [
            notice(event, note, user, note.lead.name, url)
            for user in named_in(note.text, people)
            if user.pk != event.actor_id and _sees(user, note.lead)
        ]
    tell_many(told)


def _sees(user: User, lead: Lead) -> bool:
    """Few are named in a note, and what each may see is a question of her own."""
    return Lead.objects.visible_to(user).filter(pk=lead.pk).exists()


def notice(event: Event, note: Note, user: User, about: str, url: str) -> Told:
    """What one of them hears."""
    with override(user.language):
        who = note.by.name if note.by else "LeadFlow"
        words = {"who": who, "name": about, "text": note.text}
        sentence = _("%(who)s mentions you, about %(name)s: “%(text)s”") % words
    return Told(
        user=user,
        key=f"mentioned:{event.pk}",
        kind=Notice.MENTIONED,
        sentence=sentence,
        url=url,
        lead_id=event.lead_id,
        at=event.occurred_at,
        origin=event.origin,
    )
