"""What a visitor sent becomes a lead, and is never lost on the way.

What was sent and all that follows from it is written in one statement. Where that fails, for whatever
reason, the raw row is written first and everything after it stands behind a savepoint. Where that
fails too, the visitor still sees "thank you", the row stays `unprocessed`, and the sweep tries again.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from capture import rules, selectors
from capture.blocks import FIXED, Question, questions
from capture.models import Form, FormVersion, Promise, Submission
from capture.services import consents
from leadflow.assets import files, uploads
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit.clock import now
from leadflow.kit.names import split as split_name
from leadflow.models import (
    Campaign,
    Channel,
    Consent,
    Lead,
    LeadAnswer,
    Origin,
    Source,
)
from leadflow.models.together import Together, next_id
from leadflow.people.models import User
from leadflow.services import engagement, leads, notes

log = logging.getLogger(__name__)
HOLDER = "submission"  # under which files belong to an answer

Named = TypeVar("Named", Source, Campaign)

_INSERT = """
INSERT INTO capture_submission (
  form_id, version_id, page_id, variant_id, page_variant_id, client_submission_id, state, channel, raw, headers,
  ip, page_url, utm, answers, consent_given, lead_created, proposed, reason, attempts, error, origin, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false, '{}', %s, 0, '', %s, %s)
ON CONFLICT (form_id, client_submission_id) DO NOTHING
RETURNING id
"""
_SENT = """
SELECT EXISTS (SELECT FROM capture_submission WHERE form_id = %s AND client_submission_id = %s), {ids}
"""
_OUTCOME = ["lead", "lead_created", "proposed", "state", "processed_at", "error"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the door did with a submission; the visitor is told the same whatever it was."""

    submission_id: int | None
    is_new: bool


@dataclass(slots=True)
class _Sorted:
    """The answers of one submission, by where each goes."""

    email: str = ""
    phone: str = ""
    company_name: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    loose: list[tuple[Question, Any]] = field(default_factory=list)
    consents: list[Question] = field(default_factory=list)

    @property
    def names_somebody(self) -> bool:
        """Whether there is anything of which a lead can be made."""
        return bool(self.email or self.phone or self.company_name or self.fields)


def accept(
    *,
    version: FormVersion,
    answers: Mapping[str, Any],
    raw: Mapping[str, Any],
    arrival: rules.Arrival,
    spam: str = "",
    origin: str = Origin.LIVE,
    at: datetime | None = None,
) -> Accepted:
    """Keep what was sent and make a lead of it; the same submission twice is one.

    `answers` are checked values by question name, `raw` is what came. With `spam` (a reason) it is set
    aside: kept, but without lead, mail or score until a person releases it.
    """
    asked = questions(version.content)
    row = Submission(
        form_id=version.document_id,
        version=version,
        page_id=arrival.page_id,
        variant_id=arrival.variant_id,
        page_variant_id=arrival.page_variant_id,
        client_submission_id=arrival.client_id,
        channel=arrival.channel,
        raw=dict(raw),
        headers=dict(arrival.headers),
        ip=arrival.ip,
        page_url=arrival.page_url,
        utm=dict(arrival.utm or {}),
        answers=dict(answers),
        consent_given=any(q.type == "consent" and answers.get(q.name) for q in asked),
        reason=spam,
        origin=origin,
        received_at=at or now(),
    )
    if spam:
        return _step_by_step(row, version)
    try:
        return _at_once(row, version, _sorted(asked, row.answers))
    except IntegrityError:  # somebody made the same lead, or sent the same answer, in the meantime
        return _step_by_step(row, version)
    except Exception:
        log.exception("an answer of form %s goes step by step", version.document_id)
        return _step_by_step(row, version)


@transaction.atomic
def _at_once(row: Submission, version: FormVersion, told: _Sorted) -> Accepted:
    """The usual case: what was sent and all that follows from it, in one statement and commit.

    Where anything stands in the way, nothing of it is written and `_step_by_step` has its turn.
    """
    together = Together()
    if _was_sent(row, together, consents=len(told.consents)):
        return Accepted(None, is_new=False)
    row.pk = together.new_id(Submission)
    _process(row, version, told, together)
    together.add([row])
    together.insert()
    return Accepted(row.pk, is_new=True)


def _was_sent(row: Submission, together: Together, *, consents: int) -> bool:
    """Whether this very answer is here already; takes, in the same round trip, the ids to come."""
    models = [Submission, Lead, *[Consent] * consents]
    ids = ", ".join(next_id(model) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(_SENT.format(ids=ids), [row.form_id, row.client_submission_id])
        was_sent, *found = cursor.fetchone()
    for model, pk in zip(models, found, strict=True):
        together.hold(model, pk)
    return bool(was_sent)


@transaction.atomic
def _step_by_step(row: Submission, version: FormVersion) -> Accepted:
    """The raw row first, then what follows from it behind a savepoint: if that fails, it waits.

    Of `row` only what came counts: a try that failed may have left its outcome on it.
    """
    state = Submission.State.QUARANTINED if row.reason else Submission.State.RECEIVED
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                row.form_id, row.version_id, row.page_id, row.variant_id, row.page_variant_id,
                row.client_submission_id, state, row.channel, json.dumps(row.raw),
                json.dumps(row.headers), row.ip, row.page_url, json.dumps(row.utm),
                json.dumps(row.answers), row.consent_given, row.reason, row.origin, row.received_at,
            ],
        )  # fmt: skip
        new = cursor.fetchone()
    if new is None:  # who comes second waited for the first, then inserted nothing
        return Accepted(None, is_new=False)
    if not row.reason:
        _process_or_keep(Submission.objects.get(pk=new[0]), version)
    return Accepted(new[0], is_new=True)


