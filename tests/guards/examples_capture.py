"""What the doors of capture are shown: one published form, an answer of each lead."""

from django.utils import timezone

from capture.models import Submission
from tests.factories.capture import published_form
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    form = world.made["form"] = published_form()
    world.made["answer"] = {
        whose: Submission.objects.create(
            form=form,
            version=form.live,
            client_submission_id=f"world-{whose}",
            state=Submission.State.PROCESSED,
            lead=world.leads[whose],
            answers={"first_name": MARKERS[whose]},
            raw={"first_name": MARKERS[whose]},
            received_at=timezone.now(),
        )
        for whose in WHOSE
    }


def form(world, whose):
    return {"pk": world.made["form"].pk}


def version(world, whose):
    return {"pk": world.made["form"].pk, "number": world.made["form"].live.number}


def answer(world, whose):
    return {"pk": world.made["form"].pk, "submission": world.made["answer"][whose].pk}


def code(world, whose):
    return {"code": world.made["form"].public_id}


_OF_FORM = (
    "form", "draft", "preview", "publish", "after", "share", "qr", "archive", "reopen", "copy",
    "form-answers", "answers-export",
)  # fmt: skip
EXAMPLES = {
    **{f"capture:{name}": form for name in _OF_FORM},
    **{f"capture:{name}": version for name in ("version", "rollback")},
    **{f"capture:{name}": answer for name in ("answer", "reprocess")},
    **{f"capture:{name}": code for name in ("form-page", "thanks-page", "seen", "api-submissions")},
}
PAYLOADS = {"capture:create": lambda world, whose: {"name": "New", "start": "blank"}}
