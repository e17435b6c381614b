"""Registration numbers: whether a VAT number or an IBAN can be one at all, by its form and check digits, offline."""

from collections.abc import Callable
from functools import cache

from stdnum import iban
from stdnum.util import clean, get_cc_module

from ohmstead.kit.writes import Write

_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EUROPEAN_UNION = frozenset(_MEMBERS.split())
"""Its member states."""
_BY_PREFIX = {country: country for country in EUROPEAN_UNION} | {"EL": "GR", "XI": "GB"}
_PREFIXES = {"GR": "EL"}  # where it is not the country's code
_SUFFIXES = {"CH": "MWST", "NO": "MVA"}  # which are left out as often as not


def vat_number_problem(country: str | None, text: str) -> str | None:
    """What is wrong with the VAT number of somebody in a country (ISO 3166, two letters), in the words of a 422.

    With or without the country's prefix; with the prefix of a country of the European Union it may be that country's.
    None where nothing is wrong, or where nothing is known of the country's numbers.
    """
    number = clean(text, " ").upper()
    abroad = _BY_PREFIX.get(number[:2], country)
    if _check(country) is _check(abroad) is None or _is_of(country, number) or _is_of(abroad, number):
        return None
    return f"The VAT number is not a valid one of {country or abroad}."


def vat_number_country(country: str | None, text: str) -> str | None:
    """Whose VAT number it can be: the country of its prefix, else the one of who has it; None where it is not valid, or
    nothing is known of the numbers there."""
    number = clean(text, " ").upper()
    return next((one for one in (_BY_PREFIX.get(number[:2]), country) if _is_of(one, number)), None)


def whole_vat_number(country: str | None, text: str) -> str:
    """A VAT number of the European Union with its prefix, as electronic invoices want it; another as it is."""
    owner, number = vat_number_country(country, text), clean(text, " ").upper()
    if owner not in EUROPEAN_UNION:
        return text
    prefix = _PREFIXES.get(owner, owner)
    return prefix + number.removeprefix(owner).removeprefix(prefix)


def iban_problem(text: str) -> str | None:
    """What is wrong with an IBAN, blanks aside, in the words of a 422; None where nothing is."""
    # Not what the library knows of single countries beside: it refuses banks that are younger than its list of them.
    return None if iban.is_valid(text, check_country=False) else "The IBAN is not valid."


async def bank_details_have_an_iban_that_can_be(write: Write) -> None:
    """The rule of a row with `bank_details`."""
    iban_given = (write.values.get("bank_details") or {}).get("bankIban")
    if iban_given and (problem := iban_problem(iban_given)):
        write.add_error("bankDetails.bankIban", problem)


@cache
def _check(country: str | None) -> Callable[[str], str] | None:
    """The library's of a country, which it loads with the first number: those of all would be 1.2 MB."""
    kind = get_cc_module(country, "vat") if country else None
    return kind.validate if kind else None


def _is_of(country: str | None, number: str) -> bool:
    check, country = _check(country), country or ""
    spellings = (number, number.removeprefix(country), number + _SUFFIXES.get(country, ""))
    return check is not None and any(_passes(check, each) for each in spellings)


def _passes(check: Callable[[str], str], number: str) -> bool:
    try:
        return bool(check(number))
    except ValueError:  # what a number is refused with, and what odd texts end in
        return False
