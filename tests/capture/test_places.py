"""The arithmetic of places, against whatever people and marketers do."""

from hypothesis import given
from hypothesis import strategies as st

from capture.rules.places import Answer, Hall

capacities = st.none() | st.integers(1, 8)
steps = st.lists(
    st.one_of(
        st.just("come"),
        st.tuples(st.just("leave"), st.integers(0, 30)),
        st.tuples(st.just("resize"), capacities),
    ),
    max_size=60,
)


class Model:
    """An event as people who stand in line see it: two lists, and nothing clever."""

    def __init__(self, capacity, has_list):
        self.capacity, self.has_list = capacity, has_list
        self.inside, self.line, self.come = [], [], 0

    def hall(self):
        return Hall(self.capacity, len(self.inside), len(self.line), self.has_list)

    def arrives(self):
        self.come += 1
        answer = self.hall().answer()
        if answer == Answer.PLACE:
            self.inside.append(self.come)
        elif answer == Answer.WAIT:
            self.line.append(self.come)

    def leaves(self, place):
        everybody = self.inside + self.line
        if everybody:
            gone = everybody[place % len(everybody)]
            (self.inside if gone in self.inside else self.line).remove(gone)
        self.settle()

    def resized(self, capacity):
        self.capacity = capacity
        self.settle()

    def settle(self):
        many = self.hall().moving_up
        self.inside += self.line[:many]
        self.line = self.line[many:]


@given(capacities, st.booleans(), steps)
def test_nobody_waits_beside_a_free_place_and_the_line_keeps_its_order(capacity, has_list, walk):
    model = Model(capacity, has_list)
    for step in walk:
        before = len(model.inside)
        if step == "come":
            model.arrives()
        elif step[0] == "leave":
            model.leaves(step[1])
        else:
            model.resized(step[1])
        hall = model.hall()
        if hall.capacity is not None:
            assert hall.free == 0 or not model.line
            assert len(model.inside) <= max(hall.capacity, before)
        else:
            assert not model.line
        assert model.line == sorted(model.line)
        assert not set(model.inside) & set(model.line)


@given(st.integers(1, 1_000), st.integers(0, 1_000), st.integers(0, 1_000), st.booleans())
def test_who_comes_never_overtakes_who_waits(capacity, taken, waiting, has_list):
    hall = Hall(capacity, taken, waiting, has_list)
    is_given = hall.answer() == Answer.PLACE
    assert is_given == (taken + waiting < capacity)
    assert hall.moving_up == min(waiting, max(0, capacity - taken))


def test_without_a_limit_everybody_has_a_place():
    assert Hall(None, 10_000, 0, has_waiting_list=True).answer() == Answer.PLACE
