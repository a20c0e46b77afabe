import threading

from leadflow.kit.each import by_id
from leadflow.kit.remembering import remembered, remembering


class Asked:
    """A question that counts how often it was put."""

    def __init__(self):
        self.times = 0

        @remembered
        def answer(of="all"):
            self.times += 1
            return f"{of} {self.times}"

        self.answer = answer


def test_within_a_block_a_question_is_asked_once_for_each_argument():
    asked = Asked()
    with remembering():
        assert asked.answer("a") == asked.answer("a") == "a 1"
        assert asked.answer("b") == "b 2"


def test_outside_of_a_block_every_question_is_asked():
    asked = Asked()
    with remembering():
        asked.answer()
    assert [asked.answer(), asked.answer()] == ["all 2", "all 3"]


def test_a_block_within_a_block_remembers_as_long_as_the_outer_one():
    asked = Asked()
    with remembering():
        with remembering():
            asked.answer()
        assert asked.answer() == "all 1"


def test_what_one_thread_remembers_no_other_sees():
    asked, seen = Asked(), []
    with remembering():
        asked.answer()
        other = threading.Thread(target=lambda: seen.append(asked.answer()))
        other.start()
        other.join()
    assert seen == ["all 2"]


def test_an_argument_of_a_verb_for_many_is_one_for_all_or_one_for_each():
    assert by_id("x", [1, 2]) == {1: "x", 2: "x"}
    assert by_id({1: "x"}, [1]) == {1: "x"}
