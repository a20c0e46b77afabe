"""The disk of files is full: whoever sends one is told, nothing half is kept, and with room it goes on."""

import io
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pictures

from capture.blocks.starts import block
from capture.models import Submission
from leadflow.assets import images
from leadflow.assets.models import Image, Upload
from tests.factories.capture import published_form, token_of
from tests.faults import disks

pytestmark = [pytest.mark.django_db, pytest.mark.faults]


@pytest.fixture
def disk(settings, tmp_path):
    with disks.small(tmp_path / "files", "256k") as folder:
        settings.MEDIA_ROOT = folder
        yield folder


def kept(disk: Path) -> list[Path]:
    return [file for file in disk.rglob("*") if file.is_file() and file.name != "filler"]


def test_fault_F20_a_full_disk_of_files_refuses_a_file_whole_and_takes_answers_on(disk):
    cv = block("file", label="Your CV", name="cv", kinds="pdf", most_mb="1")
    form = published_form(block("email"), cv)
    visitor = Client(raise_request_exception=False)

    def send(size: int):
        file = SimpleUploadedFile("cv.pdf", b"%PDF-1.7 " + b"x" * size, "application/pdf")
        body = {"token": token_of(form), "question": "cv", "file": file}
        return visitor.post(f"/f/{form.public_id}/file/", body)

    assert send(600_000).status_code == 507  # the half of it would have had room
    filler = disks.fill(disk)
    refused = send(1_000)

    assert refused.status_code == 507
    assert (kept(disk), Upload.objects.count()) == ([], 0)
    body = {"email": "ada@north.example", "token": token_of(form)}
    answered = visitor.post(form.public_path, json.dumps(body), content_type="application/json")
    assert (answered.status_code, Submission.objects.count()) == (200, 1)
    filler.unlink()
    assert send(1_000).status_code == 201
    assert len(kept(disk)) == Upload.objects.count() == 1


def test_fault_F20_a_picture_of_which_one_size_has_no_room_leaves_no_other(disk):
    noise = io.BytesIO()
    Pictures.effect_noise((1600, 1200), 100).save(noise, "PNG")

    with pytest.raises(OSError, match="No space left"):
        images.take_in(io.BytesIO(noise.getvalue()), name="roof.png", by=None)

    assert (kept(disk), Image.objects.count()) == ([], 0)
