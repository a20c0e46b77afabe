"""What mails can tell a person of her own answers: the newest to each question of a form, in words."""

from collections.abc import Collection, Iterable, Iterator

from django.utils.translation import gettext as _

from capture.blocks.asking import Question, questions
from capture.models import Form, Submission
from leadflow.models import Lead

FIELDS = "answer.form_"  # what such merge fields begin with; a code alone may look like a number
# Free texts stay out, those of a link too: a stranger could have us mail her words to others.
_FREE_TEXT = frozenset({"short_text", "long_text", "file", "url_param"})
_MOST = 50  # answers of one person that are looked through


def mailable(asked: Iterable[Question]) -> list[Question]:
    """The questions whose answers a mail may repeat: choices, numbers, days, results."""
    return [one for one in asked if one.name and one.type not in _FREE_TEXT]


def path_of(form: Form, name: str) -> str:
    """How a mail names an answer to that form."""
    return f"{FIELDS}{form.public_id}.{name}"


def offered() -> list[tuple[str, str]]:
    """(words, path) of every answer that a mail may name: the live forms' questions."""
    return [
        (
            _("%(form)s: %(question)s") % {"form": form.name, "question": one.label[:60]},
            path_of(form, one.name),
        )
        for form, one in _live()
    ]


def paths() -> list[str]:
    """Every answer that a mail may name."""
    return [path_of(form, one.name) for form, one in _live()]


def _live() -> Iterator[tuple[Form, Question]]:
    rows = Form.objects.filter(status=Form.Status.PUBLISHED).exclude(live=None)
    for form in rows.select_related("live").order_by("name", "pk"):
        content = form.live.content if form.live else {"pages": []}
        yield from ((form, one) for one in mailable(questions(content)))


def values(lead: Lead, asked: Collection[str]) -> dict[str, str]:
    """What these paths mean for one lead; empty where she did not answer.

    A draft's preview has a person without a row, who answered nothing.
    """
    wanted = {path: path.removeprefix(FIELDS) for path in asked if path.startswith(FIELDS)}
    if not wanted:
        return {}
    found = dict.fromkeys(wanted, "")
    codes = {tail.partition(".")[0] for tail in wanted.values()}
    for sent in _sent_by(lead, codes) if lead.pk else ():
        for one in mailable(questions(sent.version.content)):
            path = path_of(sent.form, one.name)
            if not found.get(path, "-") and one.name in sent.answers:
                found[path] = one.shown(sent.answers[one.name])
    return found


def _sent_by(lead: Lead, codes: Collection[str]) -> Iterable[Submission]:
    """What she sent through these forms, newest first."""
    rows = Submission.objects.filter(
        lead=lead, form__public_id__in=codes, state=Submission.State.PROCESSED
    )
    return rows.select_related("form", "version").order_by("-received_at", "-pk")[:_MOST]
