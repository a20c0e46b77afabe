"""What an answer says beyond the person: how far down the funnel she is, how large her company is."""

from collections.abc import Iterable

from django.db import transaction

from capture import rules
from capture.blocks.asking import questions
from capture.models import Submission
from leadflow.models import FunnelPosition
from leadflow.services import companies, leads

_DOWN = ["", *FunnelPosition.values]


def _known(ids: Iterable[int]) -> list[Submission]:
    rows = Submission.objects.filter(pk__in=set(ids), lead__merged_into=None)
    wanted = rows.select_related("form", "version", "lead__company")
    return list(wanted.exclude(lead=None).order_by("lead_id", "pk"))


@transaction.atomic
def place(ids: Iterable[int]) -> None:
    """Take the leads of these answers as far down the funnel as their forms speak; nobody goes up."""
    for submission in _known(ids):
        lead, position = submission.lead, submission.form.funnel_position
        if lead and _DOWN.index(position) > _DOWN.index(lead.funnel_position):
            leads.update(
                lead, values={"funnel_position": position}, by=None, at=submission.received_at,
                origin=submission.origin,
            )  # fmt: skip
            lead.funnel_position = position


@transaction.atomic
def fill_company(ids: Iterable[int]) -> None:
    """Write the company size that somebody chose where none was known; a stranger overwrites nothing."""
    for submission in _known(ids):
        company = submission.lead.company if submission.lead else None
        asked = questions(submission.version.content) if company and company.size is None else []
        for question in asked:
            size = rules.least_of(submission.answers.get(question.name))
            if company and question.save_to == "company_size" and size:
                companies.update(
                    company, values={"size": size}, by=None, at=submission.received_at,
                    origin=submission.origin,
                )  # fmt: skip
                company.size = size
