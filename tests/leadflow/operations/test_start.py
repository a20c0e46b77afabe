"""The block that a newcomer reads."""

from pathlib import Path

import pytest

from leadflow.operations import start
from leadflow.operations.schema import Upgrade
from leadflow.operations.signins import SignIn
from leadflow.people.models import User

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
