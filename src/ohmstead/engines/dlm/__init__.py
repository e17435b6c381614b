"""Dynamic load management: cars share cables that cannot carry all of them at full power. Numbers in, numbers out.

The caller keeps one Envelope for each circuit tree and, whenever anything changed and every 10 s, goes round once:

>>> from ohmstead.engines.dlm.allocate import Demand, allocate
>>> from ohmstead.engines.dlm.envelope import Envelope
>>> from ohmstead.engines.dlm.holding import Evse
>>> from ohmstead.engines.dlm.tree import Circuit, Tree
>>> from ohmstead.engines.dlm.unmanaged import UnmanagedLoad
>>> tree = Tree([Circuit("main", None, 63.0), Circuit("garage", "main", 32.0, rotation="STR")])
>>> building = UnmanagedLoad(reserved=20.0)
>>> building.report(100.0, meter=(12.0, 9.0, 30.0), least=(0.0, 0.0, 0.0))
>>> envelope = Envelope(tree)  # after a crash: Envelope.load(tree, records)
>>> mask = tree.wiring("garage", "single_phase", connected="L1").mask
>>> for evse in ("left", "right"):
...     envelope.attached(Evse(evse, "garage", mask, rating=32.0))
...     envelope.came_online(evse)
>>> def go_round(engaged: list[str], now: float) -> None:
...     envelope.limits_changed({"main": building.at(now).leaves(tree.limits["main"])})
...     demands = [Demand(evse, "garage", mask, min=6.0, max=32.0) for evse in engaged if envelope.steerable(evse)]
...     allocation = allocate(tree, demands, envelope.room(engaged, now))  # also says who waits, and for which cable
...     for send in envelope.plan(allocation.amps, now):
...         record = envelope.record(send.evse)  # store it; only then let the frame go
...         envelope.sent(send.seq, now)
...         envelope.accepted(send.seq, now + 1)  # or rejected, lost, withdrawn: whatever became of it
>>> go_round([], now=100.0)
>>> go_round(["left", "right"], now=110.0)
>>> envelope.may_draw("left", now=120.0), envelope.may_draw("right", now=120.0), envelope.overcommitted(now=120.0)
(16.0, 16.0, [])
"""
