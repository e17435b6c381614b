"""VAT numbers and IBANs: what can be one passes, with and without its country; what cannot is told."""

import pytest
from hypothesis import given, settings
from hypothesis.strategies import sampled_from, text

from ohmstead.rooms.operator.iso3166 import COUNTRIES
from ohmstead.rooms.operator.registration_numbers import iban_problem, vat_number_problem, whole_vat_number


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("DE", "DE136695976"), ("DE", "136 695 976"), ("DE", "de 136695976"), ("AT", "ATU13585627"),
        ("BG", "BG175074752"), ("GR", "EL094259216"), ("GR", "GR094259216"), ("ES", "ES54362315K"),
        ("FR", "FR40303265045"), ("NL", "NL4495445B01"), ("GB", "GB980780684"), ("XI", "XI980780684"),
        ("CH", "CHE-107.787.577 IVA"), ("CH", "CHE107787577"), ("NO", "NO995525828MVA"), ("NO", "995525828"),
        ("IN", "27AAPFU0939F1ZV"), ("DE", "ATU13585627"), (None, "DE136695976"), ("LI", "57536"),
        (None, "136695976"), ("US", "12-3456789"),
    ],
)  # fmt: skip
def test_what_can_be_a_vat_number_passes(country, number):
    assert vat_number_problem(country, number) is None


@pytest.mark.parametrize(
    ("country", "number", "named"),
    [
        ("DE", "DE123456789", "DE"), ("DE", "136695977", "DE"), ("DE", "", "DE"), ("DE", "ATU13585628", "DE"),
        ("AT", "DE123456789", "AT"), ("CH", "CHE107787578", "CH"), ("NO", "995525829", "NO"),
        (None, "DE123456789", "DE"),
        ("US", "EL094259217", "US"), ("BG", "x", "BG"), ("GT", "9\n9", "GT"), ("NL", "NL4495445B02\x00", "NL"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_is_told(country, number, named):
    assert vat_number_problem(country, number) == f"The VAT number is not a valid one of {named}."


@pytest.mark.parametrize(
    ("country", "number", "whole"),
    [
        ("DE", "136 695 976", "DE136695976"), ("DE", "de136695976", "DE136695976"), ("AT", "U13585627", "ATU13585627"),
        ("GR", "094259216", "EL094259216"), ("GR", "GR094259216", "EL094259216"), ("DE", "ATU13585627", "ATU13585627"),
        ("CH", "CHE-107.787.577 IVA", "CHE-107.787.577 IVA"), ("US", "12-3456789", "12-3456789"), ("DE", "x", "x"),
    ],
)  # fmt: skip
def test_a_whole_vat_number_has_its_countrys_prefix(country, number, whole):
    assert whole_vat_number(country, number) == whole


@pytest.mark.parametrize("number", ["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "be68539007547034"])
def test_an_iban_passes(number):
    assert iban_problem(number) is None


@pytest.mark.parametrize(
    "number", ["", "DE89370400440532013001", "DE8937040044053201300", "ZZ89370400440532013000", "DE89", "ü"]
)
def test_what_cannot_be_an_iban_is_told(number):
    assert iban_problem(number) == "The IBAN is not valid."


@settings(max_examples=500, deadline=None)
@given(sampled_from(COUNTRIES), text(max_size=20))
def test_no_text_is_too_odd(country, number):
    assert vat_number_problem(country, number) in (None, f"The VAT number is not a valid one of {country}.")
    assert iban_problem(number) == "The IBAN is not valid."
