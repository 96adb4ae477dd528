"""What happens to money beside the API: by a person at the provider's portal, the issuer, or the provider by itself."""

from dataclasses import dataclass
from typing import Literal, get_args

from simulator.provider.books import Books
from simulator.provider.decimals import major_units
from simulator.provider.errors import Refused
from simulator.provider.ledger import Transaction
from simulator.provider.requests import FollowUpBody, ReversalBody
from simulator.provider.settlement import Settlement

Act = Literal["capture", "reversal", "cancel_capture", "refund", "automatic_refund", "chargeback"]
ACTS: tuple[Act, ...] = get_args(Act)
_BY: dict[Act, str] = {"automatic_refund": "the provider", "chargeback": "the issuer"}
SOMEBODY = "somebody at the portal"


@dataclass(frozen=True)
class Portal:
    """Each act is a transaction like those that are asked for, with a reference of its own and `done_by`."""

    books: Books
    settlement: Settlement

    def do(self, act: Act, reference: str, amount: int | None, by: str | None) -> Transaction:
        """Does it with a hold or a capture (all there is when no amount is given, in minor units); raises Refused."""
        who = by or _BY.get(act, SOMEBODY)
        body = FollowUpBody(reference=reference, amount=None)
        if amount is not None:
            body = body.model_copy(update={"amount": major_units(amount, self._currency(reference))})
        match act:
            case "capture":
                return self.settlement.capture(body, who)
            case "reversal":
                return self.settlement.reversal(ReversalBody(reference=reference), who)
            case "cancel_capture":
                return self.settlement.cancel_capture(ReversalBody(reference=reference), who)
            case "refund" | "automatic_refund":
                return self.settlement.refund(body, who)
            case "chargeback":
                return self.settlement.chargeback(body, who)

    def _currency(self, reference: str) -> str:
        found = self.books.ledger.find(reference)
        if found is None or found.currency is None:
            raise Refused.refused("no such transaction", "unknown_reference", reference, "reference")
        return found.currency
