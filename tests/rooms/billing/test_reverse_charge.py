"""Reverse charge: between companies of two member states of the European Union, by numbers as they are given there."""

import pytest

from ohmstead.rooms.billing.documents.reverse_charge import is_reversed

ABROAD = [
    ("AT", "ATU13585627"), ("BE", "BE0428759497"), ("BG", "BG175074752"), ("ES", "ES54362315K"),
    ("FR", "FR40303265045"), ("GR", "EL094259216"), ("NL", "NL4495445B01"), ("IT", "IT00743110157"),
    ("PL", "PL8567346215"), ("SE", "SE556188840401"), ("AT", "U13585627"), ("NL", "4495445B01"), ("GR", "094259216"),
    ("AT", "atu 13585627"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "number"), ABROAD)
def test_a_company_of_another_member_state_owes_the_tax_itself(country: str, number: str) -> None:
    assert is_reversed("company", country, number, "DE")


@pytest.mark.parametrize(("country", "number"), ABROAD)
@pytest.mark.parametrize("supplier", ["CH", "GB", "US", None])
def test_of_a_supplier_outside_the_union_nobody_does(country: str, number: str, supplier: str | None) -> None:
    assert not is_reversed("company", country, number, supplier)


@pytest.mark.parametrize(
    ("kind", "country", "number", "supplier"),
    [
        ("individual", "AT", "ATU13585627", "DE"),  # a person
        (None, "AT", "ATU13585627", "DE"),
        ("company", "DE", "DE136695976", "DE"),  # at home
        ("company", "AT", "DE136695976", "DE"),  # registered where it buys
        ("company", "DE", "ATU13585627", "DE"),  # established where it buys
        ("company", "AT", "ATU13585628", "DE"),  # a wrong digit
        ("company", "AT", "", "DE"),
        ("company", "AT", None, "DE"),
        ("company", None, "ATU13585627", "DE"),  # of no known place
        ("company", "CH", "CHE107787577", "DE"),
        ("company", "CH", "ATU13585627", "DE"),  # established outside
        ("company", "GB", "GB980780684", "DE"),
        ("company", "GB", "XI980780684", "DE"),  # which counts for goods alone
        ("company", "US", "12-3456789", "DE"),
        ("company", "GR", "EL094259216", "GR"),  # one country of two codes
    ],
)
def test_else_the_tax_is_charged(kind: str | None, country: str | None, number: str | None, supplier: str) -> None:
    assert not is_reversed(kind, country, number, supplier)
