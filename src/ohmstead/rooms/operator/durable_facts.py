"""What this room tells: facts that are durable, in the order of the transactions that told them."""

from ohmstead.kit.facts import Fact


class EmailTaken(Fact, topic="email.taken"):
    """A server took an e-mail, or it was written to a file."""

    id: int
