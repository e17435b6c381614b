"""Ownership: every circuit tree is steered by one node; the trees of a node that is gone are free to be taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ARRAY, BigInteger, and_, any_, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Database, Statement, Tx
from ohmstead.rooms.devices.presence.nodes import node
from ohmstead.rooms.power.circuits.table import circuit, circuit_charge_point
from ohmstead.rooms.power.circuits.trees import Version, tree_around, version
from ohmstead.rooms.power.management.table import circuit_tree

ATTEMPTS = 5  # where others are quicker; then again with the next look

_own = circuit_tree.c
_me = bindparam("me", type_=BigInteger)
_roots = bindparam("roots", type_=ARRAY(BigInteger))
_living = _own.node_id.in_(select(node.c.id))

_OWNERS = Statement(select(_own.circuit_id, _own.node_id).where(_living))
_GIVE = Statement(delete(circuit_tree).where(_own.node_id == _me, _own.circuit_id == any_(_roots)))


def _claim() -> Statement:
    wanted = func.unnest(_roots).table_valued("circuit_id").render_derived()
    still = select(circuit.c.id, _me).where(circuit.c.id.in_(select(wanted.c.circuit_id))).order_by(circuit.c.id)
    still = still.with_for_update(read=True, key_share=True)  # none of them is deleted meanwhile
    taken = insert(circuit_tree).from_select(["circuit_id", "node_id"], still)
    return Statement(
        taken.on_conflict_do_update(
            index_elements=["circuit_id"], set_={"node_id": taken.excluded.node_id}, where=~_living
        ).returning(_own.circuit_id)
    )


def _place() -> Statement:
    """The circuits of the tree that a charge point hangs on; beside the root the living node that steers it."""
    point = bindparam("point", type_=BigInteger)
    start = select(circuit_charge_point.c.circuit_id).where(circuit_charge_point.c.charge_point_id == point)
    here = tree_around(start)
    steered = circuit.outerjoin(circuit_tree, and_(_own.circuit_id == circuit.c.id, _living))
    found = select(circuit.c.id, circuit.c.parent_circuit_id, circuit.c.updated_at, _own.node_id)
    return Statement(found.select_from(steered).where(circuit.c.id.in_(here)).order_by(circuit.c.id))


_OWNER = Statement(select(_own.node_id).where(_own.circuit_id == bindparam("root", type_=BigInteger), _living))
_CLAIM = _claim()
_PLACE = _place()


class NodeGroup(Protocol):
    """The nodes that run load management, as one of them sees it."""

    @property
    def id(self) -> int | None:
        """This node's id; None while it belongs to nobody's list."""
        ...

    @property
    def steering(self) -> int:
        """How many nodes run load management, with this one."""
        ...

    @property
    def leads(self) -> bool:
        """Whether this node does what only one may do."""
        ...

    def sure(self, id: int | None) -> bool:
        """Whether this node is, without any doubt, still the one of this id."""
        ...


class Trees:
    """Which trees this node steers: its share of all. Without a node_group it steers every one."""

    def __init__(self, database: Database, node_group: NodeGroup | None) -> None:
        self._database, self._node_group = database, node_group

    @property
    def owner(self) -> int | None:
        """As whom this node owns its trees now."""
        return self._node_group.id if self._node_group else None

    def surely(self, owner: int | None) -> bool:
        """Whether trees that were taken as `owner` are ours beyond doubt: nobody else can have taken them."""
        return self._node_group is None or self._node_group.sure(owner)

    async def surplus(self, roots: set[int]) -> set[int]:
        """Those of our trees that are beyond our share; to be let alone, then given with `give`."""
        if self._node_group is None:
            return set()
        return set(sorted(await self._mine(roots))[self._share(roots) :])

    async def give(self, roots: Iterable[int]) -> None:
        """Leave trees to others."""
        async with self._database.begin() as tx:
            await tx.run(_GIVE, me=self.owner, roots=sorted(roots))

    async def ours(self, roots: set[int]) -> set[int]:
        """Take what nobody steers, up to our share; all that are ours then."""
        if self._node_group is None:
            return roots
        if self.owner is None:
            return set()
        mine: set[int] = set()
        for _ in range(ATTEMPTS):
            owners = await self._owners()
            mine = {root for root in roots if owners.get(root) == self.owner}
            free = sorted(roots - owners.keys())[: max(0, self._share(roots) - len(mine))]
            if not free:
                break
            async with self._database.begin() as tx:
                await tx.run(_CLAIM, me=self.owner, roots=free)
        return mine

    def _share(self, roots: set[int]) -> int:
        """Rounded up, so that the shares of all cover all."""
        assert self._node_group is not None
        return -(-len(roots) // max(1, self._node_group.steering))

    async def _mine(self, roots: set[int]) -> set[int]:
        owners = await self._owners()
        return {root for root in roots if owners.get(root) == self.owner}

    async def _owners(self) -> dict[int, int]:
        async with self._database.read() as tx:
            return {row["circuit_id"]: row["node_id"] for row in await tx.all(_OWNERS)}


async def owner_of(tx: Tx, root: int) -> int | None:
    """The living node that steers the tree of this root, if one does."""
    return await tx.value(_OWNER, root=root)


@dataclass(frozen=True, slots=True)
class TreeNow:
    """A tree as the database has it: its root, the node that steers it, if one does, and its version."""

    root: int
    owner: int | None
    version: Version


async def tree_of(tx: Tx, charge_point_id: int) -> TreeNow | None:
    """The tree that a charge point hangs on; None where it hangs on none."""
    rows = await tx.all(_PLACE, point=charge_point_id)
    root = next((row for row in rows if row["parent_circuit_id"] is None), None)
    return None if root is None else TreeNow(root["id"], root["node_id"], version(rows))
