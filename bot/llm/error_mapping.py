"""What the SDK raises, as errors that a person may be shown. Status and codes are read, messages never matched.

The table is Anthropic's errors page and anthropic 2.12's _exceptions.py; what happens in the middle of a stream was
tried against a loopback server: a cut connection and a silence come as raw httpx2 errors, an error event under status
200.
"""

from __future__ import annotations

import json

import aiohttp
import anthropic
import httpx2

from bot.errors import (
    KeyRefused,
    ModelError,
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
from bot.essay.text.invisible import visible
from bot.llm.prompts import replace_surrogates

_MAX_RETRY_AFTER_SECONDS = 31 * 86_400.0  # seconds; every limit of the service opens again within a month

# What an error event in a stream would have been as a status (errors page).
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


def retry_after(response: httpx2.Response) -> float | None:
    """How many seconds a response says to wait; None where it does not say, or gives a date (the API gives seconds)."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def was_never_sent(error: anthropic.APIConnectionError) -> bool:
    """Whether the request cannot have reached the service, so that no model can have worked."""
    transport = error.__cause__
    if isinstance(transport, httpx2.ConnectTimeout | httpx2.ProxyError):
        return True
    # What the transport calls an error of connecting may be a connection that was lost after all was sent.
    return isinstance(transport, httpx2.ConnectError) and isinstance(transport.__cause__, aiohttp.ClientConnectorError)


def is_not_http(error: anthropic.APIConnectionError) -> bool:
    """Whether something answered, and in no HTTP: another kind of server, or headers without end."""
    return isinstance(error.__cause__, aiohttp.ClientResponseError)


def error_from_status(error: anthropic.APIStatusError, model: str, address: str) -> ModelError:
    """The error for an error status, or for an error event in a stream."""
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
    return RequestRefused.wrong(visible(replace_surrogates(why)) if isinstance(why, str) else None, error.request_id)


def error_from_event(data: str, response: httpx2.Response, model: str, address: str) -> ModelError:
    """The error for an event that says, in the middle of an answer, what went wrong; ``data`` as it was sent."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):  # no JSON, or nested without end
        body = data
    return error_from_status(
        anthropic.APIStatusError("an event of the stream", response=response, body=body), model, address
    )


def error_from_transport(error: httpx2.RequestError, silence: float) -> ModelError:
    """The error where an answer had begun, or nothing was said within ``silence`` seconds."""
    return Stalled(silence) if isinstance(error, httpx2.ReadTimeout) else StreamBroken()
