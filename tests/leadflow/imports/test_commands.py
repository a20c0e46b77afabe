"""`leadflow import` and `leadflow export`."""

import json

import pytest
from django.core.management import call_command

from leadflow.models import Company, Lead
from tests.factories.core import a_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    def write(text, name="file.csv"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def run(*args):
    try:
        call_command(*args)
    except SystemExit as leaving:
        return leaving.code
    return 0


def test_a_clean_file_leaves_with_0_and_tells_its_counts(file, capsys):
    assert run("import", "company", file("account\nAcme\n"), "--json") == 0
    report = json.loads(capsys.readouterr().out)[0]
    assert (report["lines"], report["created"], report["failed"]) == (1, 1, 0)


def test_rejected_lines_leave_with_1_and_are_written_to_a_file(file, tmp_path, capsys):
    out = tmp_path / "bad.csv"
    assert run("import", "lead", file("email\nnobody\n"), "--rejected", str(out)) == 1
    assert "nobody,2," in out.read_text()


@pytest.mark.parametrize("name", ["missing.csv", "empty.csv"])
def test_a_file_that_is_none_leaves_with_2(file, tmp_path, name, capsys):
    file("", "empty.csv")
    assert run("import", "lead", str(tmp_path / name)) == 2
    assert capsys.readouterr().err.startswith("leadflow import: ")


def test_a_dry_run_changes_nothing(file, capsys):
    assert run("import", "lead", file("email\na@b.example\n"), "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["created"] == 1
    assert not Lead.objects.exists()


def test_a_mapping_file_says_what_columns_and_words_mean(file, capsys):
    plan = file(
        "columns: {firm: name, land: country}\nvalues: {country: {Norway: 'NO'}}\n", "m.yaml"
    )
    assert run("import", "company", file("firm,land\nFjord,Norway\n"), "--map", plan) == 0
    assert Company.objects.get().country == "NO"


def test_a_mapping_file_with_unknown_parts_leaves_with_2(file, capsys):
    assert (
        run("import", "lead", file("email\na@b.example\n"), "--map", file("x: 1\n", "m.yaml")) == 2
    )


def test_what_goes_out_comes_in_again_as_it_was(tmp_path, capsys):
    a_company("=cmd|'/C calc'!A0", city="Ulm")
    out = str(tmp_path / "out.csv")
    assert run("export", "company", "--out", out) == 0
    Company.objects.all().delete()
    assert run("import", "company", out) == 0
    company = Company.objects.get()
    assert (company.name, company.city) == ("=cmd|'/C calc'!A0", "Ulm")
