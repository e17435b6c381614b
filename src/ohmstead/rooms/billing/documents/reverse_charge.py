"""Reverse charge: whether who buys owes the tax instead of who sells. Pure: countries and a number in, yes or no."""

from ohmstead.rooms.operator.registration_numbers import EUROPEAN_UNION, vat_number_country


def is_reversed(client_type: str | None, client_country: str | None, vat_no: str | None, supplier: str | None) -> bool:
    """Whether the tax of what a client buys is the client's to pay.

    It is where a company with a VAT number of a member state of the European Union, established in one, buys of a
    supplier in another one. Countries are ISO 3166; whether the number could be one at all is seen offline.
    """
    if client_type != "company" or not vat_no or supplier not in EUROPEAN_UNION:
        return False
    registered = vat_number_country(client_country, vat_no)
    return {client_country, registered} <= EUROPEAN_UNION - {supplier}
