"""What keeps a broadcast from going out, and what is only worth a look."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.mail import wariness
from leadflow.mail.compose import targets_in
from leadflow.mail.design import services as designs
from leadflow.mail.design.checking import links_of
from leadflow.mail.links import is_web
from leadflow.mail.models import MailDesignVersion
from nurturing.models import LETTERS, Broadcast
from nurturing.services import audience, documents
from nurturing.services.acts.wording import plain
from nurturing.services.worst_cases import bare_fields

Problem = tuple[str, str]
_WRITTEN_LINK = re.compile(r"\[(?P<words>[^\[\]\n]+)\]\((?P<target>[^)\n]*)\)")
_FIELD = re.compile(r"\{\{[^{}]*\}\}")
LONG_SUBJECT = 70


def check(broadcast: Broadcast, *, at: datetime) -> None:
    """Raise Invalid with every named reason why it may not go."""
    found: dict[str, list[str]] = {}
    for place, sentence in problems(broadcast, at=at):
        found.setdefault(place, []).append(sentence)
    if found:
        first = next(iter(found.values()))[0]
        raise Invalid(_("This broadcast cannot go yet. %(why)s") % {"why": first}, found)


def problems(broadcast: Broadcast, *, at: datetime) -> Iterator[Problem]:
    """(place, sentence) of everything that is missing or wrong."""
    yield from documents.legal_problems()
    for sentence in documents.email_problems(broadcast.words):
        yield "mail", sentence
    if not broadcast.design_id:
        yield from _links(broadcast.body)
    yield from _subjects(broadcast)
    yield from _segments(broadcast)
    yield from _time(broadcast, at)
    if broadcast.campaign and broadcast.campaign.is_archived:
        yield "campaign", _("The campaign is archived. Choose another, or none.")


def _subjects(broadcast: Broadcast) -> Iterator[Problem]:
    """What is wrong with the further subjects."""
    for letter, other in zip(LETTERS[1:], broadcast.subjects[1:], strict=False):
        words = {"subject": other, "body": ""}  # the message is checked once
        said = [
            *documents.template_problems(words),
            *([] if broadcast.offer_id else documents.offer_problems(words)),
            *(
                _("Fill in what stands in double brackets: %(what)s.") % {"what": what}
                for what in documents.open_ends(words)
            ),
        ]
        for sentence in said:
            yield "mail", _("Subject %(letter)s: %(why)s") % {"letter": letter, "why": sentence}
    alike = [one.strip().casefold() for one in broadcast.subjects]
    if len(set(alike)) < len(alike):
        yield "mail", _("Two of the subjects are the same. Change one, or take it out.")


def _links(body: str) -> Iterator[Problem]:
    """Links that lead nowhere: no web address between the brackets."""
    for match in _WRITTEN_LINK.finditer(_FIELD.sub("x", body)):
        if not is_web(match["target"]) or " " in match["target"]:
            words = {"words": match["words"]}
            yield (
                "links",
                _("The link “%(words)s” leads nowhere. Write https://… behind it.") % words,
            )


def _segments(broadcast: Broadcast) -> Iterator[Problem]:
    chosen = list(broadcast.include.all())
    if not chosen:
        yield "audience", _("Choose at least one segment that it goes to.")
    for segment in [*chosen, *broadcast.exclude.all()]:
        if segment.archived_at:
            sentence = _("The segment “%(name)s” was put away. Choose another.")
            yield "audience", sentence % {"name": segment.name}


def _time(broadcast: Broadcast, at: datetime) -> Iterator[Problem]:
    if broadcast.timing == Broadcast.Timing.NOW:
        return
    if not audience.is_timed(broadcast):
        yield "time", _("Choose the day and the hour at which it goes.")
    elif broadcast.timing == Broadcast.Timing.AT and audience.due(broadcast, "") <= at:
        yield "time", _("Its time is over. Choose a later one, or send it at once.")
    elif audience.due(broadcast, "Etc/GMT+12") <= at:
        yield "time", _("Its time is over everywhere. Choose a later one, or send it at once.")


def hints(broadcast: Broadcast) -> Iterator[str]:
    """What a careful reader would point out; none of it stands in the way."""
    version = designs.live_of(broadcast.design_id)
    written = range(len(broadcast.subjects))
    bare = [bare_fields(broadcast.words_with(n).get("programs", {})) for n in written]
    for name in sorted(set().union(*bare)):
        sentence = _("“%(field)s” has no fallback: whoever has none reads a gap.")
        yield sentence % {"field": name.rpartition(".")[2].replace("_", " ")}
    if not broadcast.preview and not (version and version.content["settings"]["preheader"]):
        yield _("There is no preview text: mailboxes show the first words of the message instead.")
    if any(len(plain(one)) > LONG_SUBJECT for one in broadcast.subjects):
        yield _("The subject is long: phones cut it after some 40 letters.")
    yield from wary(broadcast.subjects, broadcast.body, version)
    if not _has_link(broadcast, version):
        yield _("There is no link in it, so nobody can click.")
    if broadcast.campaign_id is None:
        yield _(
            "No campaign: whoever comes by its links is counted under the broadcast's name alone."
        )


def wary(
    subjects: Iterable[str], body: str, version: MailDesignVersion | None = None
) -> Iterator[str]:
    """What filters and readers take for spam; of a design its own check tells."""
    for subject in dict.fromkeys(subjects):
        yield from wariness.of_subject(subject)
    if version is None:
        yield from wariness.of_text(body)


def _has_link(broadcast: Broadcast, version: MailDesignVersion | None) -> bool:
    if version is not None:
        return bool(links_of(version.content))
    return not broadcast.body or bool(targets_in(broadcast.body))
