"""What stands on a page beside the figures, in the languages of documents."""

from collections.abc import Mapping

from msgspec import Struct

from ohmstead.engines.languages import Language


class Words(Struct, frozen=True, kw_only=True):
    """Of one language. What is in braces is filled in."""

    titles: Mapping[str, str]  # by the kind of document
    number: str
    date: str
    period: str
    vat_no: str
    reg_no: str
    description: str
    quantity: str
    unit_price: str  # without tax
    net: str
    amount: str
    subtotal: str
    tax: str
    included: str
    total: str
    credited: str  # what a credit note gives back
    page: str
    items: Mapping[str, str]  # by their kind
    corrects: str
    reverse_charge: str
    pro_forma: str
    statuses: Mapping[str, str]


WORDS: Mapping[Language, Words] = {
    "en": Words(
        titles={
            "invoice": "Invoice", "pro_forma": "Pro forma invoice", "credit_note": "Credit note", "receipt": "Receipt",
        },
        number="Number", date="Date", period="Period", vat_no="VAT number", reg_no="Registration number",
        description="Description", quantity="Quantity", unit_price="Unit price", net="Net amount", amount="Amount",
        subtotal="Subtotal", tax="VAT {percentage}", included="VAT {percentage} included", total="Total",
        credited="Total credited", page="Page {page} of {pages}",
        items={
            "session": "Charging", "subscription": "Subscription {name}", "custom_fee": "Fee",
            "top_up": "Top-up of the balance", "adjustment": "Adjustment",
        },
        corrects="This credit note corrects {number}.",
        reverse_charge="Reverse charge: the tax is owed by the recipient (Article 196 of Directive 2006/112/EC).",
        pro_forma="This is not an invoice: it asks for no payment, and no tax can be deducted by it.",
        statuses={"paid": "Paid in full.", "partially_paid": "Paid in part.", "pending": "Payment is due."},
    ),
    "de": Words(
        titles={
            "invoice": "Rechnung", "pro_forma": "Proforma-Rechnung", "credit_note": "Rechnungskorrektur",
            "receipt": "Beleg",
        },
        number="Nummer", date="Datum", period="Zeitraum", vat_no="USt-IdNr.", reg_no="Registernummer",
        description="Leistung", quantity="Menge", unit_price="Einzelpreis", net="Nettobetrag", amount="Betrag",
        subtotal="Zwischensumme", tax="USt. {percentage}", included="darin USt. {percentage}", total="Gesamtbetrag",
        credited="Gutgeschriebener Betrag", page="Seite {page} von {pages}",
        items={
            "session": "Laden", "subscription": "Abonnement {name}", "custom_fee": "Gebühr",
            "top_up": "Aufladung des Guthabens", "adjustment": "Anpassung",
        },
        corrects="Diese Rechnungskorrektur bezieht sich auf {number}.",
        reverse_charge="Steuerschuldnerschaft des Leistungsempfängers (Artikel 196 der Richtlinie 2006/112/EG).",
        pro_forma="Dies ist keine Rechnung: Sie fordert nicht zur Zahlung auf und berechtigt nicht zum Vorsteuerabzug.",
        statuses={
            "paid": "Der Betrag ist vollständig bezahlt.", "partially_paid": "Der Betrag ist teilweise bezahlt.",
            "pending": "Der Betrag ist zu zahlen.",
        },
    ),
    "fr": Words(
        titles={
            "invoice": "Facture", "pro_forma": "Facture pro forma", "credit_note": "Avoir", "receipt": "Reçu",
        },
        number="Numéro", date="Date", period="Période", vat_no="N° de TVA", reg_no="N° d’immatriculation",
        description="Désignation", quantity="Quantité", unit_price="Prix unitaire", net="Montant HT", amount="Montant",
        subtotal="Sous-total HT", tax="TVA {percentage}", included="dont TVA {percentage}", total="Total TTC",
        credited="Total remboursé", page="Page {page} sur {pages}",
        items={
            "session": "Recharge", "subscription": "Abonnement {name}", "custom_fee": "Frais",
            "top_up": "Rechargement du solde", "adjustment": "Ajustement",
        },
        corrects="Cet avoir corrige {number}.",
        reverse_charge="Autoliquidation : la taxe est due par le preneur (article 196 de la directive 2006/112/CE).",
        pro_forma="Ceci n’est pas une facture : aucun paiement n’est demandé et aucune taxe n’est déductible.",
        statuses={
            "paid": "Le montant est entièrement payé.", "partially_paid": "Le montant est payé en partie.",
            "pending": "Le montant reste à payer.",
        },
    ),
}  # fmt: skip
