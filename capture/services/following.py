"""What an answer says beyond the person: how far down the funnel she is, how large her company is."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from capture import rules
from capture.blocks.asking import questions
from capture.models import Submission
from leadflow.models import Company, FunnelPosition, Organisation
from leadflow.services import companies, leads
from leadflow.services.leads import taking

_DOWN = ["", *FunnelPosition.values]


def _known(ids: Iterable[int]) -> list[Submission]:
    rows = Submission.objects.filter(pk__in=set(ids), lead__merged_into=None)
    wanted = rows.select_related("form", "version", "lead__company")
    return list(wanted.exclude(lead=None).order_by("lead_id", "pk"))


@transaction.atomic(savepoint=False)
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


@transaction.atomic(savepoint=False)
def fill_company(ids: Iterable[int]) -> None:
    """Write the company size that somebody chose, where none was known or the newest wins."""
    chosen = Organisation.current().taking
    for submission in _known(ids):
        company, size = submission.lead.company if submission.lead else None, _size_in(submission)
        if company and size and _may_write(chosen, company, size, submission.received_at):
            companies.update(
                company, values={"size": size}, by=None, at=submission.received_at,
                origin=submission.origin,
            )  # fmt: skip
            company.size = size


def _size_in(submission: Submission) -> int | None:
    asked = questions(submission.version.content)
    names = [one.name for one in asked if one.save_to == "company_size"]
    found = (rules.least_of(submission.answers.get(name)) for name in names)
    return next(filter(None, found), None)


def _may_write(chosen: taking.Taking, company: Company, size: int, at: datetime) -> bool:
    if company.size is None:
        return not taking.never(chosen, "company", ["size"])
    return company.size != size and bool(taking.newest(chosen, company, {"size": size}, at))
