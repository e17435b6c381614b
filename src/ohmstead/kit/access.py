"""Access: which rows a partner's token sees and which it may change. What does not say so does not import.

A token of the operator sees and changes all; rights of scopes come before. What nobody opened is closed.
"""

from dataclasses import dataclass, field
from operator import eq
from typing import Any, TypeVar, cast

from sqlalchemy import ARRAY, BigInteger, ClauseElement, bindparam, false, true
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.visitors import replacement_traverse

PARTNER = bindparam("partner", type_=BigInteger)
"""The id of the partner that the caller's token is bound to (see `of_several` for one that is bound to several)."""
TERMINAL = bindparam("terminal", type_=BigInteger)
"""The id of the payment terminal whose token calls."""
_PARTNERS = bindparam("partner", type_=ARRAY(BigInteger))
C = TypeVar("C", bound=ClauseElement)


def of_several(condition: C) -> C:
    """The same condition or statement for a token of several partners: what is PARTNER's is one of theirs."""

    def replaced(element: Any, **_: Any) -> Any:
        if isinstance(element, BinaryExpression) and element.operator is eq and element.right is PARTNER:
            return element.left == _PARTNERS.any_()
        return _PARTNERS if element is PARTNER else None

    return cast("C", replacement_traverse(condition, {}, replaced))


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """Conditions, over a resource's row and `PARTNER`, on what a partner's token sees and on what it changes.

    `owner` is the column that a partner's own writes set to its id, whatever a body says. `terminals` is the condition,
    over `TERMINAL`, on what a payment terminal's token sees and changes: nothing, unless a room opens it.
    """

    sees: ColumnElement[bool]
    changes: ColumnElement[bool]
    owner: ColumnElement[int] | None = None
    terminals: ColumnElement[bool] = field(default_factory=false)

    def condition(self, binding: str, changing: bool) -> ColumnElement[bool]:
        """What a token of this binding sees, or changes."""
        found = self.terminals if binding == "terminal" else self.changes if changing else self.sees
        return of_several(found) if binding == "several" else found

    def opens(self, method: str) -> bool:
        """Whether a partner's token may call an operation of this HTTP method at all."""
        return not isinstance(self.sees if method == "GET" else self.changes, type(false()))


OPERATOR = Access(false(), false())
"""The operator's alone: to a partner's token every operation is 403."""
SHARED = Access(true(), false())
"""Everybody reads, the operator writes."""
PARTNERS = Access(true(), true())
"""Of a group: its operations find what they work on with the caller's rights."""
INHERITED = Access(true(), true(), terminals=true())
"""Of a child: whoever sees the parent sees it, whoever changes the parent changes it."""


def owned(owner: ColumnElement[int], also_sees: ColumnElement[bool] = false()) -> Access:
    """A partner sees and changes the rows that carry its id in `owner`; it sees those of another condition, too."""
    own = owner == PARTNER
    return Access(own | also_sees, own, owner)


def where(condition: ColumnElement[bool]) -> Access:
    """A partner sees and changes the rows that meet a condition, and owns none by a column."""
    return Access(condition, condition)
