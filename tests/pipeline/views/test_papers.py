"""Files of deals and notes: judged by their bytes, fetched by those who may, forgotten with the person."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from leadflow.assets import uploads
from leadflow.assets.models import Upload
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Note
from leadflow.services import privacy
from pipeline.services import deals, upkeep
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 contract"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def a_file(content=PDF, name="contract.pdf"):
    return SimpleUploadedFile(name, content, "text/html")


def as_(user):
    client = Client()
    client.force_login(user)
    return client


def stored():
    """The files on disk."""
    return [row for row in Upload.objects.all() if default_storage.exists(row.path)]


def test_files_are_attached_fetched_told_and_taken_out(bob):
    deal = make.deal(bob, name="Roof")
    client, url = as_(bob), f"/deals/{deal.pk}/files/"

    client.post(url, {"file-attached": [a_file(), a_file(b"a;b", "../../plan.csv")]})
    first, second = Upload.objects.order_by("pk")
    page = client.get(deal.get_absolute_url()).content.decode()
    got = client.get(f"{url}{first.pk}/")
    client.post(f"{url}{first.pk}/remove/")
    client.post(f"{url}{first.pk}/remove/")

    assert (got.content, got["Content-Type"]) == (PDF, "application/octet-stream")
    assert got["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert (got["X-Content-Type-Options"], got["Cache-Control"]) == ("nosniff", "private, no-store")
    assert "attached files to the deal “Roof”" in page
    assert "contract.pdf, plan.csv" in page
    assert stored() == [second]
    kinds = (
        Event.objects.filter(kind__startswith="file.").order_by("pk").values_list("kind", flat=True)
    )
    assert list(kinds) == ["file.attached", "file.removed"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "required"),
        ([a_file(b"MZ\x90", "setup.exe")], "Send a file of one of these kinds"),
        ([a_file(b"<svg onload=alert(1)>", "logo.svg")], "Send a file of one of these kinds"),
        ([a_file(b"<script>", "page.pdf")], "not what its name says"),
        ([a_file(b"", "empty.pdf")], "empty"),
        ([a_file(PDF + b"0" * 10_000_001, "large.pdf")], "larger than 10 MB"),
        ([a_file(), a_file(b"<script>", "page.pdf")], "page.pdf: That file is not"),
        ([a_file() for _each in range(6)], "At most 5 files"),
    ],
)
def test_what_is_no_document_or_picture_is_refused_and_nothing_is_kept(bob, files, words):
    deal = make.deal(bob)
    for one in files:
        one.seek(0)

    answer = as_(bob).post(f"/deals/{deal.pk}/files/", {"file-attached": files})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Upload.objects.exists()


def test_files_of_notes_stand_on_the_timeline_of_lead_and_deal(bob):
    lead = make.lead(bob)
    deal = make.deal(bob, lead=lead)
    client = as_(bob)

    client.post(f"/deals/{deal.pk}/note/", {"note-text": "Signed", "note-attached": [a_file()]})
    client.post(
        f"/leads/{lead.pk}/note/", {"note-text": "Hers", "note-attached": [a_file(name="cv.pdf")]}
    )
    refused = client.post(f"/deals/{deal.pk}/note/", {"note-text": "", "note-attached": [a_file()]})

    of_deal = client.get(deal.get_absolute_url()).content.decode()
    story = client.get(f"/leads/{lead.pk}/timeline/").content.decode()
    first, second = Upload.objects.exclude(holder_type="").order_by("pk")
    assert refused.status_code == 422
    assert f"/leads/{lead.pk}/files/{first.pk}/" in of_deal
    assert f"/leads/{lead.pk}/files/{second.pk}/" in story
    assert client.get(f"/leads/{lead.pk}/files/{second.pk}/").content == PDF
    assert client.get(f"/deals/{deal.pk}/files/{first.pk}/").content == PDF


def test_nobody_fetches_a_file_out_of_her_sight_or_by_another_door(alice, bob, carl, vera):
    lead, other = make.lead(bob), make.deal(carl)
    deal = make.deal(bob, lead=lead)
    as_(bob).post(f"/deals/{deal.pk}/files/", {"file-attached": [a_file()]})
    as_(alice).post(
        f"/leads/{lead.pk}/note/",
        {"note-text": "Mine", "note-is_private": "on", "note-attached": [a_file()]},
    )
    of_deal, private = Upload.objects.order_by("pk")

    tried = [
        as_(user).get(url).status_code
        for user, url in (
            (carl, f"/deals/{deal.pk}/files/{of_deal.pk}/"),
            (carl, f"/deals/{other.pk}/files/{of_deal.pk}/"),
            (bob, f"/leads/{lead.pk}/files/{of_deal.pk}/"),
            (bob, f"/leads/{lead.pk}/files/{private.pk}/"),
            (bob, f"/deals/{deal.pk}/files/{private.pk}/"),
            (carl, f"/leads/{lead.pk}/files/{private.pk}/"),
        )
    ]
    removed = as_(vera).post(f"/deals/{deal.pk}/files/{of_deal.pk}/remove/").status_code
    elsewhere = as_(carl).post(f"/deals/{other.pk}/files/{of_deal.pk}/remove/").status_code

    assert tried == [404] * 6
    assert (removed, elsewhere) == (403, 404)
    assert as_(alice).get(f"/leads/{lead.pk}/files/{private.pk}/").status_code == 200
    assert len(stored()) == 2


def test_files_go_with_the_person_and_with_the_deal_for_good(
    alice, bob, django_capture_on_commit_callbacks
):
    lead = make.lead(bob)
    hers, plain = make.deal(bob, lead=lead), make.deal(bob)
    client = as_(bob)
    for deal in (hers, plain):
        client.post(f"/deals/{deal.pk}/files/", {"file-attached": [a_file()]})
        client.post(f"/deals/{deal.pk}/note/", {"note-text": "See", "note-attached": [a_file()]})
    client.post(f"/leads/{lead.pk}/note/", {"note-text": "See", "note-attached": [a_file()]})
    had = privacy.export(lead)
    deals.trash_many(deal_ids=[plain.pk], by=bob)

    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(lead=lead, by=alice)
        left = Upload.objects.count()
        upkeep.empty_trash(clock.now())

    assert [row["name"] for row in had["files of notes"]] == ["contract.pdf"] * 2
    assert (left, Upload.objects.count(), stored()) == (2, 0, [])
    assert not Note.objects.exists()
    assert uploads.drop_unclaimed() == 0
