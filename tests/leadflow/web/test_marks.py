"""Small marks: what stands in them is escaped, whoever wrote it."""

import pytest
from django.template import engines
from django_cotton.compiler_regex import CottonCompiler

from leadflow.web.templatetags import marks
from tests.factories.core import NOON
from tests.factories.people import UserFactory

EVIL = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "drawn",
    [
        lambda: marks.icon(EVIL, label=EVIL),
        lambda: marks.key(EVIL),
        lambda: marks.pill(EVIL, kind=EVIL, href=EVIL),
        lambda: marks.face(UserFactory.build(name=EVIL), show="1"),
        lambda: marks.face(name=EVIL),
        lambda: marks.score(EVIL, EVIL),
        lambda: marks.next_step("later", EVIL),
        lambda: marks.pick(EVIL, EVIL),
    ],
)
def test_abuse_A01_a_mark_never_lets_markup_through(drawn):
    assert "<img" not in drawn()


def test_a_kept_mark_tells_safe_from_unsafe_words():
    safe = marks.pill("A", "ok")

    assert marks.key(safe) != marks.key(str.__str__(safe))


@pytest.mark.parametrize(
    ("component", "drawn"),
    [
        ('<c-icon name="x" size="18" label="Close" />', lambda: marks.icon("x", "18", "Close")),
        ('<c-pill kind="ok" icon="x">Won</c-pill>', lambda: marks.pill("Won", "ok", "x")),
        ('<c-score fit="A" band="1" />', lambda: marks.score("A", "1")),
        ("<c-score />", marks.score),
        ("<c-when />", lambda: marks.moment(None)),
        ('<c-when :at="at" form="day" />', lambda: marks.moment(NOON, "day")),
        ("<c-next-activity />", marks.next_step),
        ('<c-pick value="7" label="Ann" />', lambda: marks.pick("7", "Ann")),
        ('<c-avatar show="1" />', lambda: marks.face(show="1")),
    ],
)
def test_a_component_and_its_function_draw_the_same(component, drawn):
    source = CottonCompiler().process(component)

    assert engines["django"].from_string(source).render({"at": NOON}).strip() == drawn()
