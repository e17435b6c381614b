"""Orders: what the central system may ask of a station in one version of OCPP, and who carries it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ohmstead.simulator.frames import Call, CallError
from ohmstead.simulator.handler_context import Answer, HandlerContext

Handler = Callable[[HandlerContext, Any], Answer]


@dataclass(frozen=True)
class Orders:
    """`commands` by name: how each is read, and who carries it out. `refusals` is how one is refused whose answer
    knows no Rejected; `missing` is the version's spelling of the error for a field that is not there."""

    commands: Mapping[str, tuple[type[msgspec.Struct], Handler]]
    refusals: Mapping[str, str]
    without_status: frozenset[str]
    missing: str

    def carry_out(self, context: HandlerContext, call: Call) -> Answer:
        """Do what a call asks for. CallError when it cannot be understood."""
        if call.action not in self.commands:
            raise CallError(call.id, "NotImplemented", f"{call.action} is not known here")
        shape, handler = self.commands[call.action]
        try:
            command = msgspec.convert(call.payload, shape)
        except msgspec.ValidationError as fault:
            raise CallError(call.id, self._code(str(fault)), str(fault)) from fault
        return handler(context, command)

    def refuse(self, call: Call) -> Answer:
        """Do nothing, and say so as the command's answer allows."""
        if call.action in self.without_status:
            raise CallError(call.id, "GenericError", "refused")
        return Answer({"status": self.refusals.get(call.action, "Rejected")})

    def _code(self, fault: str) -> str:
        if fault.startswith("Object missing required field"):
            return self.missing
        return "PropertyConstraintViolation" if fault.startswith("Invalid enum value") else "TypeConstraintViolation"
