"""What leads answered, as people read it: a choice by its words, not by the key that is kept."""

from collections.abc import Sequence

from capture.blocks.asking import questions
from capture.models import Submission
from leadflow.models import LeadAnswer


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
