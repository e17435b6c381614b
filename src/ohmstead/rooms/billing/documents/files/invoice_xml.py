"""The electronic invoice: EN 16931 in the syntax of UN/CEFACT's Cross Industry Invoice, as Factur-X embeds it.

The tests hold it against the schema and the Schematron rules of the standard. Elements without content are left out.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, tostring

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.documents.files.content import Content, clean, plain
from ohmstead.rooms.billing.documents.files.page import named
from ohmstead.rooms.billing.documents.files.words import WORDS

NAME = "factur-x.xml"
_PROFILE = "urn:cen.eu:en16931:2017"
_TYPES = {"invoice": "380", "credit_note": "381"}  # UNTDID 1001
_UNITS = {"kwh": "KWH", "piece": "H87"}  # UN/ECE Recommendation 20
_OUTSIDE, _REVERSED, _ZERO, _STANDARD = "O", "AE", "Z", "S"  # UNTDID 5305
_REASONS = {_OUTSIDE: ("VATEX-EU-O", "Not subject to VAT"), _REVERSED: ("VATEX-EU-AE", "Reverse charge")}
_CREDIT_TRANSFER = "58"  # SEPA, UNTDID 4461
_MOST_DECIMALS = 2  # of an amount, by the standard
_NAMESPACES = {
    "xmlns:rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "xmlns:qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "xmlns:ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_COUNTRY = re.compile(r"[A-Z]{2}")
Part = Element | str | None


def lacks(content: Content) -> str | None:
    """Why a document has no electronic invoice; None: it has one."""
    row, supplier, client = content.document, content.supplier, content.client
    amounts = [row["total"], row["tax"], *(line["net"] for line in content.lines)]
    if row["kind"] not in _TYPES:
        return "it is no invoice"
    if not {"name", "country", "vat_no"} <= supplier.keys() or not _COUNTRY.fullmatch(supplier["country"]):
        return "the supplier's name, country and VAT number are not all known"
    if not {"name", "country"} <= client.keys():
        return "the client's name and country are not known"
    if row["reverse_charge"] and not _vat_no(client):
        return "the client's VAT number is not known"
    if any(amount != round(amount, _MOST_DECIMALS) for amount in amounts):
        return f"an amount has more than {_MOST_DECIMALS} decimals"
    return None


def invoice_xml(content: Content) -> bytes:
    """Of a document that lacks nothing."""
    root = _node(
        "rsm:CrossIndustryInvoice",
        _node(
            "rsm:ExchangedDocumentContext",
            _node("ram:GuidelineSpecifiedDocumentContextParameter", _node("ram:ID", _PROFILE)),
        ),
        _header(content),
        _node(
            "rsm:SupplyChainTradeTransaction",
            *(_line(content, line) for line in content.lines),
            _agreement(content),
            _delivery(content),
            _settlement(content),
        ),
        **_NAMESPACES,
    )
    assert root is not None
    return tostring(root, encoding="UTF-8", xml_declaration=True)


def _node(name: str, *parts: Part, **attributes: str) -> Element | None:
    """An element of text or of other elements; None where it has neither."""
    there = [part for part in parts if part is not None and part != ""]
    if not there:
        return None
    made = Element(name, attributes)
    for part in there:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def _header(content: Content) -> Element | None:
    row, words = content.document, WORDS[content.language]
    return _node(
        "rsm:ExchangedDocument",
        _node("ram:ID", row["number"]),
        _node("ram:TypeCode", _TYPES[row["kind"]]),
        _node("ram:IssueDateTime", _day(content, row["issued_at"])),
        _node("ram:IncludedNote", _node("ram:Content", words.reverse_charge)) if row["reverse_charge"] else None,
    )


def _line(content: Content, line: Row) -> Element | None:
    """A price is never below 0 in the standard: where something is given back, the quantity is."""
    net = _signed(content, line["net"])
    quantity = abs(line["quantity"]) * (-1 if net < 0 else 1)
    return _node(
        "ram:IncludedSupplyChainTradeLineItem",
        _node("ram:AssociatedDocumentLineDocument", _node("ram:LineID", str(line["place"]))),
        _node("ram:SpecifiedTradeProduct", *_product(content, line)),
        _node(
            "ram:SpecifiedLineTradeAgreement",
            _node("ram:NetPriceProductTradePrice", _node("ram:ChargeAmount", plain(abs(line["unit_price"])))),
        ),
        _node(
            "ram:SpecifiedLineTradeDelivery",
            _node("ram:BilledQuantity", plain(quantity), unitCode=_UNITS[line["unit"]]),
        ),
        _node(
            "ram:SpecifiedLineTradeSettlement",
            _node("ram:ApplicableTradeTax", *_rate(content)),
            _node(
                "ram:SpecifiedTradeSettlementLineMonetarySummation", _node("ram:LineTotalAmount", _amount(net))
            ),
        ),
    )  # fmt: skip


def _product(content: Content, line: Row) -> Iterator[Part]:
    name, detail = named(content, line)
    yield _node("ram:Name", clean(name))
    yield _node("ram:Description", clean(detail))


def _agreement(content: Content) -> Element | None:
    supplier, client = content.supplier, content.client
    outside = _category(content) == _OUTSIDE
    return _node(
        "ram:ApplicableHeaderTradeAgreement",
        _party("ram:SellerTradeParty", supplier, supplier.get("reg_no"), supplier["vat_no"], outside),
        _party("ram:BuyerTradeParty", client, client.get("id"), _vat_no(client), outside),
    )


def _vat_no(client: Mapping[str, str]) -> str | None:
    """What identifies the client for VAT; a person's tax number, say, does not begin with a country."""
    number = client.get("tax_id", "")
    return number if number[:2].isalpha() and number[:2].isascii() else None


