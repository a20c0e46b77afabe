"""What follows from each reason for which sales returns a lead: pure data, read top to bottom."""

from enum import StrEnum

from leadflow.handover.models import RejectReason as R


class Consequence(StrEnum):
    """Where a returned lead goes."""

    DISQUALIFY = "disqualify"  # off the road for good
    RECYCLE = "recycle"  # back to nurture, until a date
    REPAIR = "repair"  # a lead again, its data to be put right
    REROUTE = "reroute"  # offered again, to somebody else


CONSEQUENCES: dict[str, Consequence] = {
    R.NO_FIT_SIZE: Consequence.DISQUALIFY,
    R.NO_FIT_INDUSTRY: Consequence.DISQUALIFY,
    R.NO_FIT_REGION: Consequence.DISQUALIFY,
    R.NO_FIT_ROLE: Consequence.DISQUALIFY,
    R.STUDENT: Consequence.DISQUALIFY,
    R.JOB_SEEKER: Consequence.DISQUALIFY,
    R.COMPETITOR: Consequence.DISQUALIFY,
    R.VENDOR: Consequence.DISQUALIFY,
    R.SPAM: Consequence.DISQUALIFY,
    R.BAD_EMAIL: Consequence.REPAIR,
    R.BAD_PHONE: Consequence.REPAIR,
    R.DUPLICATE: Consequence.REPAIR,
    R.NOT_NOW: Consequence.RECYCLE,
    R.NO_BUDGET: Consequence.RECYCLE,
    R.UNREACHABLE: Consequence.RECYCLE,
    R.CUSTOMER: Consequence.REROUTE,
    R.WRONG_OWNER: Consequence.REROUTE,
}

# A re-route is our own mistake, not marketing's: it stays out of the acceptance rate.
NOT_AGAINST_MARKETING = frozenset({R.WRONG_OWNER, R.CUSTOMER})
