"""Words of a command line: split as POSIX shells do but without any expansion, and quoted so that they split back."""

from sutra_client.errors import INVALID, SutraError

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27, "\\": 92, "'": 39, '"': 34, "?": 63}


def split(text: str) -> list[list[str]]:
    """The commands in `text`, each as its words: `;` and newline separate them outside quotes, `#` begins a comment.

    '...', "...", backslash and $'...' (with \\xNN, as POSIX.1-2024) quote. Raises SutraError INVALID for a quote that never ends.
    """
    return _Reader(text).commands()


def quote(word: str) -> str:
    """The word so that split(), bash, zsh and dash's successors read it back, and that a terminal shows as it is."""
    if word and _PLAIN.issuperset(word):
        return word
    if word.isprintable() and word.isascii():
        return "'" + word.replace("'", "'\\''") + "'"
    return "$'" + "".join(map(_escaped, word)) + "'"


def join(words: list[str]) -> str:
    return " ".join(map(quote, words))


def _escaped(char: str) -> str:
    if char in "\\'":
        return "\\" + char
    if char.isprintable():
        from sutra_client.text import display

        if display(f"a{char}") == f"a{char}":
            return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def commands(self) -> list[list[str]]:
        found: list[list[str]] = [[]]
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in ";\n":
                found.append([])
                self._at += 1
            elif char in " \t\r":
                self._at += 1
            elif char == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            else:
                found[-1].append(self._word())
        return [words for words in found if words]

    def _word(self) -> str:
        parts = []
        while self._at < len(self._text) and (char := self._text[self._at]) not in " \t\r\n;":
            if char == "'":
                parts.append(self._until("'"))
            elif char == '"':
                parts.append(self._double())
            elif self._text.startswith("$'", self._at):
                parts.append(self._dollar())
            elif char == "\\":
                parts.append(self._backslash())
            else:
                parts.append(char)
                self._at += 1
        return "".join(parts)

    def _backslash(self) -> str:
        char = self._text[self._at + 1 : self._at + 2]
        self._at += 2
        return "" if char == "\n" else char or "\\"

    def _until(self, end: str) -> str:
        start = self._at + 1
        stop = self._text.find(end, start)
        if stop < 0:
            raise self._unended(end)
        self._at = stop + 1
        return self._text[start:stop]

    def _double(self) -> str:
        kept = []
        at = self._at + 1
        while at < len(self._text) and (char := self._text[at]) != '"':
            follower = self._text[at + 1 : at + 2]
            if char == "\\" and follower and follower in '$`"\\\n':
                kept.append("" if follower == "\n" else follower)
                at += 2
            else:
                kept.append(char)
                at += 1
        if at >= len(self._text):
            raise self._unended('"')
        self._at = at + 1
        return "".join(kept)

    def _dollar(self) -> str:
        kept = bytearray()
        at = self._at + 2
        while at < len(self._text) and (char := self._text[at]) != "'":
            follower = self._text[at + 1 : at + 2]
            if char != "\\":
                kept += char.encode("utf-8", "surrogateescape")
                at += 1
            elif follower == "x":
                digits = self._text[at + 2 : at + 4]
                kept.append(self._hex(digits))
                at += 2 + len(digits)
            elif follower in _ESCAPES and follower:
                kept.append(_ESCAPES[follower])
                at += 2
            else:
                raise SutraError(INVALID, f"unknown escape \\{follower} within $'...'", r"\\ \' \n \t \r \e and \xNN are known")
        if at >= len(self._text):
            raise self._unended("$'")
        self._at = at + 1
        return kept.decode("utf-8", "surrogateescape")

    def _hex(self, digits: str) -> int:
        if len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
            return int(digits, 16)
        raise SutraError(INVALID, f"\\x{digits} within $'...' needs two hexadecimal digits")

    def _unended(self, mark: str) -> SutraError:
        from sutra_client.text import display

        rest = display(self._text[self._at :], 60)
        return SutraError(INVALID, f"the quote {mark} never ends: {rest}", "end it, or put a backslash before it")
