"""Previews of what others wrote, opened in a real browser: nothing of it runs."""

from capture.blocks.starts import block
from capture.services import forms
from leadflow.mail.services import queue
from tests.abuse.vectors import MUTATIONS
from tests.factories.capture import content_of


def test_abuse_C05_no_vector_runs_in_a_preview(page, sign_in, alice, transactional_db):
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    rows = [
        queue(
            key=f"t:{n}", kind="marketing", to="a@a.com", subject=MUTATIONS[n], text="x", html=html
        )
        for n, html in enumerate(
            "".join(MUTATIONS[n : n + 10]) for n in range(0, len(MUTATIONS), 10)
        )
    ]
    written = [block("heading", text=one[:120], sub=one[:200]) for one in MUTATIONS]
    form = forms.create(name=MUTATIONS[0], by=None, content=content_of(*written))
    sign_in(page, alice)

    for address in [*(row.get_absolute_url() for row in rows), f"/forms/{form.pk}/preview/"]:
        page.goto(address)
        for frame in page.frames:
            assert frame.evaluate("window.__pwned") is None, address
    assert dialogs == []
