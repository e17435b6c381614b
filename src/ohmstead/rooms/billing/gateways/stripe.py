"""Stripe: cards are stored by SetupIntents, amounts held by PaymentIntents that are captured by hand.

Needs `ohmstead[stripe]`, and is imported only where a secret key is set. Each key goes to Stripe twice: as the
idempotency key, by which Stripe repeats its answer for a day, and as metadata, by which a payment is found again.
"""

from collections.abc import Awaitable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import stripe
from msgspec import Struct

from ohmstead.rooms.billing.gateways.gateway import (
    Card,
    Event,
    GatewayError,
    Money,
    Outcome,
    Refused,
    Setup,
    State,
)

Said = dict[str, Any]
"""An object of Stripe's, as its JSON."""
TIMEOUT_S = 8.0  # less than who calls waits for it
TOLERANCE_S = 300  # that an event may be old
HOLD, CAPTURE, REFUND, SETUP = "ohmstead_hold", "ohmstead_capture", "ohmstead_refund", "ohmstead_setup"
"""The metadata that hold the keys of what we did."""

_NO_DECIMALS = frozenset((
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
))  # fmt: skip
_THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))  # the last of which is 0
_LEAST = {
    "AED": "2", "BGN": "1", "CZK": "15", "DKK": "2.50", "GBP": "0.30", "HKD": "4", "HUF": "175", "MXN": "10",
    "MYR": "2", "NOK": "3", "PLN": "2", "RON": "2", "SEK": "3", "THB": "10",
}  # fmt: skip
_STATES: Mapping[str, State] = {
    "requires_confirmation": "pending", "processing": "pending", "requires_capture": "authorized",
    "succeeded": "captured", "canceled": "voided",
}  # fmt: skip
_SETTLED = ("amount_capturable_updated", "succeeded", "canceled", "payment_failed", "processing")
_BRANDS = ("visa", "mastercard", "maestro", "amex")


