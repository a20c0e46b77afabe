import pytest

from leadflow.kit import hints


def test_a_hint_goes_out_at_once_where_nothing_saves_it_up():
    sent = []

    hints.give("mail", lambda: sent.append("mail"))

    assert sent == ["mail"]


def test_saved_up_each_kind_goes_out_once_at_the_outer_end():
    sent = []
    with hints.saved_up():
        for _turn in range(3):
            with hints.saved_up():
                hints.give("mail", lambda: sent.append("mail"))
                hints.give("relay", lambda: sent.append("relay"))
        assert sent == []

    assert sorted(sent) == ["mail", "relay"]


def test_work_that_fails_still_tells_of_what_it_committed():
    sent = []

    @hints.saved_up()
    def fail():
        hints.give("mail", lambda: sent.append("mail"))
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()

    assert sent == ["mail"]


def test_a_hint_to_who_is_at_work_is_left_out_and_others_are_not():
    sent = []
    with hints.needless("relay"):
        hints.give("relay", lambda: sent.append("relay"))
        hints.give("mail", lambda: sent.append("mail"))

    assert sent == ["mail"]


def test_work_that_outlasts_the_ticks_gives_none():
    sent = []
    for within in (0, 60):
        with hints.saved_up(within=within):
            hints.give("mail", lambda within=within: sent.append(within))

    assert sent == [60]


def test_spaced_out_the_first_goes_at_once_and_the_rest_as_one_at_the_end():
    sent = []
    with hints.spaced_out(every=60):
        for turn in range(5):
            hints.give("mail", lambda turn=turn: sent.append(turn))
        assert sent == [0]

    assert sent == [0, 4]


def test_spaced_out_a_single_hint_goes_once_and_later_ones_when_it_is_time():
    sent = []
    with hints.spaced_out(every=0):
        hints.give("mail", lambda: sent.append(1))
        hints.give("mail", lambda: sent.append(2))

    assert sent == [1, 2]
