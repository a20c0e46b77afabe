"""Keeping a form that somebody began: only by her wish, behind a link that ends, reminded of once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from capture.models import Form, Unfinished
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, emails, tokens
from leadflow.mail import services as mail
from leadflow.mail.models import Delivery
from leadflow.models import Lead, Organisation
from leadflow.services import hosts

KEPT = timedelta(days=14)
REMINDED_AFTER = timedelta(days=1)
_PURPOSE = "later.v1"


@transaction.atomic
def save(
    *,
    form: Form,
    answers: Mapping[str, Any],
    page: str,
    mark: str = "",
    known: Unfinished | None = None,
    remind: str = "",
    agreed_to: str = "",
    at: datetime | None = None,
) -> Unfinished:
    """Keep what was typed so far, as it was typed. `remind` is the address of who ticked `agreed_to`."""
    at = at or clock.now()
    row = known or Unfinished(form=form)
    row.version, row.answers, row.page = form.live_version, dict(answers), page
    row.mark = mark
    row.saved_at, row.expires_at = at, at + KEPT
    row.email, row.agreed_to = (_norm(remind), agreed_to) if _norm(remind) else ("", "")
    row.remind_at = at + REMINDED_AFTER if row.email else None
    row.save()
    return row


def _norm(address: str) -> str:
    try:
        return emails.parse(address).norm if address else ""
    except ValueError:
        return ""


def token_of(row: Unfinished) -> str:
    """What stands in its link; signed, so that guesses never reach the table."""
    return tokens.sign(settings.SECRET_KEY, _PURPOSE, row.public_id)


def link(row: Unfinished) -> str:
    """Where she goes on."""
    return f"{hosts.base_url()}{row.form.public_path}later/{token_of(row)}/"


def of_token(form: Form, token: Any, *, at: datetime | None = None) -> Unfinished | None:
    """What a link of this form stands for, while its time is not over."""
    told = str(token) if isinstance(token, str) and len(token) < 100 else ""
    public_id = tokens.read(settings.SECRET_KEY, _PURPOSE, told)
    if not public_id:
        return None
    rows = Unfinished.objects.filter(form=form, expires_at__gt=at or clock.now())
    return rows.filter(public_id=public_id).first()


@transaction.atomic
def finish(*, form: Form, row: Unfinished | None, email: str) -> None:
    """She has sent the form: nothing is kept and nobody is reminded, whichever link she came by."""
    same = Unfinished.objects.filter(form=form, email=_norm(email)) if _norm(email) else None
    ids = [
        *(same.values_list("pk", flat=True) if same is not None else ()),
        *([row.pk] if row else ()),
    ]
    if same is not None:
        same.update(remind_at=None)
    if row is not None:
        Unfinished.objects.filter(pk=row.pk).delete()
    if ids:
        mail.cancel(keys=[_key(pk) for pk in ids], reason=_("The form was sent."))


def _key(pk: int) -> str:
    return f"unfinished:{pk}"


@transaction.atomic
def note_left(*, limit: int = 100, at: datetime | None = None) -> int:
    """Record as a fact whose day has passed without going on; each once. The reaction writes to her."""
    due = Unfinished.objects.filter(remind_at__lte=at or clock.now()).select_related("form")
    rows = list(due.order_by("remind_at").select_for_update(skip_locked=True, of=("self",))[:limit])
    for row in rows:
        told = {"unfinished": row.pk, "form": row.form_id, "name": row.form.name}
        record(Kind.FORM_LEFT, subject=row.form, data=told, at=at, origin=row.form.origin)
    Unfinished.objects.filter(pk__in=[row.pk for row in rows]).update(remind_at=None)
    return len(rows)


def remind(ids: Iterable[int]) -> None:
    """Write once to who agreed to it, unless she went on or the form is closed by now."""
    rows = Unfinished.objects.filter(pk__in=set(ids)).exclude(email="").select_related("form")
    with override(Organisation.current().language):
        for row in rows.filter(form__status=Form.Status.PUBLISHED):
            mail.queue(
                key=_key(row.pk),
                kind=Delivery.Kind.PERSONAL,
                to=row.email,
                subject=_("You began “%(form)s”") % {"form": row.form.name},
                text=_words(row),
                track=False,
                origin=row.form.origin,
                headers={"X-Campaign": f"form-{row.form_id}"},
            )


def _words(row: Unfinished) -> str:
    told = {"link": link(row), "until": f"{row.expires_at:%Y-%m-%d}"}
    return _(
        "You asked us to keep your answers and to write once if you do not finish.\n\n"
        "Go on here: %(link)s\n\n"
        "The link works until %(until)s; then your answers are deleted. We will not write about this again."
    ) % told  # fmt: skip


def forget() -> int:
    """Delete what has run out; the tick does it."""
    return Unfinished.objects.filter(expires_at__lte=clock.now()).delete()[0]


def personal_rows(lead: Lead) -> list[dict[str, Any]]:
    """What is kept under a person's address, for her own file."""
    return [
        {"form": row.form.name, "saved_at": row.saved_at, "answers": row.answers}
        for row in _of([lead]).select_related("form")
    ]


def erase(people: list[Lead]) -> None:
    """Forget what is kept under the addresses of these people."""
    _of(people).delete()


def _of(people: list[Lead]) -> Any:
    return Unfinished.objects.filter(email__in={_norm(lead.email) for lead in people} - {""})
