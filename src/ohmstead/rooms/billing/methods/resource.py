"""Payment methods: what a user may pay with: cards, which are stored, and what is worked out when it is asked for: the
accounts of partners and the balance. A card is stored in two steps, because it is entered at the provider's."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urljoin

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Text, bindparam, select

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.filters import selected_filters
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Parameter, Reply, Transactions
from ohmstead.kit.paging import Pages, number_page, parse_page
from ohmstead.kit.views import Opt, ReadOnly, View, stamp
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Refused
from ohmstead.rooms.billing.methods.installments import installments_of
from ohmstead.rooms.billing.methods.keeping import lock_owner, make_default, pays_now, remove
from ohmstead.rooms.billing.methods.means import BALANCE, Means, of_row, stored_of, unstored_of
from ohmstead.rooms.billing.methods.setup import begin_setup, finish_setup
from ohmstead.rooms.billing.methods.table import payment_method, setup_request
from ohmstead.rooms.people.users import users

MOST_CARDS = 20  # of a user
_Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
_Wallet = Literal["applepay", "googlepay", "twint", "other"]
_WALLETS: dict[str, _Wallet] = {"apple_pay": "applepay", "google_pay": "googlepay", "twint": "twint"}
_ERRORS = (401, 403, 404, 422, 429)
_NAMED = (Parameter("paymentMethodId", str),)

_own, _asked = payment_method.c, setup_request.c
_user = bindparam("user", type_=BigInteger)
_CARD = Statement(select(payment_method).where(_own.user_id == _user, _own.id == bindparam("key", type_=BigInteger)))
_SETUPS = select(_asked.id).where(_asked.user_id == _user)
_BY_NUMBER = Statement(_SETUPS.where(_asked.id == bindparam("key", type_=BigInteger)))
_BY_REFERENCE = Statement(_SETUPS.where(_asked.reference == bindparam("reference", type_=Text)))

methods = Group("resource / users", "resources/users/v1.0/{user}/payment-methods", "users", access=PARTNERS)


class PaymentMethod(View):
    id: ReadOnly[
        Annotated[
            str | None,
            Meta(description="A number, corporate: or subscription_installment: with one; null: the balance."),
        ]
    ]
    user_id: ReadOnly[int]
    type: ReadOnly[
        Literal["tokenized", "corporate", "balance", "subscription", "wallet", "bank_transfer"] | None
    ]  # fmt: skip
    tokenized_type: ReadOnly[Opt[Literal["card", "bank_transfer"]]] = UNSET
    bank_transfer_type: ReadOnly[Opt[Literal["sepa", "pse"]]] = UNSET
    wallet_type: ReadOnly[Opt[_Wallet]] = UNSET
    issuer: ReadOnly[Opt[Literal["visa", "mastercard", "maestro", "amex", "paypal", "unknown"] | None]] = UNSET
    name: ReadOnly[Annotated[str, Meta(description="Its last digits, or what the account is called.")]]
    default: bool
    expire_year: ReadOnly[Opt[float | None]] = UNSET
    expire_month: ReadOnly[Opt[float | None]] = UNSET
    last_updated_at: ReadOnly[Opt[_Moment]] = UNSET
    added_at: ReadOnly[Opt[_Moment | None]] = UNSET
    removed_at: ReadOnly[Opt[_Moment | None]] = UNSET


class OnePaymentMethod(View):
    data: PaymentMethod


class PaymentMethodChange(View):
    default: Opt[bool] = UNSET


class PaymentMethodCreate(View):
    """Nothing, or a kind, begins to store one. What that answered stores it, once it was entered."""

    tokenized_type: Annotated[Opt[Literal["card", "bank_transfer"]], Meta(description="A card if left out.")] = UNSET
    bank_transfer_type: Annotated[Opt[Literal["sepa"]], Meta(description="Which, of a bank transfer.")] = UNSET
    transaction_id: Annotated[Opt[int | None], Meta(description="Of the request that was begun.")] = UNSET
    setup_intent_reference: Annotated[
        Opt[str], Meta(description="The same, where the app lets the card be entered itself.")
    ] = UNSET


class Begun(View):
    """Where it is entered: on a page of the provider's, or in the app by its SDK."""

    transaction_id: float
    success_url: Annotated[Opt[str | None], Meta(description="Where the page leads once it is done.")] = UNSET
    redirect_url: Annotated[Opt[str | None], Meta(description="The page.")] = UNSET
    publishable_key: Opt[str] = UNSET
    client_secret: Opt[str] = UNSET
    setup_intent_reference: Opt[str] = UNSET


