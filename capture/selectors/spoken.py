"""What leads answered, as people read it: a choice by its words, not by the key that is kept."""

from collections.abc import Collection, Sequence

from django.urls import reverse

from capture.blocks.asking import questions
from capture.models import Submission
from capture.selectors import told
from leadflow.events.kinds import Kind
from leadflow.models import Lead, LeadAnswer
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.timeline import telling


def install() -> None:
    """Let stories and pages of leads tell what was answered."""
    telling.register(Kind.SUBMISSION_RECEIVED, "submission", of_stories)
    telling.register_wording(wordings)


def in_words(rows: Sequence[LeadAnswer]) -> dict[int, str]:
    """{answer: words} of those that a form took, in the words that its version had; one query."""
    sent = {row.source_id for row in rows if row.source_type == "submission" and row.source_id}
    if not sent:
        return {}
    known = Submission.objects.filter(pk__in=sent).values_list("pk", "version__content")
    asked = {pk: {one.name: one for one in questions(content)} for pk, content in known}
    return {
        row.pk: question.shown(row.value)
        for row in rows
        if row.source_type == "submission"
        and (question := asked.get(row.source_id or 0, {}).get(row.key))
    }


def of_stories(ids: Collection[int], reader: User) -> dict[int, telling.Told]:
    """{submission: its questions and answers}; they are her own words, so not for everybody. One query."""
    if not allowed(reader, "lead.contact_fields"):
        return {}
    rows = Submission.objects.filter(pk__in=ids, lead__in=Lead.objects.visible_to(reader))
    opens = allowed(reader, "answer.view")
    rows = rows.select_related("version").only("answers", "form_id", "version__content")
    return {
        row.pk: telling.Told(
            told(row), reverse("capture:answer", args=[row.form_id, row.pk]) if opens else ""
        )
        for row in rows
    }


def wordings(lead_ids: Collection[int]) -> dict[tuple[int, str], dict[str, str]]:
    """What the choices are called that forms saved into fields of these leads: by the versions that they
    answered, the last said wins. One query."""
    sent = Submission.objects.counted().filter(lead__in=lead_ids).order_by("lead_id", "version_id")
    sent = sent.distinct("lead_id", "version_id")
    found: dict[tuple[int, str], dict[str, str]] = {}
    for lead, content in sent.values_list("lead", "version__content"):
        for one in questions(content):
            if one.save_to and one.rows():
                found.setdefault((lead, one.save_to), {}).update(one.options())
    return found
