"""Discord's refusals, as the bot receives them: an HTTP status, a JSON code, and for forms a tree of field errors."""

from collections.abc import Mapping

from tests.simulators.discord.json_types import Json

Path = tuple[str | int, ...]


class ApiError(Exception):
    """A refusal. ``status`` is HTTP's, ``code`` Discord's ("JSON Error Codes"), ``errors`` the 50035 tree."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        errors: Json | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Json | None = None,
    ) -> None:
        super().__init__(f"{status}/{code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra or {}

    def body(self) -> Json:
        tree = {"errors": self.errors} if self.errors else {}
        return {"message": self.message, "code": self.code, **tree, **self.extra}


class FormErrors:
    """Collects field errors and raises them together as one 50035, the way Discord reports a bad form.

    The inner ``code`` words are those seen in public reports where there is one (BASE_TYPE_BAD_LENGTH,
    BASE_TYPE_MAX_LENGTH, BASE_TYPE_REQUIRED, BASE_TYPE_CHOICES, UNION_TYPE_CHOICES, COMPONENT_CUSTOM_ID_DUPLICATED,
    SELECT_COMPONENT_OPTION_VALUE_DUPLICATED, MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_2,
    MAX_EMBED_SIZE_EXCEEDED); the others are not verified. Status 400 and code 50035 are.
    """

    def __init__(self, prefix: Path = ()) -> None:
        self._prefix = prefix
        self._found: list[tuple[Path, str, str]] = []

    def add(self, path: Path, code: str, message: str) -> None:
        self._found.append((self._prefix + path, code, message))

    def required(self, path: Path) -> None:
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def choices(self, path: Path, allowed: tuple[int, ...] | tuple[str, ...]) -> None:
        self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(repr, allowed))}}}.")

    def length(self, path: Path, size: int, low: int, high: int) -> None:
        if not low <= size <= high:
            if low == 0:
                self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
            else:
                self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def within(self, path: Path, value: object, low: int, high: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < low:
            self.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")
        elif value > high:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")

    def raise_if_any(self) -> None:
        if not self._found:
            return
        tree: Json = {}
        for path, code, message in self._found:
            node = tree
            for step in path:
                node = node.setdefault(str(step), {})
            node.setdefault("_errors", []).append({"code": code, "message": message})
        raise ApiError(400, 50035, "Invalid Form Body", tree)


def unauthorized() -> ApiError:
    return ApiError(401, 0, "401: Unauthorized")


def unknown_channel() -> ApiError:
    return ApiError(404, 10003, "Unknown Channel")


def unknown_message() -> ApiError:
    return ApiError(404, 10008, "Unknown Message")


def unknown_webhook() -> ApiError:
    return ApiError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> ApiError:
    return ApiError(404, 10062, "Unknown interaction")


def missing_access() -> ApiError:
    return ApiError(403, 50001, "Missing Access")


def empty_message() -> ApiError:
    return ApiError(400, 50006, "Cannot send an empty message")


def too_large() -> ApiError:
    return ApiError(413, 40005, "Request entity too large")


def internal_error() -> ApiError:
    return ApiError(500, 0, "500: Internal Server Error")
