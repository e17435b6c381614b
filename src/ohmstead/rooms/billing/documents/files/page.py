"""The page: what the template prints, in the words and figures of the document's language."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent

from ohmstead.engines.languages import text_in
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.documents.files.content import Content
from ohmstead.rooms.billing.documents.files.words import WORDS, Words

_LOCALES = {"en": Locale("en", "IE"), "de": Locale("de"), "fr": Locale("fr")}  # of Europe: days before months
_UNITS = {"kwh": "kWh"}
_MOST_DECIMALS = Decimal("0.000001")  # of a unit price
_WITH_TAX = ("receipt",)  # whose lines show what was paid


def page(content: Content) -> dict[str, Any]:
    """All that the template asks for; see template.typ."""
    row, words = content.document, WORDS[content.language]
    issued = row["issued_at"].astimezone(content.time_zone)
    title = words.titles[row["kind"]]
    return {
        "language": content.language,
        "title": title,
        "number": row["number"],
        "supplier": content.supplier.get("name", ""),
        "sender": list(_address(content.supplier, content)),
        "client": [content.client["name"], *_address(content.client, content)] if "name" in content.client else [],
        "facts": [list(fact) for fact in _facts(content, words)],
        "columns": _columns(content, words),
        "lines": [_line(content, line) for line in content.lines],
        "sums": list(_sums(content, words)),
        "notes": list(_notes(content, words)),
        "footer": list(_footer(content, words)),
        "page": words.page,
        "year": issued.year,
        "month": issued.month,
        "day": issued.day,
    }


def named(content: Content, line: Row) -> tuple[str, str]:
    """What a line is for, and what else is known of it."""
    item, language = line["item"], content.language
    name = WORDS[language].items[item["kind"]].format(name=text_in(item.get("name"), language) or "").strip()
    return name, " · ".join(_details(content, item, line["unit"]))


def _details(content: Content, item: Mapping[str, Any], unit: str) -> Iterator[str]:
    yield from (str(item[name]) for name in ("place", "reason") if item.get(name))
    if item["kind"] == "adjustment" and item.get("name"):
        yield str(item["name"])
    yield from _times(content, item)
    if item.get("kwh") is not None and unit != "kwh":
        yield f"{_number(content, Decimal(str(item['kwh'])))} kWh"


def _times(content: Content, item: Mapping[str, Any]) -> Iterator[str]:
    """From when until when: of a charge with the times, without naming one day twice; of a plan the days."""
    moments = [datetime.fromisoformat(item[name]) for name in ("from", "to") if item.get(name)]
    if moments:
        days = [one.astimezone(content.time_zone).date() for one in moments]
        timed = "kwh" in item
        yield " – ".join(
            _time(content, one) if timed and day == before else _short(content, one, timed)
            for one, day, before in zip(moments, days, [None, *days], strict=False)
        )


def _time(content: Content, moment: datetime) -> str:
    return format_time(moment.astimezone(content.time_zone), "short", locale=_LOCALES[content.language])


def _short(content: Content, moment: datetime, timed: bool) -> str:
    local, locale = moment.astimezone(content.time_zone), _LOCALES[content.language]
    return format_datetime(local, "short", locale=locale) if timed else format_date(local, "short", locale=locale)


def _address(party: Mapping[str, str], content: Content) -> Iterator[str]:
    lines = (
        party.get("address"),
        " ".join(part for name in ("post_code", "city") if (part := party.get(name))),
        party.get("state") or party.get("region"),
        country(party.get("country"), content),
    )
    yield from (line for line in lines if line)


def country(code: str | None, content: Content) -> str | None:
    """Its name; a code that no country has stays one."""
    return _LOCALES[content.language].territories.get(code, code) if code else None


def _facts(content: Content, words: Words) -> Iterator[tuple[str, str]]:
    row = content.document
    yield words.number, row["number"]
    yield words.date, _day(content, row["issued_at"])
    if row["period_from"] is not None and row["period_to"] is not None:
        first, last = (_day(content, row[name]) for name in ("period_from", "period_to"))
        yield words.period, first if first == last else f"{first} – {last}"
    if tax_id := content.client.get("tax_id"):
        yield words.vat_no, tax_id
    if number := content.client.get("id"):
        yield words.reg_no, number


def _columns(content: Content, words: Words) -> list[str]:
    if content.document["kind"] in _WITH_TAX:
        return [words.description, words.quantity, words.amount]
    return [words.description, words.quantity, words.unit_price, words.net]


def _line(content: Content, line: Row) -> dict[str, Any]:
    name, detail = named(content, line)
    quantity = " ".join(
        part for part in (_number(content, line["quantity"]), _UNITS.get(line["unit"])) if part
    )  # fmt: skip
    if content.document["kind"] in _WITH_TAX:
        return {"name": name, "detail": detail, "figures": [quantity, _money(content, line["gross"])]}
    price = line["unit_price"]
    price = price if price == price.quantize(_MOST_DECIMALS) else price.quantize(_MOST_DECIMALS).normalize()
    return {
        "name": name,
        "detail": detail,
        "figures": [quantity, _money(content, price), _money(content, line["net"])],
    }


def _sums(content: Content, words: Words) -> Iterator[dict[str, Any]]:
    """With tax first where the lines are with tax."""
    row = content.document
    total = {
        "name": words.credited if row["kind"] == "credit_note" else words.total,
        "amount": _money(content, row["total"]),
        "strong": True,
    }
    if content.has_no_tax:
        yield total
        return
    percentage = _percent(content)
    tax = {"amount": _money(content, row["tax"]), "strong": False}
    subtotal = {"name": words.subtotal, "amount": _money(content, row["subtotal"]), "strong": False}
    if row["kind"] in _WITH_TAX:
        yield from (total, tax | {"name": words.included.format(percentage=percentage)})
    else:
        yield from (subtotal, tax | {"name": words.tax.format(percentage=percentage)}, total)


def _notes(content: Content, words: Words) -> Iterator[str]:
    row = content.document
    if row["credited_number"]:
        yield words.corrects.format(number=row["credited_number"])
    if row["reverse_charge"]:
        yield words.reverse_charge
    if row["kind"] == "pro_forma":
        yield words.pro_forma
    elif row["kind"] != "credit_note":
        yield words.statuses[row["payment_status"]]


def _footer(content: Content, words: Words) -> Iterator[str]:
    supplier = content.supplier
    for label, name in ((words.vat_no, "vat_no"), (words.reg_no, "reg_no"), ("IBAN", "iban")):
        if name in supplier:
            yield f"{label} {supplier[name]}"


def _day(content: Content, moment: datetime) -> str:
    return format_date(moment.astimezone(content.time_zone).date(), "long", locale=_LOCALES[content.language])


def _number(content: Content, number: Decimal) -> str:
    return format_decimal(number, locale=_LOCALES[content.language], decimal_quantization=False)


def _money(content: Content, amount: Decimal) -> str:
    """With all its decimals, and at least the currency's."""
    locale = _LOCALES[content.language]
    text = format_currency(amount, content.document["currency"], locale=locale, decimal_quantization=False)
    return text.replace("-", "−")


def _percent(content: Content) -> str:
    rate = content.document["tax_percentage"] / 100
    return format_percent(rate, locale=_LOCALES[content.language], decimal_quantization=False)
