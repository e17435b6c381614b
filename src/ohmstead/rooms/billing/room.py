"""The room of billing: what it exports."""

from typing import Any

from ohmstead.kit.serving import Declared
from ohmstead.rooms.billing import (
    erasure,  # noqa: F401 - its tables and answers
    ledger,  # noqa: F401 - its tables and answers
    private_data,  # noqa: F401 - its tables and answers
    start_checks,  # noqa: F401 - its tables and answers
)
from ohmstead.rooms.billing.balance import persons  # noqa: F401 - its tables and answers
from ohmstead.rooms.billing.balance.expiry import VoucherExpiry
from ohmstead.rooms.billing.balance.redeeming import actions as balance_actions
from ohmstead.rooms.billing.balance.top_up_packages import top_up_packages
from ohmstead.rooms.billing.balance.vouchers import vouchers
from ohmstead.rooms.billing.custom_fees import custom_fees, fee_actions
from ohmstead.rooms.billing.documents import (
    details_of_persons,  # noqa: F401 - its tables and answers
    payers,  # noqa: F401 - its tables and answers
)
from ohmstead.rooms.billing.documents import persons as documents_of_persons  # noqa: F401 - its tables and answers
from ohmstead.rooms.billing.documents import receipts as documenting  # noqa: F401 - its tables and answers
from ohmstead.rooms.billing.documents.details import invoice_details
from ohmstead.rooms.billing.documents.files.making import DocumentFiles
from ohmstead.rooms.billing.documents.monthly import MonthlyInvoices
from ohmstead.rooms.billing.documents.requested import invoicing
from ohmstead.rooms.billing.documents.resource import invoices, receipts
from ohmstead.rooms.billing.drive import waking  # noqa: F401 - its tables and answers
from ohmstead.rooms.billing.drive.operations import drive
from ohmstead.rooms.billing.drive.steps import AdHocSteps
from ohmstead.rooms.billing.gateways.embedded import page_operations, payments_listing
from ohmstead.rooms.billing.gateways.embedded.delivering import EmbeddedEvents
from ohmstead.rooms.billing.gateways.events import intake
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from ohmstead.rooms.billing.methods import personal  # noqa: F401 - its tables and answers
from ohmstead.rooms.billing.methods.forgetting import CardForgetting
from ohmstead.rooms.billing.methods.resource import methods
from ohmstead.rooms.billing.refunds import refund as refunding
from ohmstead.rooms.billing.sessions import (
    beginning,  # noqa: F401 - its tables and answers
    of_users,  # noqa: F401 - its tables and answers
)
from ohmstead.rooms.billing.sessions.actions import waiving
from ohmstead.rooms.billing.sessions.hold_upkeep import HoldUpkeep
from ohmstead.rooms.billing.sessions.running_limits import RunningLimits
from ohmstead.rooms.billing.sessions.settling import Settling
from ohmstead.rooms.billing.subscriptions import (
    allowance,  # noqa: F401 - its tables and answers
    holders,  # noqa: F401 - its tables and answers
)
from ohmstead.rooms.billing.subscriptions.activating import actions as subscription_actions
from ohmstead.rooms.billing.subscriptions.bill_outcomes import BillOutcomes
from ohmstead.rooms.billing.subscriptions.bills import BillMaking
from ohmstead.rooms.billing.subscriptions.clearing import clearing
from ohmstead.rooms.billing.subscriptions.renewing import Renewals
from ohmstead.rooms.billing.subscriptions.replacing import Replacements, replacing
from ohmstead.rooms.billing.subscriptions.resource import subscriptions
from ohmstead.rooms.billing.terminals.resource import terminals
from ohmstead.rooms.billing.top_ups.buying import buying
from ohmstead.rooms.billing.transactions import external  # noqa: F401 - its tables and answers
from ohmstead.rooms.billing.transactions.references import at_transaction
from ohmstead.rooms.billing.transactions.resource import transactions

OPERATIONS: tuple[Declared, ...] = (
    methods,
    transactions,
    at_transaction,
    refunding.at_internal,
    custom_fees,
    fee_actions,
    vouchers,
    balance_actions,
    top_up_packages,
    drive,
    waiving,
    intake,
    page_operations.group,
    payments_listing.group,
    buying,
    terminals,
    invoices,
    receipts,
    subscriptions,
    subscription_actions,
    clearing,
    invoice_details,
    invoicing,
    replacing,
)
BACKGROUND: tuple[Any, ...] = (
    CardForgetting,
    VoucherExpiry,
    Settling,
    HoldUpkeep,
    RunningLimits,
    GatewayCalls,
    EmbeddedEvents,
    AdHocSteps,
    DocumentFiles,
    Renewals,
    BillMaking,
    BillOutcomes,
    MonthlyInvoices,
    Replacements,
)
