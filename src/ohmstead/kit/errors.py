"""Every way a request can fail: a status, a message, and for a 422 the texts of each field."""

from collections.abc import Mapping


class ApiError(Exception):
    """An answer that is not a success. `errors` maps a field's API name to its texts (422 only)."""

    status = 500
    message = "Server Error"

    def __init__(
        self,
        message: str | None = None,
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.errors = errors
        self.headers = headers or {}
        super().__init__(self.message)

    def body(self) -> dict[str, object]:
        """The JSON of the answer."""
        return {"message": self.message, "errors": self.errors} if self.errors else {"message": self.message}


class BadRequest(ApiError):
    status, message = 400, "Bad Request"


class Unauthenticated(ApiError):
    status, message = 401, "Unauthenticated."


class Forbidden(ApiError):
    status, message = 403, "This action is unauthorized."


class NotFound(ApiError):
    status, message = 404, "The record is not found."

    @classmethod
    def model(cls, name: str, key: object) -> "NotFound":
        """The text clients know for a missing row."""
        return cls(f"No query results for model [{name}] {key}")


class NotAllowed(ApiError):
    status, message = 405, "The method is not supported for this route."


class Rejected(ApiError):
    """The charge point said no, or could not be asked."""

    status, message = 406, "Action rejected by the Charge Point"


class Conflict(ApiError):
    status, message = 409, "Conflict"


class PreconditionFailed(ApiError):
    status, message = 412, "Precondition Failed"


class TooLarge(ApiError):
    status, message = 413, "The request body is too large."


class UnsupportedMediaType(ApiError):
    status, message = 415, "The request body must be JSON (application/json)."


class Invalid(ApiError):
    """422: `Invalid(maxCurrent="The max current must be greater than 0.")`; names with dots go through `of`."""

    status, message = 422, "The given data was invalid."

    def __init__(self, **fields: str | list[str]) -> None:
        super().__init__(errors={name: [text] if isinstance(text, str) else text for name, text in fields.items()})

    @classmethod
    def of(cls, errors: Mapping[str, list[str]]) -> "Invalid":
        """From texts already gathered by field name."""
        return cls(**dict(errors))


class TooManyAttempts(ApiError):
    status, message = 429, "Too Many Attempts."


class Unavailable(ApiError):
    """Come back in a moment."""

    status, message = 503, "Service Unavailable"


class NotImplementedYet(ApiError):
    """A feature that is switched off where the document says 501."""

    status, message = 501, "Action not implemented"


BY_STATUS: dict[int, type[ApiError]] = {
    kind.status: kind
    for kind in (
        BadRequest, Unauthenticated, Forbidden, NotFound, NotAllowed, Rejected, Conflict, PreconditionFailed,
        TooLarge, UnsupportedMediaType, Invalid, TooManyAttempts, NotImplementedYet, Unavailable, ApiError,
    )
}  # fmt: skip
