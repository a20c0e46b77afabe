"""Text messages: written by steps, sent by a carrier, each at most once."""

from nurturing.services.texting.carriers import Carrier, CarrierDown, Refused, register
from nurturing.services.texting.sending import follow_merge, send_due, stop
from nurturing.services.texting.writing import MOST_LETTERS, plan, problems

__all__ = [
    "MOST_LETTERS",
    "Carrier",
    "CarrierDown",
    "Refused",
    "follow_merge",
    "plan",
    "problems",
    "register",
    "send_due",
    "stop",
]
