"""Why a command came to nothing."""


class StationError(Exception):
    """A command did not reach its station, or the station would not have it; the text is a reason for people."""


class StationOffline(StationError):
    """The station holds no connection, or lost it before it answered."""

    def __init__(self) -> None:
        super().__init__("The charge point is not connected.")


class StationSilent(StationError):
    """The station did not answer in time (s); it may or may not have obeyed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The charge point did not answer within {seconds:g} seconds.")
        self.seconds = seconds


class StationRefused(StationError):
    """The station answered with an error (an OCPP error code, spelled as in OCPP 2.x) or with nonsense."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"The charge point refused: {code}{': ' if description else ''}{description}")
        self.code = code
        self.description = description


class StationUntold(StationError):
    """The command is no message of the version the station speaks; nothing was sent."""
