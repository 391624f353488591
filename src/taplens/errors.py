"""Every error TapLens raises on purpose, in one tree.

    TapLensError
    ├── UsageError                what was asked can't be done as asked (exit 2)
    │   ├── ConfigurationError    a setting is missing or malformed
    │   ├── ArgumentError         an argument is out of its range
    │   ├── FilterError           a `where` string that can't be read; points at the place
    │   ├── CursorError           a cursor of another query, or of an older mirror
    │   ├── ExportError           a file that can't be written where it was asked for
    │   ├── ReportError           a report's template that can't be filled
    │   ├── RequestFault          a chat request that isn't as documented; names the field
    │   └── NotFoundError         no such item, field, status, workspace or model
    ├── TapdError                 TAPD, or the way to it (exit 3)
    │   ├── CredentialsError      TAPD refuses the token or the user and password
    │   ├── AccessError           missing there, or not visible to this account
    │   ├── RejectedError         TAPD refuses a parameter (422)
    │   ├── RateLimitError        429, after all retries
    │   ├── ServerFaultError      5xx, after all retries
    │   ├── UnreachableError      no connection, reset, time-out
    │   └── ProtocolError         an answer that isn't what TAPD promises
    ├── MirrorError               the local databases (exit 4)
    │   ├── EmptyMirrorError      nothing has been mirrored yet
    │   ├── CorruptMirrorError    not a database, or a damaged one
    │   ├── ReadOnlyMirrorError   the file can't be written
    │   ├── MirrorVersionError    written by a newer TapLens
    │   ├── ForeignMirrorError    belongs to another base URL or company
    │   └── SyncRunningError      another process holds the sync lease
    ├── DeliveryError             a report that a robot didn't take (exit 7)
    ├── ServeError                a server that can't or won't start (exit 5)
    ├── EmbeddingError            vectors that can't be made, or don't fit those that are there
    └── RefusalError              a request that our own server refuses, with the HTTP status

An error is a code with parameters; its texts stand in the message catalogue under
`error.<code>` (what happened) and `error.<code>.mend` (what to do about it).
"""

from __future__ import annotations

from typing import ClassVar

from taplens import messages


