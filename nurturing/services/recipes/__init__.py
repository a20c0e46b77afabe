"""Recipes: whole sequences and automations to begin from, in our words, with open ends named.

Picking one makes a draft of its own. What only its owner knows (a form, a booking link, an offer) stays
open: a link stands in double brackets, and the check before publishing names it.
"""

from nurturing.services.recipes.keeping import KEEPING
from nurturing.services.recipes.meeting import MEETING
from nurturing.services.recipes.reacting import AUTOMATIONS
from nurturing.services.recipes.using import use_automation, use_sequence
from nurturing.services.recipes.welcoming import WELCOMING
from nurturing.services.recipes.writing import Recipe

SEQUENCES: dict[str, Recipe] = {one.key: one for one in (*WELCOMING, *MEETING, *KEEPING)}

__all__ = ["AUTOMATIONS", "SEQUENCES", "Recipe", "use_automation", "use_sequence"]