def _party(name: str, party: Mapping[str, str], reg_no: str | None, vat_no: str | None, outside: bool) -> Part:
    """Outside of VAT the standard wants nobody's VAT number, but the seller known by some number."""
    named_by_vat = outside and name == "ram:SellerTradeParty" and not reg_no
    return _node(
        name,
        _node("ram:ID", vat_no) if named_by_vat else None,
        _node("ram:Name", party["name"]),
        _node("ram:SpecifiedLegalOrganization", _node("ram:ID", reg_no)),
        _node(
            "ram:PostalTradeAddress",
            _node("ram:PostcodeCode", party.get("post_code")),
            _node("ram:LineOne", party.get("address")),
            _node("ram:CityName", party.get("city")),
            _node("ram:CountryID", party["country"]),
            _node("ram:CountrySubDivisionName", party.get("state") or party.get("region")),
        ),
        None if outside else _node("ram:SpecifiedTaxRegistration", _node("ram:ID", vat_no, schemeID="VA")),
    )


def _delivery(content: Content) -> Element | None:
    day = _day(content, content.document["period_to"] or content.document["issued_at"])
    delivered = _node("ram:ActualDeliverySupplyChainEvent", _node("ram:OccurrenceDateTime", day))
    return _node("ram:ApplicableHeaderTradeDelivery", delivered)


def _settlement(content: Content) -> Element | None:
    row = content.document
    paid = row["payment_status"] == "paid"
    return _node(
        "ram:ApplicableHeaderTradeSettlement",
        _node("ram:InvoiceCurrencyCode", row["currency"]),
        None if paid else _means(content),
        _node("ram:ApplicableTradeTax", *_tax(content)),
        _node(
            "ram:BillingSpecifiedPeriod",
            _node("ram:StartDateTime", _day(content, row["period_from"])),
            _node("ram:EndDateTime", _day(content, row["period_to"])),
        ),
        None if paid else _node("ram:SpecifiedTradePaymentTerms", _node("ram:Description", _terms(content))),
        _sums(content, paid),
        _node(
            "ram:InvoiceReferencedDocument",
            _node("ram:IssuerAssignedID", row["credited_number"]),
            _node(
                "ram:FormattedIssueDateTime", _day(content, row["credited_at"], "qdt")
            ),
        ),
    )  # fmt: skip


def _means(content: Content) -> Element | None:
    account = _node("ram:PayeePartyCreditorFinancialAccount", _node("ram:IBANID", content.supplier.get("iban")))
    if account is None:
        return None
    return _node("ram:SpecifiedTradeSettlementPaymentMeans", _node("ram:TypeCode", _CREDIT_TRANSFER), account)


def _terms(content: Content) -> str:
    return WORDS[content.language].statuses[content.document["payment_status"]]


def _sums(content: Content, paid: bool) -> Element | None:
    row = content.document
    subtotal, tax, total = (_signed(content, row[name]) for name in ("subtotal", "tax", "total"))
    return _node(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _node("ram:LineTotalAmount", _amount(subtotal)),
        _node("ram:TaxBasisTotalAmount", _amount(subtotal)),
        _node("ram:TaxTotalAmount", _amount(tax), currencyID=row["currency"]),
        _node("ram:GrandTotalAmount", _amount(total)),
        _node("ram:TotalPrepaidAmount", _amount(total)) if paid else None,
        _node("ram:DuePayableAmount", _amount(Decimal(0) if paid else total)),
    )


def _tax(content: Content) -> Iterator[Part]:
    code, reason = _REASONS.get(_category(content), (None, None))
    kind, category, *rate = _rate(content)
    yield _node("ram:CalculatedAmount", _amount(_signed(content, content.document["tax"])))
    yield kind
    yield _node("ram:ExemptionReason", reason)
    yield _node("ram:BasisAmount", _amount(_signed(content, content.document["subtotal"])))
    yield category
    yield _node("ram:ExemptionReasonCode", code)
    yield from rate


def _rate(content: Content) -> Iterator[Part]:
    category = _category(content)
    yield _node("ram:TypeCode", "VAT")
    yield _node("ram:CategoryCode", category)
    if category != _OUTSIDE:
        yield _node("ram:RateApplicablePercent", plain(content.document["tax_percentage"]))


def _category(content: Content) -> str:
    if content.has_no_tax:
        return _OUTSIDE
    if content.document["reverse_charge"]:
        return _REVERSED
    return _STANDARD if content.document["tax_percentage"] else _ZERO


def _signed(content: Content, amount: Decimal) -> Decimal:
    """A credit note is below 0 with us and above in the standard, where its type says what it is."""
    return -amount if content.document["kind"] == "credit_note" else amount


def _amount(amount: Decimal) -> str:
    return f"{amount + 0:.{_MOST_DECIMALS}f}"  # never -0.00


def _day(content: Content, moment: datetime | None, prefix: str = "udt") -> Element | None:
    day = moment and moment.astimezone(content.time_zone).strftime("%Y%m%d")
    return _node(f"{prefix}:DateTimeString", day, format="102")
