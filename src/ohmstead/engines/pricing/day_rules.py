"""Which prices hold on a day: those of a special date, else of its week day, else the general ones."""

from collections.abc import Iterator, Sequence
from datetime import date

from ohmstead.engines.pricing.fields import Conditions, DayRule, PricePeriods, Pricing

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK_DAYS = (*WEEK, "weekdays", "weekend")


class DayRules:
    """The rules of a tariff, asked by date."""

    def __init__(self, pricing: Pricing) -> None:
        self._general = pricing
        self._of_date = {each: rule for rule in pricing.days_when_applied for each in rule.special_dates}
        self._of_week = {rule.name.lower(): rule for rule in pricing.days_when_applied}
        self._conditions: dict[int, Conditions] = {}

    def rule(self, day: date) -> DayRule | None:
        """A date of one year goes before one of each year, a single week day before several."""
        iso, several = day.isoformat(), "weekend" if day.weekday() > 4 else "weekdays"
        names = (WEEK[day.weekday()], several)
        of_date = self._of_date.get(iso) or self._of_date.get(iso[5:])
        return of_date or next((self._of_week[name] for name in names if name in self._of_week), None)

    def fees(self, day: date, component: str) -> Sequence:
        """Those of a component (`energy_fee_periods`, ...) by time period."""
        return next((fees for each in self._layers(day) if (fees := getattr(each, component).fee)), ())

    def conditions(self, day: date) -> Conditions:
        """Each of them as the day's rule says, else as the tariff does."""
        rule, general = self.rule(day), self._general
        if rule is None:
            return general
        if id(rule) not in self._conditions:
            names = [name for name in Conditions.__struct_fields__ if name != "price_periods"]
            said = {name: own if (own := getattr(rule, name)) is not None else getattr(general, name) for name in names}
            self._conditions[id(rule)] = Conditions(**said)
        return self._conditions[id(rule)]

    def _layers(self, day: date) -> Iterator[PricePeriods]:
        if (rule := self.rule(day)) is not None:
            yield rule.price_periods
        yield self._general.price_periods
