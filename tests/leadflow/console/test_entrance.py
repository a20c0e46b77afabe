"""The pages before the application: what a password manager and a hurried hand find there."""

import re

import pytest
from django.urls import reverse


def tag(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found
    return found[0]


@pytest.fixture
def sign_in_page(client, alice):
    return client.get(reverse("account_login")).content.decode()


def test_sign_in_tells_a_password_manager_which_box_is_which(sign_in_page):
    assert 'autocomplete="username"' in tag(sign_in_page, "login")
    assert 'autocomplete="current-password"' in tag(sign_in_page, "password")
    assert "placeholder" not in tag(sign_in_page, "login") + tag(sign_in_page, "password")


def test_sign_in_leads_to_a_forgotten_password_and_can_show_what_is_typed(sign_in_page):
    assert f'href="{reverse("account_reset_password")}"' in sign_in_page
    assert 'data-show-password="id_password"' in sign_in_page
    assert "checked" in tag(sign_in_page, "remember")


def test_after_a_wrong_password_the_address_stays_and_the_cursor_is_in_the_password(client, alice):
    answer = client.post(reverse("account_login"), {"login": alice.email, "password": "wrong"})
    page = answer.content.decode()

    assert f'value="{alice.email}"' in tag(page, "login")
    assert "autofocus" in tag(page, "password")
    assert "autofocus" not in tag(page, "login")
    assert "checked" not in tag(page, "remember")
    assert 'role="alert"' in page