def _process_or_keep(submission: Submission, version: FormVersion) -> bool:
    """Make the lead; whatever goes wrong is rolled back and written down, never raised."""
    try:
        with transaction.atomic():
            together = Together()
            told = _sorted(questions(version.content), submission.answers)
            _process(submission, version, told, together)
            together.insert()
            submission.save(update_fields=_OUTCOME)
    except Exception as error:
        log.exception("submission %s was kept for a later try", submission.pk)
        submission.refresh_from_db()
        submission.state = Submission.State.UNPROCESSED
        submission.attempts += 1
        submission.error = f"{type(error).__name__}: {error}"[:2000]
        submission.save(update_fields=["state", "attempts", "error"])
        return False
    return True


def _process(
    submission: Submission, version: FormVersion, told: _Sorted, together: Together
) -> None:
    """What follows from an answer: new rows into `together`, the outcome onto the submission."""
    form = version.document
    at = submission.received_at
    outcome = _lead_of(submission, version, told, together) if told.names_somebody else None
    if outcome is not None:
        submission.lead, submission.lead_created = outcome.lead, outcome.created
        submission.proposed = {key: str(value)[:500] for key, value in outcome.proposed.items()}
        _write_answers(submission, told, together)
        consents.write(
            submission, outcome, version, told.consents,
            has_mailbox=bool(told.email), together=together,
        )  # fmt: skip
        names = [tag.name for tag in form.tags.all()]
        if names:
            notes.tag_many(
                lead_ids=[outcome.lead.pk], names=names, by=None, at=at, origin=submission.origin,
                together=together,
            )  # fmt: skip
    submission.state, submission.processed_at = Submission.State.PROCESSED, now()
    submission.error = ""
    record(
        Kind.SUBMISSION_RECEIVED,
        lead_id=submission.lead_id,
        subject=submission,
        data=_event_data(submission, version, told),
        at=at,
        origin=submission.origin,
        together=together,
    )


def _event_data(submission: Submission, version: FormVersion, told: _Sorted) -> dict[str, Any]:
    """Ids only: the reactions read the row. References travel, for the packages that own them.

    A sequence waits until her mailbox confirmed, where the form asks for that.
    """
    references = dict(version.document.references)
    if told.email and any(question.props.get("confirm") for question in told.consents):
        references.pop("sequence", None)
    return {
        "submission": submission.pk,
        "form": submission.form_id,
        "name": version.document.name,
        "references": references,
    }


def _sorted(asked: list[Question], answers: Mapping[str, Any]) -> _Sorted:
    told = _Sorted()
    for question in asked:
        value = answers.get(question.name)
        if value in (None, "", []):
            continue
        if question.type == "consent":
            if value is True:
                told.consents.append(question)
        elif question.type == "email":
            told.email = str(value)
        elif question.type == "phone":
            told.phone = str(value)
        elif question.save_to:
            _put_field(told, question, value)
        else:
            told.loose.append((question, value))
    return told


def _put_field(told: _Sorted, question: Question, value: Any) -> None:
    target = question.save_to
    if target == "company_name":
        told.company_name = str(value)[:200]
    elif target == "full_name":
        first, last = split_name(str(value))
        told.fields.setdefault("first_name", first)
        if last:
            told.fields.setdefault("last_name", last)
    elif target == "company_size" or (target in FIXED and value not in FIXED[target]):
        told.loose.append((question, value))
    else:
        told.fields[target] = value


def _lead_of(
    submission: Submission, version: FormVersion, told: _Sorted, together: Together
) -> leads.Outcome:
    form, page = version.document, submission.page
    source = _named(Source, submission.utm.get("utm_source"))
    source = source or (page and page.source) or form.source
    campaign = _named(Campaign, submission.utm.get("utm_campaign"))
    campaign = campaign or (page and page.campaign) or form.campaign
    try:
        outcome = _capture(submission, form, told, source, campaign, together)
    except Invalid as error:
        # An optional field of the wrong kind (a birth year "soon") must not cost us the person.
        bad = {key for key in error.fields if key in told.fields}
        if not bad:
            raise
        kept = {key: value for key, value in told.fields.items() if key not in bad}
        asked = [q for q in questions(version.content) if q.save_to in bad]
        told.loose += [(q, submission.answers[q.name]) for q in asked]
        told.fields = kept
        outcome = _capture(submission, form, told, source, campaign, together)
    engagement.touch(
        lead=outcome.lead,
        source=source,
        campaign=campaign,
        channel="" if source else (Channel.OTHER if submission.utm else Channel.DIRECT),
        utm=submission.utm,
        referrer=submission.headers.get("referer", ""),
        landing=submission.page_url,
        label=form.name,
        at=submission.received_at,
        origin=submission.origin,
        together=together,
    )
    fact = engagement.Fact(
        outcome.lead.pk,
        "form.submitted",
        "submission",
        str(submission.pk),
        label=form.name,
        topic=f"form:{form.pk}",
        at=submission.received_at,
    )
    engagement.append_new([fact], origin=submission.origin, together=together)
    return outcome


