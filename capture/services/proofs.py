"""What a form may ask of a browser beside the answers, so that posting a thousand times costs something.

A proof is an adapter: it asks something when the page is made and judges what comes back. Ours is a
proof of work after ALTCHA, worked out in the browser in about a second, without any other service.
An answer without its proof is set aside for a person to look at, never refused.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from altcha import v1 as altcha
from django.conf import settings

from capture.models import Form, VisitorPolicy
from leadflow.kit import clock, tokens

FIELD = "lf_proof"
DIFFICULTY = 50_000  # the most that a browser tries; half of it on average
KEEP = timedelta(hours=48)
_PURPOSE = "proof.v1"


class Proof(Protocol):
    """One kind of proof."""

    def ask(self, form: Form, client_id: str) -> Mapping[str, Any]:
        """What the page's script is told."""

    def holds(self, answer: Any, form: Form, client_id: str) -> bool:
        """Whether what the script sent proves it, for this form and this very submission."""


class Work:
    """Find the number that was hashed. Bound to one submission, so that a solution is worth one post."""

    def ask(self, form: Form, client_id: str) -> Mapping[str, Any]:
        """A challenge as ALTCHA's first protocol has it."""
        options = altcha.ChallengeOptions(
            hmac_key=_key(), max_number=DIFFICULTY, expires=clock.now() + KEEP,
            params={"form": form.public_id, "id": client_id},
        )  # fmt: skip
        challenge = altcha.create_challenge(options)
        return {
            "algorithm": challenge.algorithm,
            "challenge": challenge.challenge,
            "maxnumber": challenge.max_number,
            "salt": challenge.salt,
            "signature": challenge.signature,
        }

    def holds(self, answer: Any, form: Form, client_id: str) -> bool:
        """Whether the number is right, in time, and of this submission."""
        try:
            told = json.loads(answer) if isinstance(answer, str) and len(answer) < 2_000 else None
            if not isinstance(told, dict) or not isinstance(told.get("number"), int):
                return False
            good, _why = altcha.verify_solution(told, _key())  # type: ignore[call-overload]
            bound = altcha.extract_params(told)  # type: ignore[arg-type]
        except (ValueError, TypeError, KeyError, RecursionError):
            return False
        return (
            bool(good) and bound.get("form") == [form.public_id] and bound.get("id") == [client_id]
        )


PROOFS: dict[str, Proof] = {VisitorPolicy.Proof.WORK: Work()}


def ask(policy: VisitorPolicy, form: Form, client_id: str) -> str:
    """What the page tells its script, as JSON; nothing where the policy asks for no proof."""
    proof = PROOFS.get(policy.proof)
    return json.dumps(proof.ask(form, client_id)) if proof else ""


def holds(policy: VisitorPolicy, answer: Any, form: Form, client_id: Any) -> bool:
    """Whether an answer brings the proof that the policy asks for."""
    proof = PROOFS.get(policy.proof)
    return proof is None or (isinstance(client_id, str) and proof.holds(answer, form, client_id))


def _key() -> str:
    return tokens.keyed_hash(settings.SECRET_KEY, _PURPOSE, "key")
