"""The page of a document: what is printed of it, in the words and figures of its language."""

from decimal import Decimal
from typing import Any

import pytest

from ohmstead.engines.languages import Language
from ohmstead.rooms.billing.documents.files.page import page
from ohmstead.rooms.billing.documents.files.words import WORDS
from tests.rooms.billing.written_documents import CLIENT, SESSION, content, line

NBSP, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
PLAN = {"kind": "subscription", "name": "Flat 100"}
LINES = [line("1000.00", "1190.00"), line("5.00", "5.95", PLAN, "1", "piece")]


def sums(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["amount"]) for one in page["sums"]]


def test_an_invoice_in_german() -> None:
    shown = page(content(LINES))
    assert (shown["title"], shown["number"], shown["supplier"]) == (
        "Rechnung",
        "INV-2026-000042",
        "Ohmstead Laden GmbH",
    )
    assert shown["client"] == ["Boulangerie Lefèvre & Fils", "14 rue des Écrivains", "67000 Strasbourg", "Frankreich"]
    assert shown["facts"] == [
        ["Nummer", "INV-2026-000042"], ["Datum", "1. Dezember 2026"],
        ["Zeitraum", "1. November 2026 – 28. November 2026"], ["USt-IdNr.", "FR83404833048"],
        ["Registernummer", "552100554"],
    ]  # fmt: skip
    assert shown["columns"] == ["Leistung", "Menge", "Einzelpreis", "Nettobetrag"]
    first, second = shown["lines"]
    assert (first["name"], first["detail"]) == ("Laden", "Hauptbahnhof Süd · 10.11.26, 11:05 – 12:47")
    assert first["figures"] == ["21,5 kWh", f"46,511628{NBSP}€", f"1.000,00{NBSP}€"]
    assert (second["name"], second["figures"]) == ("Abonnement Flat 100", ["1", f"5,00{NBSP}€", f"5,00{NBSP}€"])
    assert sums(shown) == [
        ("Zwischensumme", f"1.005,00{NBSP}€"), (f"USt. 19{NBSP}%", f"190,95{NBSP}€"),
        ("Gesamtbetrag", f"1.195,95{NBSP}€"),
    ]  # fmt: skip
    assert shown["notes"] == ["Der Betrag ist vollständig bezahlt."]
    assert (shown["year"], shown["month"], shown["day"]) == (2026, 12, 1)


def test_a_receipt_in_french_shows_what_was_paid_and_names_nobody() -> None:
    shown = page(content(LINES, kind="receipt", language="fr", client=None))
    assert (shown["title"], shown["client"]) == ("Reçu", [])
    assert shown["columns"] == ["Désignation", "Quantité", "Montant"]
    assert shown["lines"][0]["figures"] == ["21,5 kWh", f"1{THIN}190,00{NBSP}€"]
    assert sums(shown) == [("Total TTC", f"1{THIN}195,95{NBSP}€"), (f"dont TVA 19{NBSP}%", f"190,95{NBSP}€")]


def test_a_credit_note_in_english() -> None:
    less = content([line("-10.00", "-11.90")], kind="credit_note", language="en", tax_percentage=Decimal("5.50"))
    less.document["credited_number"] = "INV-2026-000041"  # pyright: ignore[reportIndexIssue] - a dict in the tests
    shown = page(less)
    assert (shown["title"], shown["notes"]) == ("Credit note", ["This credit note corrects INV-2026-000041."])
    assert sums(shown) == [("Subtotal", "−€10.00"), ("VAT 5.5%", "−€1.90"), ("Total credited", "−€11.90")]


def test_reverse_charge_is_said() -> None:
    shown = page(content(tax_percentage=Decimal(0), reverse_charge=True, payment_status="pending", language="en"))
    assert shown["notes"] == [WORDS["en"].reverse_charge, "Payment is due."]


def test_what_is_not_taxed_yet_has_a_total_alone() -> None:
    shown = page(content([line("50.00", "50.00", {"kind": "top_up"}, "1", "piece")], tax_percentage=None))
    assert sums(shown) == [("Gesamtbetrag", f"50,00{NBSP}€")]


def test_a_pro_forma_is_no_invoice() -> None:
    assert page(content(kind="pro_forma", payment_status="pending"))["notes"] == [WORDS["de"].pro_forma]


def test_amounts_have_the_decimals_of_their_currency_and_more_where_they_need_them() -> None:
    yen = page(content([line("1000", "1190")], currency="JPY", language="en"))
    assert sums(yen)[-1] == ("Total", "JP¥1,190")
    assert sums(page(content([line("1.0005", "1.1905")], language="en")))[-1] == ("Total", "€1.1905")


def test_a_charge_over_midnight_names_both_days() -> None:
    night = {
        "kind": "session",
        "place": "Hof",
        "from": "2026-11-10T22:05:00Z",
        "to": "2026-11-10T23:30:00Z",
        "kwh": "3",
    }
    shown = page(content([line("1.00", "1.19", night)]))
    assert shown["lines"][0]["detail"] == "Hof · 10.11.26, 23:05 – 11.11.26, 00:30"


@pytest.mark.parametrize("language", WORDS)
def test_every_kind_and_item_has_words(language: Language) -> None:
    words, english = WORDS[language], WORDS["en"]
    for name in ("titles", "items", "statuses"):
        assert getattr(words, name).keys() == getattr(english, name).keys()
    assert all(getattr(words, name) for name in words.__struct_fields__)


def test_a_language_that_is_not_written_is_english() -> None:
    assert page(content(language="it"))["title"] == "Invoice"


def test_a_country_that_there_is_not_stays_its_code() -> None:
    assert page(content(client=CLIENT | {"country": "X1"}))["client"][-1] == "X1"


def test_a_plan_is_named_with_its_days_and_an_adjustment_by_what_it_adjusts() -> None:
    plan = PLAN | {"from": "2026-10-31T23:00:00Z", "to": "2026-11-30T23:00:00Z"}
    lines = [line("5.00", "5.95", one, "1", "piece") for one in (plan, plan | {"kind": "adjustment"})]
    lines.append(line("5.00", "5.95", SESSION | {"kind": "adjustment", "to": None}, "1", "piece"))
    assert [(one["name"], one["detail"]) for one in page(content(lines))["lines"]] == [
        ("Abonnement Flat 100", "01.11.26 – 01.12.26"),
        ("Anpassung", "Flat 100 · 01.11.26 – 01.12.26"),
        ("Anpassung", "Hauptbahnhof Süd · 10.11.26, 11:05 · 21,5 kWh"),
    ]
