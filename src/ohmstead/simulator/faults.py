"""What can be wrong with a station, on demand: each a switch or a count that tests, demo and load runs may set."""

from dataclasses import dataclass


@dataclass
class Faults:
    """Counts are used up one by one; switches stay until they are taken back."""

    silent: bool = False
    """Commands are read and neither obeyed nor answered."""
    frozen: bool = False
    """Nothing at all goes out, though the socket stays open."""
    reject_next: int = 0
    """So many commands are answered Rejected."""
    error_next: int = 0
    """So many commands are answered with a CALLERROR InternalError."""
    lose_answers_sent: int = 0
    """So many commands are obeyed, but the answer never arrives."""
    lose_answers_received: int = 0
    """So many answers of the central system never arrive here, and the call is made again."""
    start_twice: bool = False
    """StartTransaction is sent twice, with the same payload."""
    lose_commands: int = 0
    """So many commands are lost on their way here: neither obeyed nor answered."""
    answer_delay_s: float = 0.0
    """A command is carried out and answered so many s of the clock after it came; what else comes is read meanwhile."""
    refuses_limits: bool = False
    """Every charging profile is answered Rejected."""
    forgets_profiles: bool = False
    """After a loss of power no charging profile is installed any more."""
    forgets_transactions: bool = False
    """After a loss of power the running transaction is never mentioned again."""

    def takes(self, count: str) -> bool:
        """Whether the fault counted by `count` happens now; it is then used up by one."""
        left = getattr(self, count)
        if left:
            setattr(self, count, left - 1)
        return left > 0
