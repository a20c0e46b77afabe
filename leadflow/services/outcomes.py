"""How a call or a meeting went: what is kept as the activity's outcome, and how people say it."""

from django.utils.translation import gettext_lazy

REACHED, NO_ANSWER, VOICEMAIL, WRONG_NUMBER = "reached", "no_answer", "voicemail", "wrong_number"
# what is kept as the activity's outcome -> what the button says; the keys 1 to 4 press them
OUTCOMES = {
    REACHED: gettext_lazy("Reached"),
    NO_ANSWER: gettext_lazy("No answer"),
    VOICEMAIL: gettext_lazy("Voicemail"),
    WRONG_NUMBER: gettext_lazy("Wrong number"),
}
HELD, MISSED = "held", "missed"
OF_MEETINGS = {HELD: gettext_lazy("Held"), MISSED: gettext_lazy("Did not come")}


def words(outcome: str) -> str:
    """As people say it; what somebody typed or a file brought stays as it is."""
    return str(OUTCOMES.get(outcome) or OF_MEETINGS.get(outcome) or outcome)
