"""The errors of the Organizations API, as the service itself answers them."""

from __future__ import annotations


class ApiError(Exception):
    """An error reply: code, message and, for two kinds of error, AWS's `Reason`.

    It never reaches a user: it becomes an HTTP reply, and botocore makes a `ClientError` of it.
    https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html
    """

    def __init__(self, code: str, message: str, reason: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reason = reason

    def to_json(self) -> dict[str, str]:
        """Return the body of the reply, in the JSON 1.1 protocol."""
        body = {"__type": self.code, "Message": self.message}
        if self.reason:
            body["Reason"] = self.reason
        return body


def constraint(reason: str, message: str) -> ApiError:
    """Return a ConstraintViolationException: a limit or a protection stands in the way."""
    return ApiError("ConstraintViolationException", message, reason)


def invalid(reason: str, message: str) -> ApiError:
    """Return an InvalidInputException: a parameter is not what it must be."""
    return ApiError("InvalidInputException", message, reason)


def denied(message: str) -> ApiError:
    """Return an AccessDeniedException."""
    return ApiError("AccessDeniedException", message)
