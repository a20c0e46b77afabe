"""The block that a newcomer reads."""

from pathlib import Path

import pytest

from leadflow.operations import start
from leadflow.operations.schema import Upgrade
from leadflow.operations.signins import SignIn
from leadflow.people.models import User
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

DONE = Upgrade(was_new=True, applied=1, backup=None)
ADDRESS = "http://127.0.0.1:8000/"


def test_an_empty_installation_is_sent_to_its_first_page(db: None):
    assert "asks for the first admin" in start.block(start.Start(DONE), ADDRESS)


def test_the_first_start_shows_each_password_once(alice: User):
    begun = start.Start(DONE, [SignIn("Admin", "alice@crm.example", "abcd-efgh")], is_first=True)
    text = start.block(begun, ADDRESS)
    assert "alice@crm.example  abcd-efgh" in text
    assert "shown only now" in text


def test_a_later_start_names_the_command_for_new_passwords(alice: User):
    text = start.block(start.Start(DONE, [SignIn("Admin", "alice@crm.example")]), ADDRESS)
    assert "leadflow passwords" in text
    assert "only now" not in text


def test_it_says_where_mail_goes(db: None, settings):
    assert "until SMTP_HOST is set" in start.block(start.Start(DONE), ADDRESS)
    settings.SMTP_HOST = "mail.crm.example"
    assert "goes out through mail.crm.example" in start.block(start.Start(DONE), ADDRESS)


@pytest.mark.usefixtures("db")
def test_an_installation_that_has_people_gets_no_demo(alice: User, settings, tmp_path: Path):
    settings.VAR_DIR, settings.BACKUP_DIR = tmp_path, tmp_path / "backups"
    begun = start.prepare(demo=True)
    assert not begun.is_first
    assert begun.upgrade.applied == 0
    assert User.objects.get() == alice


@pytest.mark.usefixtures("db")
def test_a_start_killed_between_the_demo_and_its_passwords_goes_on(settings, tmp_path: Path):
    settings.VAR_DIR, settings.BACKUP_DIR = tmp_path, tmp_path / "backups"
    UserFactory(email="robin@brightwell.example", role="admin", is_demo=True)
    a_lead()  # the demo is in the database, and nobody has seen its passwords
    (tmp_path / "demo.unfinished").touch()

    begun = start.prepare(demo=True)

    assert [row.email for row in begun.sign_ins if row.password] == ["robin@brightwell.example"]
    assert list(tmp_path.iterdir()) == []
