"""A request the service turns away, and the words it does so with."""

from __future__ import annotations


class ApiError(Exception):
    """The request is answered with this status, error type and message instead of a reply."""

    def __init__(self, status: int, type_: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_
        self.message = message

    @classmethod
    def invalid(cls, message: str) -> ApiError:
        """400: the request breaks a rule of the API."""
        return cls(400, "invalid_request_error", message)

    @classmethod
    def unknown(cls, message: str) -> ApiError:
        """404: what the request names is not there."""
        return cls(404, "not_found_error", message)