_PAGE = ("successUrl", "redirectUrl")
_SDK = ("publishableKey", "clientSecret", "setupIntentReference")


@methods.get("", "Payment Methods / Listing", gives=PaymentMethod, pages=Pages.NUMBER, errors=_ERRORS)
async def listing(call: Call) -> dict[str, Any]:
    """The default first, then other cards from the newest on, accounts of partners, the balance, and the subscription
    that pays later for what is charged. Cards that were removed are not among them."""
    user_id = (await users.find(call))["id"]
    selected_filters({}, call.query.filters)  # it has none
    shown = [card_shown(row, call.now) for row in await stored_of(call.tx, user_id)]
    shown += [_shown(one, user_id) for one in await _unstored(call.tx, user_id)]
    page = parse_page(call.query, Pages.NUMBER)
    on_it = shown[(page.number - 1) * page.per_page :][: page.per_page]
    return {"data": on_it} | number_page(page, len(on_it), len(shown), call.url, call.query)


@methods.get(
    "/{paymentMethodId}", "Payment Method / Read", gives=OnePaymentMethod, parameters=_NAMED,
    errors=(401, 403, 404, 429),
)  # fmt: skip
async def read(call: Call) -> OnePaymentMethod:
    """One by its id (`balance` names the balance); of a card that was removed, what it was."""
    found = await _find(call, call.tx, (await users.find(call))["id"])
    return OnePaymentMethod(data=found if isinstance(found, PaymentMethod) else card_shown(found, call.now))


@methods.declare(
    "POST", "", "Payment Method / Create", scope="write", transactions=Transactions.MANUAL, body=PaymentMethodCreate,
    answers={200: Begun, 201: OnePaymentMethod}, status=200, errors=_ERRORS,
)  # fmt: skip
async def create(call: Call, body: PaymentMethodCreate) -> Reply:
    """Begin to store one, and store it: two calls, with the same answer however often each is made."""
    async with call.database.read() as tx:
        user_id = (await users.find(call, tx=tx))["id"]
        begun = await _begun(tx, user_id, body)
        if begun is None and len(await stored_of(tx, user_id)) >= MOST_CARDS:
            raise Invalid(tokenizedType=f"A user may have {MOST_CARDS} payment methods at most: remove one first.")
    try:
        return await _store(call, user_id, begun) if begun is not None else await _begin(call, user_id, body)
    except (Refused, GatewayError) as error:
        words = str(error) if isinstance(error, Refused) else "The payment provider does not answer. Try again."
        raise Invalid(**{"tokenizedType" if begun is None else "transactionId": words}) from None


async def _begun(tx: Tx, user_id: int, body: PaymentMethodCreate) -> int | None:
    """The request that a body names; None where it begins one."""
    if body.transaction_id is not UNSET and body.transaction_id is not None:
        field, found = "transactionId", await tx.value(_BY_NUMBER, user=user_id, key=body.transaction_id)
    elif body.setup_intent_reference is not UNSET:
        field = "setupIntentReference"
        found = await tx.value(_BY_REFERENCE, user=user_id, reference=body.setup_intent_reference)
    elif body.tokenized_type == "bank_transfer" and body.bank_transfer_type is UNSET:
        raise Invalid(bankTransferType="The bank transfer type field is required when tokenized type is bank_transfer.")
    else:
        return None
    if found is None:
        raise Invalid.of({field: ["It names no request of the user's to store a payment method."]})
    return found


async def _begin(call: Call, user_id: int, body: PaymentMethodCreate) -> Reply:
    kind = "card" if body.tokenized_type is UNSET else body.tokenized_type
    row = await begin_setup(call.database, user_id=user_id, kind=kind, return_url=None, shown=None)
    call.committed, call.changes = True, {"id": row["id"], "user_id": user_id}
    client, in_app = row["client"], "clientSecret" in row["client"]
    if in_app:
        shown = {one: client[one] for one in _SDK}
    else:  # a page of ours may be told without its host
        shown = {one: client[one] and urljoin(call.context.base_url, client[one]) for one in _PAGE}
    return Reply.of(200, {"transactionId": row["id"]} | shown)


