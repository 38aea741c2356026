"""Deciding about a model over the API: its card, its approval, its end, its price."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from catalog import selectors, services
from catalog.api.answers import entry_body
from catalog.api.asking import amount_in, day_in, facts_in, numbers_in, text_in, texts_in
from catalog.api.shapes import APPROVAL, ENTRY, FACTS, NEW_PRICE, STATUS
from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from catalog.policies import require_manager
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.api import Endpoint, body_of, described
from portal.common.errors import FieldError, Invalid

_MANAGERS = {403: "Only catalog managers do this."}


class DecisionEndpoint(Endpoint):
    """What every decision begins and ends with: a manager and a model, and the model after it."""

    def asked(self, entry_id: UUID) -> tuple[User, CatalogEntry]:
        """Return who asks, and the model. Raises Http404 or Forbidden (role)."""
        user = signed_in(self.request)
        found = selectors.entry_for(user, entry_id)
        require_manager(user)
        return user, found

    def answer(self, entry: CatalogEntry) -> Response:
        """Return the model as it now stands, with the price that counts now."""
        found = selectors.entry_for(signed_in(self.request), entry.pk)
        return Response(entry_body(found, selectors.price_row_of(found)))


class EntryFacts(DecisionEndpoint):
    """The facts of a model's card."""

    @described(takes=FACTS, gives=ENTRY, refuses=_MANAGERS)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Set facts of the card; what is set is not overwritten by a reading of the gateway.

        Facts that are not sent stay. When a fact changes that somebody relies on, an approved
        model is proposed again, and somebody else has to approve it.
        """
        user, found = self.asked(entry_id)
        facts = facts_in(body_of(request))
        return self.answer(services.set_facts(actor=user, entry=found, facts=facts))


class Approval(DecisionEndpoint):
    """The approval of a model."""

    @described(
        takes=APPROVAL,
        gives=ENTRY,
        refuses={
            403: "Only catalog managers do this, and not for a card that they wrote.",
            409: "The card is not complete, or is not the one that `digest` names.",
        },
    )
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Approve a model until a day, for everybody or for some units and tiers.

        `digest` is that of the card as it was read; 409 card_changed when it has changed since.
        """
        user, found = self.asked(entry_id)
        body = body_of(request)
        digest, expires = text_in(body, "digest"), day_in(body, "expires")
        errors = []
        if not digest:
            errors.append(FieldError("digest", "required", "Send the digest of the card."))
        if expires is None:
            errors.append(FieldError("expires", "required", "Give a date such as 2027-01-31."))
        if errors or expires is None:
            raise Invalid("The approval is not complete.", errors=errors)
        made = services.approve(
            actor=user,
            entry=found,
            digest=digest,
            expires=expires,
            reason=text_in(body, "reason"),
            units=texts_in(body, "units"),
            tiers=numbers_in(body, "tiers"),
        )
        return self.answer(made)


class Status(DecisionEndpoint):
    """The end of a model."""

    @described(takes=STATUS, gives=ENTRY, refuses=_MANAGERS)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Deprecate, retire or block a model, with a reason; an approval brings it back."""
        user, found = self.asked(entry_id)
        body = body_of(request)
        status = text_in(body, "status")
        if status not in EntryStatus.values:
            named = f"{EntryStatus.DEPRECATED}, {EntryStatus.RETIRED}, {EntryStatus.BLOCKED}"
            raise Invalid.field("status", "choice", f"One of: {named}.")
        made = services.change_status(
            actor=user,
            entry=found,
            status=EntryStatus(status),
            reason=text_in(body, "reason"),
            retirement_date=day_in(body, "retirement_date"),
            replacement=text_in(body, "replacement"),
        )
        return self.answer(made)


class NewPrice(DecisionEndpoint):
    """The price of a model."""

    @described(takes=NEW_PRICE, gives=ENTRY, status=201, refuses=_MANAGERS)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Set the price from now on, per million tokens; earlier prices stay for what they cost."""
        user, found = self.asked(entry_id)
        body = body_of(request)
        price_in, price_out = amount_in(body, "price_in"), amount_in(body, "price_out")
        errors = [
            FieldError(name, "required", 'Give an amount such as "0.15".')
            for name, value in (("price_in", price_in), ("price_out", price_out))
            if value is None
        ]
        if price_in is None or price_out is None:
            raise Invalid("A price needs tokens in and tokens out.", errors=errors)
        services.add_price(
            actor=user,
            entry=found,
            price_in=price_in,
            price_out=price_out,
            price_cached=amount_in(body, "price_cached"),
            currency=text_in({"currency": "USD", **body}, "currency"),
            source=text_in(body, "source"),
        )
        answer = self.answer(found)
        answer.status_code = 201
        return answer