def _capture(
    submission: Submission,
    form: Form,
    told: _Sorted,
    source: Source | None,
    campaign: Campaign | None,
    together: Together,
) -> leads.Outcome:
    return leads.create_or_merge(
        email=told.email,
        phone=told.phone,
        company_name=told.company_name,
        fields=told.fields,
        source=source,
        campaign=campaign,
        stage=form.stage,
        origin=submission.origin,
        via=f"form:{submission.form_id}",
        by=None,
        at=submission.received_at,
        together=together,
        taking=selectors.taking_of(form),
    )


def _named(model: type[Named], name: Any) -> Named | None:
    if not name:
        return None
    return model._default_manager.filter(name__iexact=str(name), is_archived=False).first()


def _write_answers(submission: Submission, told: _Sorted, together: Together) -> None:
    together.add(
        LeadAnswer(
            lead=submission.lead,
            key=question.name,
            label=question.label[:200],
            value=value,
            source_type="submission",
            source_id=submission.pk,
            answered_at=submission.received_at,
        )
        for question, value in told.loose
    )


@transaction.atomic
def reprocess(*, submission: Submission, by: User | None) -> Submission:
    """Try a waiting answer again, or take one back from spam; a person pressed the button.

    Raises Conflict when it has become a lead already.
    """
    del by  # the outcome, not the button, is the fact; the event names the form as its cause
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    if locked.state == Submission.State.PROCESSED:
        raise Conflict(_("This answer has been processed already."))
    _process_or_keep(locked, _version_of(locked))
    return locked


@transaction.atomic
def trash(*, submission: Submission, by: User | None) -> Submission:
    """Put an answer in the trash; one that lies there comes back as what it was. The lead stays."""
    row = Submission.objects.select_for_update().select_related("form").get(pk=submission.pk)
    if row.state == Submission.State.TRASHED:
        kept = Submission.State.QUARANTINED if row.reason else Submission.State.UNPROCESSED
        row.state = Submission.State.PROCESSED if row.processed_at else kept
        kind = Kind.SUBMISSION_TAKEN_BACK
    else:
        row.state, kind = Submission.State.TRASHED, Kind.SUBMISSION_TRASHED
    row.save(update_fields=["state"])
    data = {"submission": row.pk, "form": row.form_id, "name": row.form.name}
    record(kind, lead_id=row.lead_id, by=by, subject=row, data=data, origin=row.origin)
    return row


def sweep(*, limit: int = 100) -> int:
    """Try the waiting answers again, each in its own transaction; returns how many became leads.

    Two sweeps at once skip what the other holds. After five tries an answer waits for a person.
    """
    done = 0
    tried: list[int] = []
    while len(tried) < limit:
        with transaction.atomic():
            due = Submission.objects.due().exclude(pk__in=tried).order_by("received_at")
            submission = due.select_for_update(skip_locked=True).first()
            if submission is None:
                break
            tried.append(submission.pk)
            done += _process_or_keep(submission, _version_of(submission))
    return done


def _version_of(submission: Submission) -> FormVersion:
    return FormVersion.objects.select_related("document__source", "document__campaign").get(
        pk=submission.version_id
    )


@transaction.atomic
def note_export(*, form: Form, rows: int, by: User) -> None:
    """Put on record that somebody took the answers of a form out as a file."""
    record(Kind.DATA_EXPORTED, by=by, subject=form, data={"what": "submission", "rows": rows})


def personal_rows(lead: Lead) -> list[dict[str, Any]]:
    """What this stage keeps of a person, for her own file."""
    rows = Submission.objects.filter(lead=lead).select_related("form")
    return [
        {
            "form": row.form.name,
            "received_at": row.received_at,
            "answers": row.answers,
            "ip": row.ip,
            "page": row.page_url,
        }
        for row in rows
    ]


def erase(people: list[Lead]) -> None:
    """Empty what these people sent; the rows stay, so that counts do not move. Her links and files go."""
    Promise.objects.filter(submission__lead__in=people).delete()
    rows = Submission.objects.filter(lead__in=people)
    uploads.drop_held(HOLDER, rows.values_list("pk", flat=True))
    rows.update(raw={}, headers={}, answers={}, utm={}, proposed={}, ip=None, page_url="", error="")


def move(*, from_lead: int, to_lead: int) -> int:
    """Let the answers of a merged lead, and her files, follow her to the one that stays."""
    files.move(from_lead=from_lead, to_lead=to_lead)
    return Submission.objects.filter(lead_id=from_lead).update(lead_id=to_lead)
