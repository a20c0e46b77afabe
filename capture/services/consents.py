"""What a visitor agreed to with the boxes that she ticked: a row for each way and purpose, with its proof."""

from collections.abc import Iterable

from capture.blocks.asking import Question
from capture.models import FormVersion, Submission
from leadflow.models import Consent, ContactChannel, Lead
from leadflow.models.together import Together
from leadflow.services import consent, leads


def write(
    submission: Submission,
    outcome: leads.Outcome,
    version: FormVersion,
    asked: Iterable[Question],
    *,
    has_mailbox: bool,
    together: Together,
) -> None:
    """The words as published, our own clock, the address the request came from: never the body's.

    Who withdrew before is not brought back by a form that anybody can fill in with her address: only
    her mailbox can do that, where the form asks it to confirm.
    """
    lead = outcome.lead
    for question in asked:
        purpose, channel = str(question.props["purpose"]), _channel_of(question)
        is_asked = bool(question.props.get("confirm")) and has_mailbox
        before = "" if outcome.created else _in_force(lead, channel, purpose)
        if is_asked and before == Consent.State.GIVEN:
            continue  # she confirmed, or told us, before: her word stands
        if not is_asked and before == Consent.State.WITHDRAWN:
            matter = purpose if channel == ContactChannel.EMAIL else f"{channel}.{purpose}"
            submission.proposed = {**submission.proposed, f"consent.{matter}": "given"}
            continue
        consent.give(
            lead=lead,
            channel=channel,
            purpose=purpose,
            text=str(question.props["text"]),
            text_version=f"form:{submission.form_id}:v{version.number}",
            url=submission.page_url,
            ip=submission.ip,
            source=f"form:{submission.form_id}",
            state=Consent.State.PENDING if is_asked else Consent.State.GIVEN,
            at=submission.received_at,
            origin=submission.origin,
            together=together,
        )


def _channel_of(question: Question) -> str:
    """By which way she may be reached; versions of before knew email alone."""
    return str(question.props.get("channel") or ContactChannel.EMAIL.value)


def _in_force(lead: Lead, channel: str, purpose: str) -> str:
    known = consent.in_force([lead.pk], channel=channel, purpose=purpose)
    return known.get(lead.pk, "")