def decimals(currency: str) -> int:
    """Of the unit that Stripe counts in: cents mostly, also of the crowns of Iceland and the shillings of Uganda."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


def units(money: Money) -> int:
    """An amount as Stripe has it; Refused where it has none."""
    scaled = money.amount.scaleb(decimals(money.currency))
    if scaled != scaled.to_integral_value() or (money.currency in _THREE_DECIMALS and scaled % 10):
        raise Refused(f"{money.amount:f} {money.currency} is no amount of Stripe's")
    return int(scaled)


def amount(counted: int | None, currency: str) -> Decimal:
    """An amount that Stripe counted, in major units."""
    return Decimal(counted or 0).scaleb(-decimals(currency.upper()))


class StripeGateway:
    """`prefix` goes before each key, so that several systems may share an account at Stripe."""

    name = "stripe"
    in_app = True

    def __init__(
        self, secret_key: str, publishable_key: str, webhook_secret: str, prefix: str, api_base: str | None = None
    ) -> None:
        self._publishable_key, self._webhook_secret, self._prefix = publishable_key, webhook_secret, prefix
        self._http = stripe.AIOHTTPClient(timeout=TIMEOUT_S)
        addresses: Any = {"api": api_base} if api_base else {}
        self._stripe = stripe.StripeClient(
            secret_key, base_addresses=addresses, http_client=self._http, max_network_retries=0
        ).v1

    async def close(self) -> None:
        """Let go of its connections."""
        await self._http.close_async()

    def minimum(self, currency: str) -> Decimal:
        return Decimal(_LEAST[currency]) if currency in _LEAST else amount(50, currency)

    async def begin_setup(self, key: str, return_url: str | None, shown: Money | None, kind: str) -> Setup:
        if kind != "card":
            raise Refused(f"Stripe stores no {kind} for us")
        marked: Any = {"metadata": self._marked(SETUP, key)}
        customer = await _said(self._stripe.customers.create_async(marked, self._once(f"{key}-customer")))
        of: Any = {"customer": customer["id"], "payment_method_types": ["card"], **marked}
        if return_url is None:
            begun = self._stripe.setup_intents.create_async(of | {"usage": "off_session"}, self._once(key))
            return self._in_app(await _said(begun))
        page: Any = {"mode": "setup", "success_url": _back(return_url, "{CHECKOUT_SESSION_ID}")}
        if shown is not None:
            page["custom_text"] = {"submit": {"message": f"To be held: {shown.amount:f} {shown.currency}"}}
        hosted = self._stripe.checkout.sessions.create_async(of | page | {"cancel_url": return_url}, self._once(key))
        session = await _said(hosted)
        success_url = _back(return_url, session["id"])
        return Setup(reference=session["id"], redirect_url=session["url"], success_url=success_url)

    def _in_app(self, intent: Said) -> Setup:
        needed = {"publishableKey": self._publishable_key, "clientSecret": intent["client_secret"]}
        return Setup(reference=intent["id"], client=needed | {"setupIntentReference": intent["id"]})

    async def finish_setup(self, reference: str) -> Card | None:
        intent_id = reference
        if hosted := reference.startswith("cs_"):
            session = await _said(self._stripe.checkout.sessions.retrieve_async(reference))
            if session["status"] == "expired":
                raise Refused("The page has expired.")
            intent_id = _id(session["setup_intent"])
        intent = await _said(self._stripe.setup_intents.retrieve_async(intent_id))
        if intent["status"] == "succeeded":
            method = await _said(self._stripe.payment_methods.retrieve_async(_id(intent["payment_method"])))
            return _card(_id(intent["customer"]), method)
        error = intent.get("last_setup_error")
        if intent["status"] == "canceled" or (error and not hosted):  # on a page another card may follow
            raise Refused((error or {}).get("message") or "The card was declined.")
        return None

    async def authorize(self, key: str, token: str, money: Money, description: str) -> Outcome:
        customer, _, method = token.partition(":")
        if money.amount < self.minimum(money.currency):
            raise Refused(f"Stripe takes no less than {self.minimum(money.currency):f} {money.currency}")
        wanted: Any = {
            "amount": units(money), "currency": money.currency.lower(), "customer": customer, "payment_method": method,
            "payment_method_types": ["card"], "capture_method": "manual", "confirm": True, "off_session": True,
            "description": description, "metadata": self._marked(HOLD, key),
        }  # fmt: skip
        try:
            return _outcome((await self._stripe.payment_intents.create_async(wanted, self._once(key))).to_dict())
        except stripe.CardError as error:
            return _declined(error)
        except stripe.StripeError as error:
            raise _meant(error) from error

    async def capture(self, key: str, reference: str, money: Money) -> Outcome:
        taken: Any = {"amount_to_capture": units(money), "metadata": self._marked(CAPTURE, key)}
        return _outcome(await _said(self._stripe.payment_intents.capture_async(reference, taken, self._once(key))))

    async def void(self, key: str, reference: str) -> Outcome:
        return _outcome(await _said(self._stripe.payment_intents.cancel_async(reference, {}, self._once(key))))

    async def refund(self, key: str, reference: str, money: Money) -> Outcome:
        back: Any = {"payment_intent": reference, "amount": units(money), "metadata": self._marked(REFUND, key)}
        await _said(self._stripe.refunds.create_async(back, self._once(key)))
        return _outcome(await self._payment(reference))

    async def look_up(self, key: str, reference: str | None) -> Outcome | None:
        """Without a reference Stripe's search is asked, which is a minute behind: what it does not find yet is held
        again by the same key, and that gives the first answer again."""
        mark = f"{self._prefix}:{key}"
        if reference is None:
            sought = mark.replace("\\", "\\\\").replace("'", "\\'")
            wanted: Any = {"query": f"metadata['{HOLD}']:'{sought}'", "limit": 1, "expand": ["data.latest_charge"]}
            found = (await _said(self._stripe.payment_intents.search_async(wanted)))["data"]
            return _outcome(found[0]) if found else None
        payment = await self._payment(reference)
        marks = payment.get("metadata") or {}
        if payment["status"] == "canceled" or mark in (marks.get(HOLD), marks.get(CAPTURE)):
            return _outcome(payment)
        refunds = await _said(self._stripe.refunds.list_async({"payment_intent": reference, "limit": 100}))
        known = any((one.get("metadata") or {}).get(REFUND) == mark for one in refunds["data"])
        return _outcome(payment) if known else None

    async def forget(self, token: str) -> None:
        try:
            await self._stripe.payment_methods.detach_async(token.partition(":")[2])
        except stripe.InvalidRequestError:
            return  # it was let go of before
        except stripe.StripeError as error:
            raise _meant(error) from error

    def parse_event(self, raw: bytes, headers: Mapping[str, str]) -> Event | None:
        signature = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
        try:
            stripe.WebhookSignature.verify_header(raw.decode(), signature, self._webhook_secret, TOLERANCE_S)
            told = msgspec.json.decode(raw, type=_Told)
        except (UnicodeDecodeError, msgspec.MsgspecError, stripe.SignatureVerificationError) as error:
            raise Refused(str(error)) from None
        its = told.data.object
        if not any(mark.startswith(f"{self._prefix}:") for mark in (its.get("metadata") or {}).values()):
            return None  # somebody else's, who has the same account
        match told.type.split("."):
            case ["payment_intent", happened] if happened in _SETTLED:
                return Event(id=told.id, payment=its["id"], outcome=_outcome(its))
            case ["charge", "refunded"] if its.get("payment_intent") and its["captured"]:  # else a hold was let go
                return Event(id=told.id, payment=_id(its["payment_intent"]), outcome=_charged(its))
            case ["setup_intent", "succeeded"] | ["checkout", "session", "completed"]:
                return Event(id=told.id, setup=its["id"])
            case _:
                return None

    async def _payment(self, reference: str) -> Said:
        return await _said(self._stripe.payment_intents.retrieve_async(reference, {"expand": ["latest_charge"]}))

    def _once(self, key: str) -> Any:
        return {"idempotency_key": f"{self._prefix}:{key}"}

    def _marked(self, name: str, key: str) -> dict[str, str]:
        return {name: f"{self._prefix}:{key}"}


class _Data(Struct):
    object: Said


class _Told(Struct):
    """An event, of which the rest is left aside."""

    id: str
    type: str
    data: _Data


async def _said(call: Awaitable[Any]) -> Said:
    """What Stripe answered."""
    try:
        return (await call).to_dict()
    except stripe.StripeError as error:
        raise _meant(error) from error


def _meant(error: stripe.StripeError) -> Exception:
    """What an error says of its call: that it will never be done, or that nobody knows."""
    text = error.user_message or str(error)
    return Refused(text) if isinstance(error, stripe.InvalidRequestError | stripe.CardError) else GatewayError(text)


def _outcome(intent: Said) -> Outcome:
    """How a payment stands. One that waits for its driver is declined: there is none at hand."""
    state, currency, charge = _STATES.get(intent["status"], "declined"), intent["currency"], intent.get("latest_charge")
    error = _error(intent.get("last_payment_error")) if state == "declined" else {}
    return Outcome(
        state=state,
        reference=intent["id"],
        authorized=amount(intent["amount"] if state in ("authorized", "captured") else 0, currency),
        captured=amount(intent.get("amount_received"), currency),
        refunded=_charged(charge).refunded if state == "captured" and isinstance(charge, dict) else Decimal(0),
        **error,
    )


def _charged(charge: Said) -> Outcome:
    """What a charge says of its payment. What a capture let go counts as refunded at Stripe, and not with us."""
    given_back = charge["amount_refunded"] - (charge["amount"] - charge["amount_captured"])
    return Outcome(
        state="captured",
        reference=_id(charge["payment_intent"]),
        authorized=amount(charge["amount"], charge["currency"]),
        captured=amount(charge["amount_captured"], charge["currency"]),
        refunded=amount(max(given_back, 0), charge["currency"]),
    )


def _declined(error: stripe.CardError) -> Outcome:
    told: Any = error.json_body or {}
    said: Said = told.get("error") or {}
    payment = said.get("payment_intent")
    return Outcome(state="declined", reference=_id(payment) if payment else None, **_error(said))


def _error(said: Said | None) -> dict[str, Any]:
    """Why a bank said no: by its own reason where it gave one, else by Stripe's."""
    if not said:
        return {"reason": "authentication_required"}
    reason = said.get("decline_code")
    return {
        "reason": said.get("code") if reason in (None, "generic_decline") else reason, "message": said.get("message"),
    }  # fmt: skip


def _card(customer: str, method: Said) -> Card:
    card = method["card"]
    return Card(
        token=f"{customer}:{method['id']}",
        brand=card["brand"] if card["brand"] in _BRANDS else "unknown",
        last4=card["last4"],
        exp_month=card["exp_month"],
        exp_year=card["exp_year"],
        wallet=(card.get("wallet") or {}).get("type"),
    )


def _id(named: Any) -> str:
    """The id of what Stripe gave by its id, or whole."""
    return named if isinstance(named, str) else named["id"]


def _back(url: str, reference: str) -> str:
    """Where a page leads when it is done, with the reference of the set-up."""
    plain, mark, fragment = url.partition("#")
    return f"{plain}{'&' if '?' in plain else '?'}setup={reference}{mark}{fragment}"
