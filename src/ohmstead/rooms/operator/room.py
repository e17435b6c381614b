"""The room of the operator: what it exports."""

from ohmstead.rooms.operator import currency_rates, settings, terms
from ohmstead.rooms.operator.contact_details import contact_details
from ohmstead.rooms.operator.currencies import currencies
from ohmstead.rooms.operator.faqs import faqs
from ohmstead.rooms.operator.mail import resource as mail
from ohmstead.rooms.operator.mail.delivery import MailDelivery
from ohmstead.rooms.operator.sub_operators import sub_operators
from ohmstead.rooms.operator.tax_identification_numbers import tax_identification_numbers
from ohmstead.rooms.operator.taxes import taxes

OPERATIONS = (
    settings.actions,
    currencies,
    currency_rates.rates,
    taxes,
    tax_identification_numbers,
    contact_details,
    terms.terms,
    terms.documents,
    terms.versions,
    faqs,
    sub_operators,
    mail.emails,
    mail.retrying,
)
BACKGROUND = (MailDelivery,)
