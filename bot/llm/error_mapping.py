"""Map what the SDK raises to errors that a person may be shown, by status and code, never by the words of a message.

The table is Anthropic's errors page and anthropic 2.12's _exceptions.py. In the middle of a stream, as tried against a
loopback server, a cut connection and a silence come as raw httpx2 errors, and an error event as an APIStatusError of
status 200.
"""

from __future__ import annotations

import aiohttp
import anthropic
import httpx2

from bot.errors import (
    KeyRefused,
    ModelError,
    NoNetwork,
    NotClaude,
    OutOfCredit,
    Overloaded,
    RateLimited,
    RequestRefused,
    ServiceFault,
    SpendLimitReached,
    Stalled,
    StreamBroken,
    UnknownModel,
)
from bot.essay.text.decoding import remove_invisible
from bot.llm.prompts import replace_surrogates

_MAX_RETRY_AFTER_SECONDS = 31 * 86_400.0  # seconds; every limit of the service opens again within a month

# The status that an error event in a stream would have had (errors page).
_STATUS_BY_ERROR_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}

SDK_ERRORS = (
    anthropic.APIStatusError,
    anthropic.APIConnectionError,
    httpx2.RequestError,
    ValueError,  # what is no UTF-8 or no JSON
    RecursionError,  # JSON that is nested without end
)
"""What the SDK raises while it opens or reads a stream."""


def model_error(error: Exception, *, model: str, address: str, silence_seconds: float, is_started: bool) -> ModelError:
    """Return the error to raise in place of one of SDK_ERRORS. ``is_started`` tells whether an answer had begun."""
    match error:
        case anthropic.APIStatusError():
            return _status_error(error, model, address)
        case anthropic.APIConnectionError():
            # Something answered, but not in HTTP: another kind of server, or headers without end.
            is_not_http = isinstance(error.__cause__, aiohttp.ClientResponseError)
            return NotClaude(address) if is_not_http else NoNetwork(address)
        case httpx2.ReadTimeout():
            return Stalled(silence_seconds)
        case ValueError() if not is_started:
            return NotClaude(address)
        case RecursionError():
            return NotClaude(address)
    return StreamBroken()


def never_reached_a_model(error: Exception) -> bool:
    """Return whether a request that met this in place of a response cannot have reached a model."""
    if isinstance(error, anthropic.APIStatusError):
        return True
    transport = error.__cause__
    if isinstance(transport, httpx2.ConnectTimeout | httpx2.ProxyError):
        return True
    # What the transport calls an error of connecting may be a connection that was lost after all was sent.
    return isinstance(transport, httpx2.ConnectError) and isinstance(transport.__cause__, aiohttp.ClientConnectorError)


def retry_after(response: httpx2.Response) -> float | None:
    """Return how many seconds a response says to wait, None where it gives no number."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _status_error(error: anthropic.APIStatusError, model: str, address: str) -> ModelError:
    """Return the error for an error status, or for an error event in a stream."""
    if error.error_code is not None and error.error_code.endswith("spend_limit_reached"):
        return SpendLimitReached()  # a 429 for a tier's cap, a 400 for a limit the account's owner set
    status = error.status_code
    if status == 200:
        status = _STATUS_BY_ERROR_TYPE.get(str(error.type), 500)
    elif not isinstance(error.body, dict):
        # A page instead of the API's error object comes from something in between; a fault of that is still a fault.
        return ServiceFault(error.request_id) if status >= 500 else NotClaude(address)
    match status:
        case 401:
            return KeyRefused.invalid()
        case 402:
            return OutOfCredit()
        case 403:
            return KeyRefused.not_allowed(model)
        case 404:
            return UnknownModel(model, address)
        case 413:
            return RequestRefused.too_long()
        case 429:
            wait = retry_after(error.response)
            return RateLimited(wait if wait is not None and wait <= _MAX_RETRY_AFTER_SECONDS else None)
        case 529:
            return Overloaded()
        case 408 | 409:
            return ServiceFault(error.request_id)
    if status >= 500:
        return ServiceFault(error.request_id)
    why = error.api_message  # whatever stands there: the SDK does not look
    return RequestRefused.invalid_request(
        remove_invisible(replace_surrogates(why)) if isinstance(why, str) else None, error.request_id
    )
