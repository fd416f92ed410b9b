"""Request bodies with and without files, and the addresses under which files are served again."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from tests.simulators.discord.clock import Clock
from tests.simulators.discord.errors import ApiError, FormErrors, internal_error, too_large
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.models import Upload
from tests.simulators.discord.settings import Settings

MOST_FILES = 10
LINK_LIFETIME = 24 * 3600.0  # "Signed Attachment CDN URLs" gives an expiry but no span; a day is what links carry today


@dataclass(frozen=True, slots=True)
class SentFile:
    """One ``files[n]`` part of a multipart request."""

    filename: str
    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Body:
    """A request's JSON and its files by number."""

    payload: Json
    files: dict[int, SentFile]


async def read_body(request: web.Request, settings: Settings) -> Body:
    """Reads JSON or multipart/form-data.

    Raises:
        ApiError: 413/40005 above the request limit, 400/50109 for broken JSON, 400/50035 for another content type,
            500 for a lone surrogate (discord/discord-api-docs#6561).
    """
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, settings)
    raw = await request.read()
    if len(raw) > settings.request_limit:
        raise too_large()
    if not raw:
        return Body({}, {})
    if request.content_type != "application/json":
        errors = FormErrors()
        expected = 'Expected "Content-Type" header to be one of {"application/json", "multipart/form-data"}.'
        errors.add((), "CONTENT_TYPE_INVALID", expected)
        errors.raise_if_any()
    return Body(_parse(raw), {})


async def _read_multipart(request: web.Request, settings: Settings) -> Body:
    payload: Json = {}
    files: dict[int, SentFile] = {}
    total = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ApiError(400, 50035, "Invalid Form Body")
        data = bytes(await part.read())
        total += len(data)
        numbered = re.fullmatch(r"files\[(\d+)\]", part.name or "")
        if part.name == "payload_json":
            payload = _parse(data)
        elif numbered:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files[int(numbered[1])] = SentFile(part.filename or "unknown", data, kind)
    if total > settings.request_limit:
        raise too_large()
    return Body(payload, files)


def _parse(raw: bytes) -> Json:
    try:
        found = json.loads(raw)
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise internal_error() from None
    if not isinstance(found, (dict, list)):
        raise ApiError(400, 50035, "Invalid Form Body")
    return found if isinstance(found, dict) else {"items": found}


class Files:
    """Every stored file. ``base`` is the address of the simulator, known once it runs."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._by_id: dict[int, Upload] = {}
        self.base = ""

    def store(
        self,
        channel_id: int,
        filename: str,
        data: bytes,
        kind: str,
        *,
        ephemeral: bool = False,
        description: str | None = None,
    ) -> Upload:
        """Keeps a file under a name that Discord would give it.

        Seen in Discord: a space becomes "_", characters beyond ASCII letters, digits, ".", "-" and "_" go, and
        ``title`` keeps the original. Not documented, nor which name ``attachment://`` takes; the new one here.
        """
        number, original = self._clock.snowflake(), filename
        filename = re.sub(r"[^A-Za-z0-9._-]", "", filename.replace(" ", "_")) or "unknown"
        title = original if original != filename else None
        folder = "ephemeral-attachments" if ephemeral else "attachments"
        expires = int(self._clock.now() + LINK_LIFETIME)
        url = f"{self.base}/{folder}/{channel_id}/{number}/{filename}?ex={expires:x}&is=0&hm=0"
        upload = Upload(number, channel_id, filename, data, kind, url, ephemeral, title, description)
        self._by_id[number] = upload
        return upload

    def by_id(self, number: int) -> Upload:
        return self._by_id[number]

    async def serve(self, request: web.Request) -> web.Response:
        """GET of an attachment: 404 when deleted or unknown, or when the link's time is over."""
        upload = self._by_id.get(int(request.match_info["id"]))
        expired = int(request.query.get("ex", "0"), 16) < self._clock.now()
        if upload is None or upload.deleted or expired:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=upload.data, headers={"Content-Type": upload.content_type})

    def accept(
        self,
        payload: Json,
        files: dict[int, SentFile],
        current: Iterable[Upload],
        errors: FormErrors,
        *,
        channel_id: int,
        ephemeral: bool,
    ) -> list[Upload]:
        """The attachments a message will have: those it keeps (all, unless ``attachments`` lists some), and new ones.

        Raises:
            ApiError: 413/40005 for a file above the limit.
        """
        known = {str(upload.id): upload for upload in current}
        listed = payload.get("attachments")
        entries = listed if isinstance(listed, list) else [{"id": one} for one in known]
        mentioned = {str(entry.get("id")) for entry in entries}
        entries = [*entries, *({"id": number} for number in files if str(number) not in mentioned)]
        errors.length(("attachments",), len(entries), 0, MOST_FILES)
        found: list[Upload] = []
        for index, entry in enumerate(entries):
            number = str(entry.get("id"))
            if number in known:
                found.append(known[number])
            elif number.isdecimal() and int(number) in files:
                sent = files[int(number)]
                if len(sent.data) > self._settings.file_limit:
                    raise too_large()
                if not sent.data and self._settings.refuse_empty_files:
                    errors.add(("attachments", index), "ATTACHMENT_EMPTY", "The file is empty")
                name = str(entry.get("filename") or sent.filename)
                about = entry.get("description")
                found.append(
                    self.store(channel_id, name, sent.data, sent.content_type, ephemeral=ephemeral, description=about)
                )
            else:
                errors.add(("attachments", index, "id"), "ATTACHMENT_NOT_FOUND", f"Attachment {number} was not sent")
        return found
