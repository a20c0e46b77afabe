"""Starts that work something out: a first result for free, the details for an address."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.starts.parts import (
    Block,
    Start,
    block,
    email,
    first_name,
    follow_up,
    gated,
    heading,
    number,
    report_block,
    scored,
    sum_of,
)

Built = tuple[str, list[list[Block]]]
Reported = tuple[str, list[Block]]


def _ask(what: str, sub: str) -> list[Block]:
    """The gate: what she gets, and the address it goes to."""
    return [heading(what, sub), first_name(is_required=False), email(), follow_up(_t("the report"))]


def _shown(text: str, name: str) -> Block:
    rule = {"all": [{"field": name, "op": "is_set"}]}
    return block("result", text=text, show_when=rule)


def _calculator() -> Built:
    return _t("Send me the result"), [[
        heading(_t("What does manual work cost you?"), _t("Three numbers, and you see it at once.")),
        number("people", _t("People who do it"), at_least=1),
        number("hours", _t("Hours a week for each of them")),
        block("number", label=_t("Cost of an hour"), name="hourly", unit="€", at_least=0),
        sum_of("cost", _t("Cost a year"), "people * hours * if(answered(hourly), hourly, 45) * 46", "€"),
        sum_of("verdict", _t("Verdict"),
               f'band(cost, 0, "{_t("small")}", 20000, "{_t("large")}", 100000, "{_t("huge")}")',
               gives="text", is_shown=False),
        gated("saved", _t("Saved with tools"), "cost * 0.6", "€"),
        gated("hours_a_year", _t("Hours a year"), "people * hours * 46"),
        block("result", text=_t("That is a {verdict} sum: {cost} € a year, at 46 weeks."),
              show_when={"all": [{"field": "cost", "op": "more_than", "value": 0}]}),
    ], _ask(_t("Where it goes, and what to do"), _t("Your own report, by email and as PDF."))]  # fmt: skip


def _calculator_report() -> Reported:
    return _t("What manual work costs you"), [
        report_block("number", label=_t("A year, at 46 weeks"), formula="cost", unit="€"),
        report_block("heading", text=_t("What could be saved")),
        report_block("bar", label=_t("Today"), formula="cost", unit="€"),
        report_block("bar", label=_t("With tools for the routine part"), formula="cost - saved", unit="€"),
        report_block("text", text=_t("{people} people spend {hours_a_year} hours a year on it.")),
        report_block("advice", title=_t("Begin with one step"), formula="cost", below=20000,
                     text=_t("At this size one template and one hour of training pay for themselves.")),
        report_block("advice", title=_t("Worth a project"), formula="cost", at_least=20000, below=100000,
                     text=_t("Look for the three tasks that take half of the hours, and automate those first.")),
        report_block("advice", title=_t("Worth a decision at the top"), formula="cost", at_least=100000,
                     text=_t("This is a position of the budget. Name an owner and a date, and measure again.")),
        report_block("answers", text=_t("What you told us")),
    ]  # fmt: skip


def _price() -> Built:
    return _t("Send me the offer"), [[
        heading(_t("What would it cost you?"), _t("Change the numbers and see.")),
        number("users", _t("People who use it"), at_least=1),
        block("choice", label=_t("Plan"), name="plan", is_required=True, has_points=True, options=[
            {"value": "basic", "label": _t("Basic"), "points": 15},
            {"value": "team", "label": _t("Team"), "points": 29},
            {"value": "large", "label": _t("Large"), "points": 49}]),
        block("yes_no", label=_t("Pay for the year"), name="yearly"),
        sum_of("month", _t("A month"), "users * points(plan) * if(yearly, 0.8, 1)", "€"),
        gated("year", _t("A year"), "month * 12", "€"),
        gated("saved_yearly", _t("Saved by paying for the year"), "users * points(plan) * 0.2 * 12", "€"),
        _shown(_t("{month} € a month for {users} people."), "month"),
    ], _ask(_t("Get it in writing"), _t("With every position, as PDF."))]  # fmt: skip


def _price_report() -> Reported:
    return _t("Your price"), [
        report_block("number", label=_t("A month"), formula="month", unit="€"),
        report_block("number", label=_t("A year"), formula="year", unit="€"),
        report_block("advice", title=_t("Paying for the year is cheaper"), formula="saved_yearly", at_least=1,
                     text=_t("It saves {saved_yearly} € a year.")),
        report_block("answers", text=_t("What it includes")),
    ]  # fmt: skip


def _roi() -> Built:
    return _t("Send me the numbers"), [[
        heading(_t("Does it pay?"), _t("Four numbers from your books.")),
        number("cost", _t("What it would cost a year"), "€", at_least=1),
        number("leads", _t("Leads a month")),
        number("rate", _t("How many of a hundred buy")),
        number("value", _t("Worth of one sale"), "€"),
        sum_of("gain", _t("Gain a year, if a tenth more buy"), "leads * 12 * rate / 100 * 0.1 * value", "€"),
        gated("roi", _t("Return"), "(gain - cost) / cost * 100", "%"),
        gated("months", _t("Months until it pays"), "cost / (gain / 12)", decimals="1"),
        _shown(_t("A tenth more sales is {gain} € a year."), "gain"),
    ], _ask(_t("The whole calculation"), _t("With the return and the month in which it pays."))]  # fmt: skip


def _roi_report() -> Reported:
    return _t("Does it pay?"), [
        report_block("number", label=_t("Return in the first year"), formula="roi", unit="%"),
        report_block("number", label=_t("Months until it pays"), formula="months", decimals="1"),
        report_block("bar", label=_t("Cost"), formula="cost", unit="€"),
        report_block("bar", label=_t("Gain"), formula="gain", unit="€"),
        report_block("advice", title=_t("It pays"), formula="roi", at_least=0,
                     text=_t("At these numbers the first year brings more than it costs.")),
        report_block("advice", title=_t("Not yet"), formula="roi", below=0,
                     text=_t("At these numbers it does not pay in a year. More leads change that first.")),
        report_block("answers", text=_t("Your numbers")),
    ]  # fmt: skip


def _savings() -> Built:
    return _t("Send me my savings"), [[
        heading(_t("What could you save?"), _t("Two numbers from your last bill.")),
        number("bill", _t("What you pay a month"), "€", at_least=1),
        block("choice", label=_t("How old is what you use?"), name="age", is_required=True, has_points=True,
              options=[{"value": "new", "label": _t("Under 5 years"), "points": 10},
                       {"value": "middle", "label": _t("5 to 15 years"), "points": 25},
                       {"value": "old", "label": _t("Older"), "points": 40}]),
        sum_of("saving", _t("You could save a year"), "bill * 12 * points(age) / 100", "€"),
        gated("ten_years", _t("In ten years"), "saving * 10", "€"),
        _shown(_t("About {saving} € a year."), "saving"),
    ], _ask(_t("How to get there"), _t("The steps in their order, for your case."))]  # fmt: skip


def _savings_report() -> Reported:
    return _t("What you could save"), [
        report_block("number", label=_t("A year"), formula="saving", unit="€"),
        report_block("number", label=_t("In ten years"), formula="ten_years", unit="€"),
        report_block("bar", label=_t("Today"), formula="bill * 12", unit="€"),
        report_block("bar", label=_t("After it"), formula="bill * 12 - saving", unit="€"),
        report_block("advice", formula="saving", below=500, title=_t("Small steps"),
                     text=_t("Begin with what costs nothing: settings and habits.")),
        report_block("advice", formula="saving", at_least=500, title=_t("Worth a visit"),
                     text=_t("Have somebody look at it. The first look is free with us.")),
    ]  # fmt: skip


def _levels() -> list[tuple[str, int]]:
    return [(_t("Not at all"), 0), (_t("Here and there"), 1), (_t("Mostly"), 2), (_t("Always"), 3)]


def _assessment() -> Built:
    return _t("Send me my result"), [[
        heading(_t("How well do you follow up?"), _t("Six statements, one minute.")),
        scored("fast", _t("We answer every inquiry on the same day."), _levels()),
        scored("owner", _t("Every lead has one person who owns it."), _levels()),
        scored("next_step", _t("Every open lead has a next step with a date."), _levels()),
        scored("why", _t("We know where our customers came from."), _levels()),
        scored("agreed", _t("Marketing and sales agree on what a good lead is."), _levels()),
        scored("numbers", _t("We look at the numbers every month."), _levels()),
        sum_of("total", _t("Your points of 18"),
               "points(fast) + points(owner) + points(next_step) + points(why) + points(agreed) + points(numbers)"),
        gated("speed", _t("Speed and ownership"), "points(fast) + points(owner) + points(next_step)"),
        gated("insight", _t("Insight and agreement"), "points(why) + points(agreed) + points(numbers)"),
        _shown(_t("{total} of 18 points."), "total"),
    ], _ask(_t("What to do first"), _t("Your strengths, your gaps, and the next three steps."))]  # fmt: skip


def _assessment_report() -> Reported:
    return _t("How you follow up"), [
        report_block("number", label=_t("Points of 18"), formula="total"),
        report_block("bar", label=_t("Speed and ownership"), formula="speed", most=9),
        report_block("bar", label=_t("Insight and agreement"), formula="insight", most=9),
        report_block("advice", title=_t("Begin with one rule"), formula="total", below=7,
                     text=_t("Agree that every lead has an owner by the evening. All else follows.")),
        report_block("advice", title=_t("Halfway"), formula="total", at_least=7, below=13,
                     text=_t("Close the gap that is larger above; it holds the other back.")),
        report_block("advice", title=_t("Well done"), formula="total", at_least=13,
                     text=_t("Keep it up by measuring: the first answer, and how many become customers.")),
        report_block("answers", text=_t("Your answers")),
    ]  # fmt: skip


def _maturity() -> Built:
    return _t("Send me my level"), [[
        heading(_t("Which level are you on?"), _t("Four questions about how you work today.")),
        scored("process", _t("Our process is written down and followed."), _levels()),
        scored("tools", _t("Our tools share one set of data."), _levels()),
        scored("people", _t("People know who does what."), _levels()),
        scored("learning", _t("We change things by what we measure."), _levels()),
        sum_of("points_of", _t("Points of 12"),
               "points(process) + points(tools) + points(people) + points(learning)"),
        sum_of("level", _t("Your level"),
               f'band(points_of, 0, "{_t("Beginning")}", 4, "{_t("Growing")}", 8, "{_t("Steady")}", 11, "{_t("Leading")}")',
               gives="text"),
        _shown(_t("Level: {level}."), "level"),
    ], _ask(_t("The way to the next level"), _t("For each of the four parts."))]  # fmt: skip


def _maturity_report() -> Reported:
    return _t("Your level: {level}"), [
        report_block("bar", label=_t("Process"), formula="points(process)", most=3),
        report_block("bar", label=_t("Tools"), formula="points(tools)", most=3),
        report_block("bar", label=_t("People"), formula="points(people)", most=3),
        report_block("bar", label=_t("Learning"), formula="points(learning)", most=3),
        report_block("advice", title=_t("Write it down"), formula="points(process)", below=2,
                     text=_t("One page per process is enough: who begins it, who ends it, what comes out.")),
        report_block("advice", title=_t("Bring data together"), formula="points(tools)", below=2,
                     text=_t("Choose the one place that is right when two disagree.")),
        report_block("advice", title=_t("Name people"), formula="points(people)", below=2,
                     text=_t("One name per task, and a second for the holidays.")),
        report_block("advice", title=_t("Look every month"), formula="points(learning)", below=2,
                     text=_t("Three numbers on one page, at the same hour every month.")),
    ]  # fmt: skip


def _quiz() -> Built:
    def question(name: str, label: str, right: str, *wrong: str) -> Block:
        return scored(name, label, [(right, 1), *((one, 0) for one in wrong)])

    return _t("Send me the answers"), [[
        heading(_t("How much do you know about lead management?"), _t("Three questions. Look it up afterwards.")),
        question("first", _t("What makes a lead qualified?"), _t("Fit and intent together"),
                 _t("A large company"), _t("An open mail")),
        question("second", _t("How soon should somebody answer?"), _t("Within minutes"),
                 _t("Within a week"), _t("After a reminder")),
        question("third", _t("What does a lead that is not ready need?"), _t("Useful mail from time to time"),
                 _t("A call every day"), _t("To be deleted")),
        sum_of("right", _t("Right answers of 3"), "points(first) + points(second) + points(third)"),
        _shown(_t("{right} of 3."), "right"),
    ], _ask(_t("Read why"), _t("The answers with their reasons."))]  # fmt: skip


def _quiz_report() -> Reported:
    return _t("Your answers"), [
        report_block("number", label=_t("Right of 3"), formula="right"),
        report_block("heading", text=_t("The reasons")),
        report_block("text", text=_t("Qualified is who fits what you sell and shows that they want it; one alone misleads.")),
        report_block("text", text=_t("Interest fades by the minute: who is called at once is reached far more often.")),
        report_block("text", text=_t("Most people buy later than they ask. Something useful now and then keeps you in mind.")),
        report_block("answers", text=_t("What you answered")),
    ]  # fmt: skip


WORKING_OUT: dict[str, Start] = {
    "calculator": Start(
        _("Calculator"), _("A number worth an email: the result at once, the details in a report of their own."),
        "calculator", _calculator, _("Your report is ready."), _calculator_report),
    "price": Start(
        _("Price calculator"), _("Who plays with your prices is deciding; the offer in writing costs an address."),
        "coin", _price, _("Your offer is ready."), _price_report),
    "roi": Start(
        _("Return calculator"), _("Gives your contact the numbers that the boss will ask for."),
        "chart-bar", _roi, _("Your calculation is ready."), _roi_report),
    "savings": Start(
        _("Savings calculator"), _("Money that is lost today is the strongest reason to move."),
        "basket", _savings, _("Your savings are worked out."), _savings_report),
    "assessment": Start(
        _("Self-assessment"), _("People like to know how they do; the answers tell you what they lack."),
        "checklist", _assessment, _("Your result is ready."), _assessment_report),
    "maturity": Start(
        _("Maturity check"), _("A level to belong to and a next one to reach: it begins the right talk."),
        "stairs", _maturity, _("Your level is worked out."), _maturity_report),
    "quiz": Start(
        _("Quiz"), _("Light and shared often; the wrong answers show what to write about next."), "bulb",
        _quiz, _("Your answers are ready."), _quiz_report),
}  # fmt: skip