async def _store(call: Call, user_id: int, setup_id: int) -> Reply:
    row = await finish_setup(call.database, setup_id)
    if row is None:
        raise Invalid(transactionId="Nothing has been entered yet.")
    call.committed, call.changes = True, {"id": row["id"], "user_id": user_id}
    return Reply.of(201, OnePaymentMethod(data=card_shown(row, call.now)))


@methods.patch(
    "/{paymentMethodId}", "Payment Method / Update", body=PaymentMethodChange, gives=OnePaymentMethod,
    parameters=_NAMED, errors=_ERRORS,
)  # fmt: skip
async def change(call: Call, body: PaymentMethodChange) -> OnePaymentMethod:
    """Make a card the default; the one before is it no more. There is no way to have none."""
    row = await _card(call, "It cannot be the default: cards alone can.")
    if body.default is True:
        if of_row(row, call.now).expired:
            raise Invalid(default="The card has expired.")
        row = await make_default(call.tx, row)
    elif body.default is False and row["is_default"]:
        raise Invalid(default="Make another one the default instead.")
    call.changes = {"id": row["id"], "default": row["is_default"]}
    return OnePaymentMethod(data=card_shown(row, call.now))


@methods.declare(
    "DELETE", "/{paymentMethodId}", "Payment Method / Delete", scope="write", status=204, parameters=_NAMED,
    errors=_ERRORS,
)  # fmt: skip
async def delete(call: Call) -> None:
    """Remove a card, unless a charge that runs or a payment under way needs it. Of the others the newest becomes the
    default where this one was, tags that named it choose by themselves, and the provider forgets it."""
    row = await _card(call, "It cannot be removed: it is not stored.")
    if await pays_now(call.tx, row):
        raise Invalid(paymentMethodId="A session that runs, or a payment under way, needs it.")
    await remove(call.tx, row)
    call.changes = {"id": row["id"], "user_id": row["user_id"]}


async def _card(call: Call, otherwise: str) -> Row:
    """The card that the path names, its user locked; 422 where it is no card, 404 where it is nothing any more."""
    user_id = (await users.find(call))["id"]
    await lock_owner(call.tx, user_id)
    found = await _find(call, call.tx, user_id)
    if isinstance(found, PaymentMethod):
        raise Invalid(paymentMethodId=otherwise)
    if found["removed_at"] is not None:
        raise _nothing(call)
    return found


async def _find(call: Call, tx: Tx, user_id: int) -> Row | PaymentMethod:
    """What the path names: a card's row, or what is not stored as it is shown; else 404."""
    named = call.path["paymentMethodId"]
    if named.isdecimal() and len(named) <= 18:
        if (row := await tx.one(_CARD, user=user_id, key=int(named))) is not None:
            return row
    else:
        wanted = None if named == BALANCE else named
        for one in await _unstored(tx, user_id):
            if one.id == wanted:
                return _shown(one, user_id)
    raise _nothing(call)


async def _unstored(tx: Tx, user_id: int) -> list[Means]:
    return [*await unstored_of(tx, user_id), *await installments_of(tx, user_id)]


def _nothing(call: Call) -> NotFound:
    return NotFound.model("Payment Method", call.path["paymentMethodId"])


def _shown(one: Means, user_id: int) -> PaymentMethod:
    return PaymentMethod(id=one.id, user_id=user_id, type=one.type, name=one.name, default=False)


def card_shown(row: Row, now: datetime) -> PaymentMethod:
    """A stored one as the API shows it."""
    is_card = row["kind"] == "card"
    return PaymentMethod(
        id=str(row["id"]),
        user_id=row["user_id"],
        type="tokenized",
        tokenized_type="card" if is_card else "bank_transfer",
        bank_transfer_type=UNSET if is_card else "sepa",
        wallet_type=_WALLETS.get(row["wallet"], "other") if row["wallet"] else UNSET,
        issuer=row["brand"] if is_card else None,
        name=of_row(row, now).name,
        default=row["is_default"],
        expire_year=row["exp_year"],
        expire_month=row["exp_month"],
        last_updated_at=stamp(row["updated_at"]),
        added_at=stamp(row["created_at"]),
        removed_at=stamp(row["removed_at"]) if row["removed_at"] is not None else None,
    )
