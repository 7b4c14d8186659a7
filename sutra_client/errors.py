"""What can go wrong in a Sutra call, as data that crosses the wire.

The one-shot path imports this module, so it imports nothing itself.
"""

INVALID = "INVALID"
NOT_FOUND = "NOT_FOUND"
DENIED = "DENIED"
AUTH_REQUIRED = "AUTH_REQUIRED"
BUSY = "BUSY"
STALE = "STALE"
EXISTS = "EXISTS"
UNAVAILABLE = "UNAVAILABLE"
UNSUPPORTED = "UNSUPPORTED"
TIMEOUT = "TIMEOUT"
CANCELLED = "CANCELLED"
FAILED = "FAILED"
INTERNAL = "INTERNAL"

EXIT = {
    INVALID: 2,
    NOT_FOUND: 4,
    DENIED: 5,
    AUTH_REQUIRED: 5,
    BUSY: 6,
    STALE: 6,
    EXISTS: 6,
    UNAVAILABLE: 7,
    UNSUPPORTED: 7,
    TIMEOUT: 124,
    CANCELLED: 130,
    FAILED: 1,
    INTERNAL: 1,
}
"""The process exit code each error code becomes; a code from a newer peer is 1."""


class SutraError(Exception):
    """One refused or failed call: `message` says what was being done to what and why it failed, `hint` what to do."""

    def __init__(self, code: str, message: str, hint: str = "", detail: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.detail = detail or {}

    @property
    def exit_code(self) -> int:
        return EXIT.get(self.code, 1)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" ({self.hint})" if self.hint else "")
