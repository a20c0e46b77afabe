"""Publishing the draft of a sequence, and what becomes of the people inside."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets.models import RuleVersion
from leadflow.runs.models import Run
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing.models import MailPolicy, Sequence
from nurturing.services import approving, existing, sequences
from nurturing.views.build import edited, seen_of, sequence_or_404
from nurturing.views.versions import publish_form


@require_POST
@access("sequence.edit")
def publish(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let people enter by the draft from now on."""
    sequence = sequence_or_404(pk)
    also = request.POST.get("also") == "1"
    most = _most(request, sequence) if also else None
    draft = edited(sequence)
    seen = seen_of(request, draft)
    form = publish_form(rulesets.current(sequence.rule_set), draft.number, request.POST)
    version = sequences.publish(
        sequence,
        by=request.user,
        revision=seen.revision if seen else None,
        note=request.POST.get("note", "").strip()[:500],
        move=form.move(),
    )
    words = _("Version %(n)s runs.") % {"n": version.number}
    if also:
        words = f"{words} {_let_in(request, sequence_or_404(pk), version, most)}"
    messages.success(request, words)
    return redirect(request, sequence.get_absolute_url())


def _most(request: HtmxHttpRequest, sequence: Sequence) -> int | None:
    """How many may be let in; no number where so many need no approval."""
    if MailPolicy.current().free_send is None:
        return None
    asked = existing.wanted(sequence, edited(sequence), by=request.user)
    approving.refuse_unapproved(asked, by=request.user)
    return asked.people


def _let_in(
    request: HtmxHttpRequest, sequence: Sequence, version: RuleVersion, most: int | None
) -> str:
    done = existing.let_in(sequence, version, by=request.user, most=most)
    if isinstance(done, Run):
        return _("Those who match already are being let in.")
    return _("People who entered: %(n)s.") % {"n": done}
