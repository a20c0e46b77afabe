"""Files that visitors send: judged by their bytes, fetched by staff alone, forgotten with the person."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from capture.blocks.starts import block
from capture.models import Submission
from capture.services import submissions
from leadflow.assets import uploads
from leadflow.assets.models import Upload
from leadflow.errors import Invalid
from leadflow.kit.clock import now
from tests.factories.capture import published_pages, token_of

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 curriculum"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def form(published):
    """Asks for an address and a PDF."""
    cv = block("file", label="Your CV", name="cv", kinds="pdf", most_mb="1", is_required=True)
    return published(block("email"), cv)


@pytest.fixture
def client_of():
    def signed_in(user):
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def a_file(content=PDF, name="cv.pdf"):
    return SimpleUploadedFile(name, content, "text/html")


def send_file(client, form, file=None, **more):
    body = {"token": token_of(form), "question": "cv", "file": file or a_file()} | more
    return client.post(f"/f/{form.public_id}/file/", body)


def send(client, form, **body):
    body = {"email": "ada@north.example", "token": token_of(form)} | body
    return client.post(form.public_path, json.dumps(body), content_type="application/json")


def test_a_file_is_sent_first_and_named_in_the_answer(client, form, client_of, max):
    code = send_file(client, form).json()["code"]

    assert send(client, form, cv=code).status_code == 200
    answer = Submission.objects.get()
    assert answer.answers["cv"] == "cv.pdf"
    page = client_of(max).get(answer.get_absolute_url()).text
    assert "Your CV, 19" in page


def test_staff_fetch_it_as_a_download_that_no_browser_runs(client, form, client_of, max, bob):
    send(client, form, cv=send_file(client, form).json()["code"])
    answer, upload = Submission.objects.get(), Upload.objects.get()
    door = f"{answer.get_absolute_url()}files/{upload.pk}/"

    found = client_of(max).get(door)

    assert found.content == PDF
    assert found.headers["Content-Disposition"] == 'attachment; filename="cv.pdf"'
    assert found.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in found.headers["Content-Security-Policy"]
    assert client_of(bob).get(door).status_code == 403
    assert client.get(door).status_code == 302


def test_a_file_of_another_answer_is_not_given(client, form, client_of, max):
    send(client, form, cv=send_file(client, form).json()["code"])
    other = uploads.take_in(a_file(), name="cv.pdf", kinds=("pdf",))
    answer = Submission.objects.get()

    door = f"{answer.get_absolute_url()}files/{other.pk}/"

    assert client_of(max).get(door).status_code == 404


def test_a_browser_without_script_sends_it_with_the_form(client, form):
    body = {"email": "ada@north.example", "token": token_of(form), "cv__file": a_file()}

    assert client.post(form.public_path, body).status_code == 303
    assert Upload.objects.get().holder_id == Submission.objects.get().pk


def test_a_browser_without_script_keeps_the_file_through_pages(client, db):
    form = published_pages([block("file", label="CV", name="cv")], [block("email")])
    body = {"token": token_of(form), "lf_at": "p1", "lf_go": "next", "cv__file": a_file()}

    page = client.post(form.public_path, body).text

    assert f'name="cv" value="{Upload.objects.get().public_id}"' in page


def test_a_wrong_file_without_script_says_why_and_keeps_what_was_typed(client, form):
    body = {
        "email": "ada@north.example",
        "token": token_of(form),
        "cv__file": a_file(b"MZ", "a.exe"),
    }

    page = client.post(form.public_path, body)

    assert page.status_code == 400
    assert "one of these kinds: pdf" in page.text
    assert 'value="ada@north.example"' in page.text


def test_a_required_file_that_is_missing_is_asked_for(client, form):
    assert send(client, form).json()["errors"] == {"cv": ["Choose a file."]}


@pytest.mark.parametrize("code", ["nobody-knows-this", "x" * 22, "../../etc/passwd"])
def test_a_code_that_nobody_gave_out_is_refused(client, form, code):
    assert send(client, form, cv=code).status_code == 400


def test_a_file_belongs_to_one_answer_only(client, form):
    code = send_file(client, form).json()["code"]
    send(client, form, cv=code, client_id="client-0001")

    assert send(client, form, cv=code, client_id="client-0002").status_code == 400


def test_abuse_A17_a_file_of_a_wider_question_does_not_pass_a_narrower_one(client, form):
    loose = uploads.take_in(a_file(b"text", "notes.txt"), name="notes.txt", kinds=uploads.DOCUMENTS)

    assert "cv" in send(client, form, cv=loose.public_id).json()["errors"]


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in names:
            package.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("page.html", b"<script>alert(1)</script>", "one of these kinds"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "one of these kinds"),
        ("page.pdf", b"<html>%PDF-", "not what its name says"),
        ("run.png", b"MZ\x90", "not what its name says"),
        ("macro.docx", zipped("evil.exe"), "not what its name says"),
        ("notes.txt", b"a\x00b", "not what its name says"),
        ("cv", PDF, "one of these kinds"),
        ("empty.pdf", b"", "is empty"),
        ("large.pdf", b"%PDF-" + b"x" * 1_000_000, "larger than 1 MB"),
    ],
)
def test_abuse_A17_a_file_is_judged_by_its_bytes(name, content, why):
    kinds = (*uploads.DOCUMENTS, *uploads.PICTURES)

    with pytest.raises(Invalid, match=why):
        uploads.take_in(io.BytesIO(content), name=name, kinds=kinds, most=1_000_000)

    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\temp\\a.PDF", "a.pdf"),
        ("ein\r\nX: y.pdf", "ein X: y.pdf"),
        ("履歴書 ‮fdp.pdf", "履歴書 ‮fdp.pdf"),
        ("x" * 300 + ".pdf", "x" * 110 + ".pdf"),
    ],
)
def test_abuse_A17_a_name_is_a_name_and_no_way(name, kept):
    row = uploads.take_in(io.BytesIO(PDF), name=name, kinds=("pdf",))

    assert row.name.replace("‮", "") == kept.replace("‮", "")
    assert default_storage.exists(row.path)
    assert "etc" not in row.path


def test_real_documents_pass():
    word = zipped("[Content_Types].xml", "word/document.xml")
    odt = zipped("mimetype", "content.xml")

    assert uploads.take_in(io.BytesIO(word), name="a.docx", kinds=("docx",)).kind == "docx"
    assert uploads.take_in(io.BytesIO(odt), name="a.odt", kinds=("odt",)).kind == "odt"


def test_the_door_refuses_strangers_and_other_questions(client, form):
    assert send_file(client, form, token="forged").status_code == 400
    assert send_file(client, form, question="email").status_code == 422


def test_the_door_slows_down_who_sends_many(client, form, settings):
    settings.FORM_POSTS_PER_MINUTE = 4

    told = [send_file(client, form).status_code for _one in range(4)]  # a minute may end among them

    assert told[0] == 201
    assert 429 in told


def test_erasing_a_person_drops_her_files(client, form, django_capture_on_commit_callbacks):
    send(client, form, cv=send_file(client, form).json()["code"])
    path = Upload.objects.get().path

    with django_capture_on_commit_callbacks(execute=True):
        submissions.erase([Submission.objects.get().lead])

    assert not Upload.objects.exists()
    assert not default_storage.exists(path)


def test_what_nobody_claims_is_dropped_after_a_day(client, form):
    send_file(client, form)
    Upload.objects.update(uploaded_at=now() - timedelta(hours=25))

    assert uploads.drop_unclaimed() == 1
