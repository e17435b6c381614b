"""Tariffs in words: what a driver reads of prices before a charge, in the languages of the page."""

from collections.abc import Mapping, Sequence
from copy import copy
from decimal import Decimal

from babel import Locale
from babel.numbers import get_currency_precision

from ohmstead.engines.languages import Language
from ohmstead.engines.pricing.offer import Hours, Item

_MOST_DECIMALS = 6  # of a price
_LOCALES = {"en": Locale("en", "IE"), "de": Locale("de"), "fr": Locale("fr")}  # the hours of Europe, not AM and PM

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "kwh": "{price} per kWh",
        "kwh_varies": "now {price} per kWh; as electricity costs between {least} and {most} in the next 24 hours",
        "minute": "{price} per minute",
        "unit": "{price} for each {minutes} minutes begun",
        "varies": "now {of}; in the next 24 hours between {least} and {most}",
        "once": "{flat} once",
        "kwh_between": "for the part from {first} to {last} kWh",
        "kwh_from": "for the part above {first} kWh",
        "between": "from minute {first} to {last}",
        "from": "from minute {first} on",
        "power": "{price} per minute at up to {kw} kW",
        "excess": "{excess} after {after} minutes",
        "time_free": "the first {minutes} minutes cost nothing",
        "idle_free": "the first {minutes} minutes after charging ended cost nothing",
        "limit": "{price} at most",
        "session": "{price} per charge",
        "least_minutes": "if it lasts at least {minutes} minutes",
        "least_kwh": "if it takes at least {kwh} kWh",
        "minimum": "a charge costs at least {price}",
        "hours": "{start} to {end}",
        "and": "and",
    },
    "de": {
        "kwh": "{price} je kWh",
        "kwh_varies": "jetzt {price} je kWh; mit dem Strompreis in den nächsten 24 Stunden zwischen {least} und {most}",
        "minute": "{price} je Minute",
        "unit": "{price} je angefangene {minutes} Minuten",
        "varies": "jetzt {of}; in den nächsten 24 Stunden zwischen {least} und {most}",
        "once": "einmalig {flat}",
        "kwh_between": "für den Teil von {first} bis {last} kWh",
        "kwh_from": "für den Teil über {first} kWh",
        "between": "von Minute {first} bis {last}",
        "from": "ab Minute {first}",
        "power": "{price} je Minute bei bis zu {kw} kW",
        "excess": "{excess} nach {after} Minuten",
        "time_free": "die ersten {minutes} Minuten kosten nichts",
        "idle_free": "die ersten {minutes} Minuten nach dem Laden kosten nichts",
        "limit": "höchstens {price}",
        "session": "{price} je Ladevorgang",
        "least_minutes": "wenn er mindestens {minutes} Minuten dauert",
        "least_kwh": "wenn mindestens {kwh} kWh geladen werden",
        "minimum": "ein Ladevorgang kostet mindestens {price}",
        "hours": "{start} bis {end} Uhr",
        "and": "und",
    },
    "fr": {
        "kwh": "{price} par kWh",
        "kwh_varies": "actuellement {price} par kWh ; selon le prix de l’électricité entre {least} et {most} "
        "dans les 24 prochaines heures",
        "minute": "{price} par minute",
        "unit": "{price} par tranche de {minutes} minutes entamée",
        "varies": "actuellement {of} ; entre {least} et {most} dans les 24 prochaines heures",
        "once": "{flat} une fois",
        "kwh_between": "pour la part de {first} à {last} kWh",
        "kwh_from": "pour la part au-delà de {first} kWh",
        "between": "de la minute {first} à la minute {last}",
        "from": "à partir de la minute {first}",
        "power": "{price} par minute jusqu’à {kw} kW",
        "excess": "{excess} après {after} minutes",
        "time_free": "les {minutes} premières minutes sont gratuites",
        "idle_free": "les {minutes} premières minutes après la charge sont gratuites",
        "limit": "{price} au plus",
        "session": "{price} par recharge",
        "least_minutes": "si elle dure au moins {minutes} minutes",
        "least_kwh": "si elle prend au moins {kwh} kWh",
        "minimum": "une recharge coûte au moins {price}",
        "hours": "de {start} à {end}",
        "and": "et",
    },
}


def money(amount: Decimal, currency: str, language: Language) -> str:
    """An amount as its readers write it, with as many decimals as it has, and as its currency has at least."""
    locale = _LOCALES[language]
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (get_currency_precision(currency), _MOST_DECIMALS)
    return pattern.apply(amount, locale, currency=currency, currency_digits=False)


def in_words(item: Item, currency: str, language: Language) -> str:
    """A price or condition as part of a sentence; the page says above it what it is about."""
    locale, words = _LOCALES[language], _WORDS[language]
    figures = {name: money(price, currency, language) for name, price in item.prices.items()}
    figures |= {name: locale.decimal_formats[None].apply(number, locale) for name, number in item.numbers.items()}
    text = ", ".join(words[key].format_map(figures | {"of": _unit(words, figures)}) for key in _keys(item, figures))
    return text + _when(item.hours, words)


def _keys(item: Item, figures: Mapping[str, str]) -> Sequence[str]:
    """Which words a price or condition is made of, in their order."""
    match item.kind:
        case "unit":
            return [_unit_key(figures)]
        case "unit_varies":
            return ["varies"]
        case "kwh_level":
            return [*_fees(figures, "kwh"), *_part(figures, "kwh_between", "kwh_from", item)]
        case "unit_level":
            return [*_fees(figures, _unit_key(figures)), *_part(figures, "between", "from", item)]
        case "power_level":
            return ["power", *(["excess"] if "excess" in figures else [])]
        case "free_minutes":
            return [f"{item.about}_free"]
        case "connection":
            return ["session", *(f"least_{name}" for name in figures if name != "price")]
        case _:
            return [item.kind]


def _fees(figures: Mapping[str, str], unit: str) -> list[str]:
    return [key for key, price in (("once", "flat"), (unit, "price")) if price in figures]


def _part(figures: Mapping[str, str], between: str, beyond: str, item: Item) -> list[str]:
    if "last" in figures:
        return [between]
    return [beyond] if item.numbers["first"] else []


def _unit_key(figures: Mapping[str, str]) -> str:
    return "minute" if figures["minutes"] == "1" else "unit"


def _unit(words: Mapping[str, str], figures: Mapping[str, str]) -> str:
    return words[_unit_key(figures)].format_map(figures) if {"minutes", "price"} <= figures.keys() else ""


def _when(hours: Hours, words: Mapping[str, str]) -> str:
    told = [words["hours"].format(start=start, end=end) for start, end in hours]
    joined = f" {words['and']} ".join(told)
    return f" ({joined})" if told else ""