class TapLensError(Exception):
    """The root: a fault with a code, parameters, and a mend.

    `code` names the catalogue texts; `parameters` fill them. Secrets must never be parameters.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, /, **parameters: object) -> None:
        self.code = code
        self.parameters = parameters
        super().__init__(code)

    def message(self, locale: str | None = None) -> str:
        """What happened, in `locale` ("zh" or "en"; the system's when None)."""
        return messages.text(f"error.{self.code}", locale, **self.parameters)

    def mend(self, locale: str | None = None) -> str:
        """What the user can do about it, in `locale`."""
        return messages.text(f"error.{self.code}.mend", locale, **self.parameters)

    def __str__(self) -> str:
        return f"{self.message('en')} {self.mend('en')}"


class UsageError(TapLensError):
    """What was asked can't be done as it was asked."""

    exit_code = 2


class ConfigurationError(UsageError):
    """A setting is missing or malformed."""


class ArgumentError(UsageError):
    """An argument is missing or out of its range."""


class FilterError(UsageError):
    """A filter that can't be read or names something unknown.

    `position` is the offset (characters, from 0) in the text where the fault begins.
    """

    def __init__(self, code: str, /, *, position: int = 0, **parameters: object) -> None:
        super().__init__(code, position=position, **parameters)
        self.position = position


class CursorError(UsageError):
    """A cursor that belongs to another query or can't be read."""


class ExportError(UsageError):
    """A table that can't be written where, or as, it was asked for."""


class ReportError(UsageError):
    """A template of a report that can't be filled."""


class NotFoundError(UsageError):
    """No such item, field, status or workspace in the mirror; no such model."""


class RequestFault(UsageError):  # noqa: N818 - a fault of the client's, not of ours
    """A chat request that isn't as documented.

    `field` is the dotted path of what is wrong ("messages.0.role", "" for the whole body),
    `allowed` says what may stand there, `provider_code` is the number that SiliconFlow answers.
    """

    provider_code: ClassVar[int] = 20015

    def __init__(self, code: str, /, *, field: str = "", allowed: str = "") -> None:
        super().__init__(code, field=field, allowed=allowed)
        self.field = field
        self.allowed = allowed


class TapdError(TapLensError):
    """TAPD, or the way to it, failed."""

    exit_code = 3


class CredentialsError(TapdError):
    """TAPD refuses the credentials."""


class AccessError(TapdError):
    """Missing in TAPD or not visible to this account: TAPD doesn't tell which."""


class RejectedError(TapdError):
    """TAPD refuses a parameter (422)."""


class RateLimitError(TapdError):
    """TAPD says too many requests, after all retries."""


class ServerFaultError(TapdError):
    """TAPD answers 5xx, after all retries."""


class UnreachableError(TapdError):
    """No connection, a reset, or no answer in time."""


class ProtocolError(TapdError):
    """An answer that isn't what TAPD promises: never taken for data."""


class MirrorError(TapLensError):
    """The local databases."""

    exit_code = 4


class EmptyMirrorError(MirrorError):
    """Nothing has been mirrored yet."""


class CorruptMirrorError(MirrorError):
    """The file is no database, or a damaged one."""


class ReadOnlyMirrorError(MirrorError):
    """The database can't be written."""


class MirrorVersionError(MirrorError):
    """The database was written by a newer TapLens."""


class ForeignMirrorError(MirrorError):
    """The mirror belongs to another base URL or company."""


class SyncRunningError(MirrorError):
    """Another process holds the sync lease."""


class ServeError(TapLensError):
    """A server that can't or won't start."""

    exit_code = 5


class DeliveryError(TapLensError):
    """A report that a chat robot, or the way to it, didn't take."""

    exit_code = 7


class EmbeddingError(TapLensError):
    """Vectors that can't be made, or that don't fit those that are there (exit 6)."""

    exit_code = 6


class RefusalError(TapLensError):
    """A request that our own server refuses.

    `status` is the HTTP status of the answer, `retry_after` the seconds after which the same
    request may succeed (None: never, or nobody knows).
    """

    def __init__(
        self,
        code: str,
        /,
        *,
        status: int,
        retry_after: float | None = None,
        provider_code: int | None = None,
        **parameters: object,
    ) -> None:
        super().__init__(code, status=status, retry_after=retry_after, **parameters)
        self.status = status
        self.retry_after = retry_after
        self.provider_code = provider_code


class ModelError(TapLensError):
    """A language model, or the way to it, failed.

    `status` is the HTTP status that the fault means to a client of ours, `provider` and `model`
    are whom we asked, `retry_after` the seconds that the provider wants us to wait (None: unsaid),
    `provider_code` the number that the provider gives the fault (None: it gives none).
    """

    exit_code = 6
    default_status: ClassVar[int] = 502

    def __init__(
        self,
        code: str,
        /,
        *,
        provider: str = "",
        model: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        provider_code: int | None = None,
        **parameters: object,
    ) -> None:
        super().__init__(code, provider=provider, model=model, **parameters)
        self.status = status or self.default_status
        self.provider = provider
        self.model = model
        self.retry_after = retry_after
        self.provider_code = provider_code


class ModelKeyError(ModelError):
    """The provider refuses our key (401), or the key's account has no right or no balance."""


class ModelRequestError(ModelError):
    """The provider refuses the request (400, 404, 413, 422)."""

    default_status = 400


class ModelRateLimitError(ModelError):
    """Too many requests or tokens a minute (429)."""

    default_status = 429


class ModelOverloadedError(ModelError):
    """The provider answers 5xx."""

    default_status = 503


class ModelTimeoutError(ModelError):
    """No answer in time."""

    default_status = 504


class ModelUnreachableError(ModelError):
    """No connection, or a reset before an answer came."""


class ModelProtocolError(ModelError):
    """An answer that isn't the protocol's, or that was cut: never passed off as complete."""


class ModelUnavailableError(ModelError):
    """No provider is set up for the model; the mend names the setting to make."""

    default_status = 503
