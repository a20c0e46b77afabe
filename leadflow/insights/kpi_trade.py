"""The KPIs about deals: how each is computed, and why it may have no number."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from leadflow.insights.figures import Figures
from leadflow.insights.formulas import ratio, velocity
from leadflow.insights.measures import NEW_LATE, NEW_NOBODY, OPENED, OPENED_WON
from leadflow.insights.trade import DAY, Closing
from leadflow.insights.values import Fact, LeftOut, Value, share

NONE_CLOSED = _("No deal was won or lost in this range.")
NONE_WON = _("No deal was won in this range.")


def _days(seconds: float | None) -> Decimal | None:
    return None if seconds is None else Decimal(str(seconds)) / int(DAY)


def _seen(*left: LeftOut) -> tuple[LeftOut, ...]:
    return tuple(one for one in left if one.count)


def _undated_won(figures: Figures) -> LeftOut:
    return LeftOut(_("won without a date"), figures.trade.undated["won"], "undated_won")


def _unpriced(sums: Closing) -> tuple[LeftOut, ...]:
    return (
        LeftOut(_("won without an amount"), sums.no_amount, "no_amount"),
        LeftOut(_("won in a currency without a rate"), sums.no_rate, "no_rate"),
    )


def won_deals(figures: Figures) -> Value:
    won = figures.trade.closing.won
    return Value(won, n=won, numerator=won, left_out=_seen(_undated_won(figures)))


def lost_deals(figures: Figures) -> Value:
    lost = figures.trade.closing.lost
    undated = LeftOut(_("lost without a date"), figures.trade.undated["lost"], "undated_lost")
    return Value(lost, n=lost, numerator=lost, left_out=_seen(_not_counted(figures), undated))


def won_revenue(figures: Figures) -> Value:
    sums = figures.trade.closing
    free = LeftOut(_("won at 0"), sums.for_nothing, "for_nothing")
    left = _seen(*_unpriced(sums), free, _undated_won(figures))
    if sums.revenue is None and not sums.won:
        return Value(None, why=NONE_WON, left_out=left)
    why = "" if sums.revenue is not None else _("No won deal has an amount that can be counted.")
    n = figures.trade.credited_deals
    facts = (Fact("mean", _("mean"), ratio(sums.revenue, n), "money"),)
    return Value(
        sums.revenue, n=n, numerator=sums.revenue, why=why, left_out=left, facts=facts,
    )  # fmt: skip


def deal_size(figures: Figures) -> Value:
    sums = figures.trade.closing
    left = _seen(
        *_unpriced(sums),
        LeftOut(_("won at 0"), sums.for_nothing, "for_nothing"),
        _undated_won(figures),
    )
    return Value(
        ratio(sums.won_sum, sums.priced),
        n=sums.priced,
        numerator=sums.won_sum if sums.priced else None,
        denominator=sums.priced,
        why="" if sums.priced else NONE_WON,
        left_out=left,
    )


def _not_counted(figures: Figures) -> LeftOut:
    count = figures.trade.closing.not_counted
    return LeftOut(_("lost for a reason that does not count"), count, "not_counted")


def close_rate(figures: Figures) -> Value:
    sums, undated = figures.trade.closing, figures.trade.undated
    return share(
        sums.won,
        sums.won + sums.lost,
        why=NONE_CLOSED,
        left_out=(
            _not_counted(figures),
            LeftOut(_("closed without a date"), undated["won"] + undated["lost"], "undated_closed"),
        ),
    )


def close_rate_by_value(figures: Figures) -> Value:
    sums = figures.trade.closing
    won = sums.won_sum
    whole = won + sums.lost_sum
    return Value(
        ratio(won, whole),
        n=sums.won + sums.lost,
        numerator=won,
        denominator=whole,
        why="" if whole else _("No closed deal has an amount that can be counted."),
        left_out=_seen(*_unpriced(sums)),
    )


def created_win_rate(figures: Figures) -> Value:
    undated = sum(figures.trade.undated.values())
    return share(
        figures.trade.count(OPENED_WON),
        figures.trade.count(OPENED, counting=True),
        why=_("No deal was opened in this range."),
        left_out=(LeftOut(_("without a date"), undated, "undated"),),
    )


def sales_cycle(figures: Figures) -> Value:
    sums = figures.trade.closing
    facts = (
        Fact("mean", _("mean"), _days(sums.cycle.mean), "days"),
        Fact("p90", _("nine of ten took at most"), _days(sums.cycle.p90), "days"),
        Fact("open", _("still open"), figures.trade.standing["n"], part="open"),
        Fact(
            "unqualified", _("counted from their opening, as they came without a qualified date"),
            sums.unqualified, part="unqualified",
        ),
    )  # fmt: skip
    left = _seen(
        LeftOut(_("won without a start"), sums.no_start, "no_start"),
        LeftOut(_("won before they began"), sums.backwards, "backwards"),
        _undated_won(figures),
    )
    return Value(
        _days(sums.cycle.median), n=sums.cycle.n, numerator=sums.cycle.n,
        why="" if sums.cycle.n else NONE_WON, facts=facts, left_out=left,
    )  # fmt: skip


def time_to_close(figures: Figures) -> Value:
    sums = figures.trade.to_close
    facts = (
        Fact("mean", _("mean"), _days(sums.mean), "days"),
        Fact("p90", _("nine of ten took at most"), _days(sums.p90), "days"),
    )
    left = _seen(
        LeftOut(_("won without a person"), figures.trade.count(NEW_NOBODY), "nobody"),
        LeftOut(
            _("whose person was added after the deal"),
            figures.trade.count(NEW_LATE), "late_people",
        ),
    )  # fmt: skip
    return Value(
        _days(sums.median), n=sums.n, numerator=sums.n,
        why="" if sums.n else _("No lead became a customer in this range."),
        facts=facts, left_out=left,
    )  # fmt: skip


def open_deals(figures: Figures) -> Value:
    count = figures.trade.standing["n"]
    undated = Fact(
        "undated", _("of them without a date"), figures.trade.undated["open"],
        part="undated_open",
    )  # fmt: skip
    return Value(count, n=count, numerator=count, facts=(undated,))


def open_value(figures: Figures) -> Value:
    return _stock(figures, "amount")


def weighted_pipeline(figures: Figures) -> Value:
    return _stock(figures, "weighted")


def _stock(figures: Figures, key: str) -> Value:
    sums = figures.trade.standing
    why = "" if sums["priced"] else _("No open deal has an amount that can be counted.")
    blind = LeftOut(
        _("open without an amount that can be counted"), sums["n"] - sums["priced"], "unpriced"
    )
    return Value(
        sums[key] if sums["priced"] else None, n=sums["priced"], numerator=sums[key], why=why,
        left_out=_seen(blind),
    )  # fmt: skip


def pipeline_velocity(figures: Figures) -> Value:
    """Open deals x close rate x deal size / cycle; a missing part is named."""
    parts = _velocity_parts(figures)
    missing = next((part for part in parts if part.number is None), None)
    number = velocity(*(_decimal(part.number) for part in parts))
    why = _("No data for: %(part)s.") % {"part": missing.label} if missing else ""
    undated = LeftOut(_("open without a date"), figures.trade.undated["open"], "undated_open")
    return Value(
        number, n=figures.trade.last_year.won, numerator=number, why=why, facts=parts,
        left_out=_seen(undated),
    )  # fmt: skip


def _decimal(number: Any) -> Decimal | None:
    return None if number is None else Decimal(number)


def _velocity_parts(figures: Figures) -> tuple[Fact, Fact, Fact, Fact]:
    year = figures.trade.last_year
    closed = year.won + year.lost
    return (
        Fact("open", _("Open deals"), mean_open(figures), "mean", "velocity_open"),
        Fact("rate", _("Close rate"), ratio(year.won, closed), "share", "velocity_closed"),
        Fact(
            "size", _("Mean deal"), ratio(year.won_sum, year.priced), "money",
            "velocity_won",
        ),
        Fact("cycle", _("Cycle"), _days(year.cycle.median), "days", "velocity_timed"),
    )  # fmt: skip


def mean_open(figures: Figures) -> Decimal | None:
    """How many deals stood open at an average moment of the window."""
    span = (figures.ask.end - figures.ask.period.start).total_seconds()
    if span <= 0:
        return None
    return Decimal(str(figures.trade.open_seconds)) / Decimal(str(span))


def realised_velocity(figures: Figures) -> Value:
    sums = figures.trade.closing
    if not figures.days:
        return Value(None, why=_("This range has not begun."))
    revenue = sums.revenue if sums.won else sums.revenue or Decimal(0)
    return Value(
        ratio(revenue, figures.days), n=figures.trade.credited_deals, numerator=revenue,
        denominator=figures.days, left_out=_seen(*_unpriced(sums)),
        why="" if revenue is not None else _("No won deal has an amount that can be counted."),
    )  # fmt: skip
