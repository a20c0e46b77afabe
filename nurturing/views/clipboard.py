"""Copy, cut and paste of steps, within a sequence and from one to another."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from nurturing.models import CopiedSteps
from nurturing.services import clipboard, editing
from nurturing.views.build import edited, seen_of, sequence_or_404
from nurturing.views.steps import answer, next_beside, place_of


@require_POST
@access("sequence.edit")
def keep(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """Copy or cut a step, alone or with those that follow it on its way."""
    sequence = sequence_or_404(pk)
    version = edited(sequence)
    steps, to = version.document["steps"], request.POST.get("to", "")
    here = editing.locate(steps, step)
    if here is None or to not in ("copy", "copy-rest", "cut", "cut-rest"):
        raise Http404
    ids = editing.with_rest(steps, step) if to.endswith("-rest") else [step]
    if to.startswith("copy"):
        told = _held(clipboard.copy(steps, ids, by=request.user), _("Copied: %(what)s."))
        return answer(request, sequence, step, told=told)
    held = clipboard.cut(sequence, ids, by=request.user, seen=seen_of(request, version))
    beside = next_beside(steps, here, ids)
    return answer(request, sequence, beside, undo=_held(held, _("Cut out: %(what)s.")))


@require_POST
@access("sequence.edit")
def paste(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put in what was copied or cut: at a place, behind a step, or at the end."""
    sequence = sequence_or_404(pk)
    version = edited(sequence)
    place = place_of(request, version.document["steps"])
    seen = seen_of(request, version)
    made = clipboard.paste(sequence, place, by=request.user, seen=seen)
    return answer(request, sequence, made, told=_("Put in: %(step)s."))


def _held(held: CopiedSteps, words: str) -> str:
    more = len(held.steps) - 1
    what = held.name
    if more:
        rest = ngettext("and %(n)s step behind it", "and %(n)s steps behind it", more)
        what = f"{what} {rest % {'n': more}}"
    return words % {"what": what}
