"""Whether the links of a design lead somewhere: asked in the background, through the one door to the web."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow import net
from leadflow.mail.design.checking import links_of
from leadflow.mail.models import MailDesign
from leadflow.people.models import User
from leadflow.runs import registry
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.runs.working import Work

KIND = "mail_links"
MOST = 30
_READ = 2_000  # bytes: that it answers is all that is asked


def install() -> None:
    """Make the kind of run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            KIND,
            lazy("Links of a mail"),
            work,
            heavy=False,
            result_url=lambda args: f"/mail-designs/{args['design']}/check/",
        )
    )


def start(design: MailDesign, *, by: User | None, at: datetime | None = None) -> Run:
    """Ask for it. Raises Conflict while the links of this design are being asked already."""
    links = links_of(design.draft)[:MOST]
    args = {"design": design.pk, "revision": design.draft_revision, "links": links}
    return runs.start(KIND, args, by=by, key=f"{KIND}:{design.pk}", total=len(links), at=at)


def last_of(design: MailDesign) -> Run | None:
    """The last time that somebody asked."""
    return Run.objects.filter(kind=KIND, args__design=design.pk).order_by("-id").first()


def work(run: Work) -> Mapping[str, Any]:
    """Ask each address once; the answer is told to whoever asked."""
    links = run.args["links"]
    told = list(run.checkpoint.get("told", []))
    for block, url in links[len(told) :]:
        why = _trouble(url)  # outside the chunk: no transaction waits for another's server
        told.append({"block": block, "url": url, "why": why})
        with run.chunk() as chunk:
            chunk.checkpoint = {"told": told}
    return {"links": told, "broken": sum(1 for one in told if one["why"])}


def _trouble(url: str) -> str:
    try:
        answer = net.get(url, most=_READ)
    except net.Unreachable as error:
        return str(error)
    if answer.status < 400:
        return ""
    return _("it answers with the error %(status)s") % {"status": answer.status}
