"""What the doors of capture are shown: one published form, an answer of each lead."""

import io

from django.utils import timezone

from capture.models import Submission
from capture.services import experiments, later, promises, reports
from leadflow.assets import files, uploads
from leadflow.assets.images import take_in
from tests.factories.capture import a_picture, published_form
from tests.factories.files import a_file
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    form = world.made["form"] = published_form()
    world.made["image"] = take_in(a_picture(), name="roof.png", by=None)
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
    world.made["test"] = experiments.begin(document=form, by=None)
    world.made["unfinished"] = later.save(form=form, answers={}, page="")
    world.made["upload"] = {whose: _upload(row) for whose, row in world.made["answer"].items()}
    reports.publish(report=reports.start(form=form, by=None), by=None)
    form.refresh_from_db()
    world.made["file"] = a_file()
    mine = Submission.objects.create(
        form=form,
        version=form.live,
        client_submission_id="world-promise",
        state=Submission.State.PROCESSED,
        received_at=timezone.now(),
    )
    world.made["promise"] = promises.make(mine)
    world.made["grant"] = files.grant(file=world.made["file"], lead=None, key="world")


def promise(world, whose):
    return {"token": promises.token_of(world.made["promise"], days=1)}


def file(world, whose):
    return {"pk": world.made["file"].pk}


def download(world, whose):
    return {"token": files.link(world.made["grant"]).rstrip("/").rpartition("/")[2]}


def _upload(row):
    sent = uploads.take_in(io.BytesIO(b"text"), name="cv.txt", kinds=("txt",))
    uploads.claim([sent.public_id], holder=("submission", row.pk), labels={})
    return sent.pk


def form(world, whose):
    return {"pk": world.made["form"].pk}


def version(world, whose):
    return {"pk": world.made["form"].pk, "number": world.made["form"].live.number}


def answer(world, whose):
    return {"pk": world.made["form"].pk, "submission": world.made["answer"][whose].pk}


def sent_file(world, whose):
    return answer(world, whose) | {"upload": world.made["upload"][whose]}


def resume(world, whose):
    return code(world, whose) | {"token": later.token_of(world.made["unfinished"])}


def image(world, whose):
    return {"code": world.made["image"].public_id, "variant": "thumb.webp"}


def a_test(world, whose):
    return {"pk": world.made["test"].pk}


def variant(world, whose):
    return a_test(world, whose) | {"key": "b"}


def code(world, whose):
    return {"code": world.made["form"].public_id}


_OF_FORM = (
    "form", "draft", "preview", "publish", "after", "look", "share", "embedded", "personal-link", "qr", "archive", "reopen", "copy",
    "form-answers", "answers-rule", "answers-export", "report", "report-start", "report-draft", "report-preview",
    "report-preview-pdf", "report-publish", "report-withdraw", "after-preview",
    "form-numbers", "form-numbers-export", "form-openings", "form-test", "form-test-new",
)  # fmt: skip
EXAMPLES = {
    **{f"capture:{name}": form for name in _OF_FORM},
    **{f"capture:{name}": version for name in ("version", "rollback")},
    **{
        f"capture:{name}": answer
        for name in ("answer", "reprocess", "answer-trash", "answer-resend")
    },
    **{f"capture:{name}": promise for name in ("promise", "promise-pdf")},
    "capture:download": download,
    "capture:start-preview": lambda world, whose: {"key": "demo"},
    **{f"capture:{name}": file for name in ("file", "file-content", "file-archive")},
    **{
        f"capture:{name}": code
        for name in (
            "form-page",
            "thanks-page",
            "seen",
            "file-send",
            "theme-css",
            "api-submissions",
        )
    },
    **{f"capture:test-{name}": a_test for name in ("arrange", "stop", "discard", "add")},
    **{
        f"capture:{name}": variant
        for name in ("variant", "variant-draft", "variant-preview", "variant-remove")
    },
    "capture:image": image,
    "capture:answer-file": sent_file,
    "capture:form-resume": resume,
}
PAYLOADS = {"capture:create": lambda world, whose: {"name": "New", "start": "blank"}}
