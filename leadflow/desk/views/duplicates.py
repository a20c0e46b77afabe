"""People who may be here twice."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from leadflow.desk import pairs
from leadflow.desk.pairs import PEOPLE
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest


@require_safe
@access("lead.merge")
def queue(request: HtmxHttpRequest) -> HttpResponse:
    """The likeliest pairs, with what speaks for each."""
    return pairs.show_queue(request, PEOPLE)


@require_POST
@access("lead.merge")
def look(request: HtmxHttpRequest) -> HttpResponse:
    """Look at all leads once, in the background."""
    return pairs.look(request, PEOPLE)


@require_POST
@access("lead.merge")
def apart(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """These two are different people."""
    return pairs.tell_apart(request, PEOPLE, pk)


@access("lead.merge")
def merge_many(request: HtmxHttpRequest) -> HttpResponse:
    """Many pairs at once: first what it would do, then the run."""
    return pairs.merge_many(request, PEOPLE)


@require_safe
@access("lead.merge")
def merged(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """How far a go is and what came of it."""
    return pairs.show_merged(request, PEOPLE, pk)


@require_POST
@access("lead.merge")
def take_back(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a whole go apart."""
    return pairs.take_back(request, PEOPLE, pk)
