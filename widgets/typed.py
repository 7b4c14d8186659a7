"""What a terminal sends, made into Textual's messages: keys, mouse reports and pastes.

What is no key of any terminal is dropped, so that line noise, late answers and broken sequences never become the keys that their
letters are. Reading never waits for the end of anything: an unfinished sequence ends with silence.
"""

import codecs
import re
from collections.abc import Iterator

from textual import events, messages
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message

PASTE_MOST = 4096
"""Characters of one paste; the rest of it is dropped."""
_LONGEST = 64
"""Characters of a sequence; of a longer one only the end is waited for."""

_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
_CONTROL = re.compile(r"\x1b\[\[[A-E]|\x1b\[M[^\x1b]{3}|\x1b\[(?!M)[0-?]*[ -/]*[@-Z\\-~]|\x1bO[!-~]")
_BEGUN = re.compile(r"\x1b(?:\[(?:\[|M[^\x1b]{0,2}|[0-?]*[ -/]*)|O)?\Z")
_BROKEN = re.compile(r"\x1b(?:\[\[?[0-?]*[ -/]*|O)")
_STRING = re.compile(r"\x1b[\]PX^_]")
_STRING_END = re.compile(r"\x07|\x1b\\|[\x18\x1a]|\x1b(?=[^\\])")
_MOUSE = re.compile(r"\x1b\[<\d{1,4};\d{1,5};\d{1,5}[Mm]")
_CODEPOINT = re.compile(r"\x1b\[\d{1,6}(?:;\d{1,2})?u")
_SYNCHRONIZES = re.compile(r"\x1b\[\?2026;[1-4]\$y")


class Typed:
    """`feed` gives what came; call `silence` when nothing has come for a while, for as long as `unfinished`."""

    def __init__(self) -> None:
        self._parser = XTermParser()
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._held = ""
        self._paste: list[str] | None = None
        self._pasted = 0
        self._in_string = False

    @property
    def unfinished(self) -> bool:
        """A sequence has begun whose end did not come yet."""
        return self._paste is None and (bool(self._held) or self._in_string)

    @property
    def pasting(self) -> bool:
        return self._paste is not None

    def feed(self, data: bytes) -> Iterator[Message]:
        text, self._held = self._held + self._decode(data), ""
        while text:
            if self._paste is not None:
                text, ended = self._more_paste(self._paste, text)
                if ended:
                    yield from self.end_paste()
            elif self._in_string:
                text = self._skip_string(text)
            elif text[0] != "\x1b":
                plain, escape, rest = text.partition("\x1b")
                text = escape + rest
                for char in plain:
                    yield from self._keys(char)
            else:
                found, text = self._take(text)
                if found == _PASTE_START:
                    self._paste, self._pasted = [], 0
                elif found:
                    yield from self._known(found)

    def silence(self) -> Iterator[Message]:
        """What had begun has no end: a lone ESC is the key, the rest is dropped. A paste goes on."""
        if self._paste is None:
            held, self._held, self._in_string = self._held, "", False
            if held:
                yield from self._known(held)

    def end_paste(self) -> Iterator[Message]:
        """Also for a paste whose end got lost. Only printable text and newlines: what else a clipboard holds is there to deceive."""
        if self._paste is not None:
            text = "".join(self._paste).replace("\r\n", "\n").replace("\r", "\n")
            self._held, self._paste = "", None
            yield events.Paste("".join(char for char in text if char.isprintable() or char in "\n\t"))

    def _take(self, text: str) -> tuple[str, str]:
        """The sequence that `text` begins with, "" where it is broken, begun or skipped, and what follows it."""
        if found := _CONTROL.match(text):
            return found[0], text[found.end() :]
        if _BEGUN.fullmatch(text):
            self._held = text if len(text) <= _LONGEST else "\x1b[?"
            return "", ""
        if string := _STRING.match(text):
            self._in_string = True
            return "", text[string.end() :]
        if broken := _BROKEN.match(text):
            return "", text[broken.end() :]
        if text[1] == "\x1b":
            return "\x1b", text[1:]
        return text[:2], text[2:]

    def _known(self, sequence: str) -> Iterator[Message]:
        if sequence == "\x1b":
            yield events.Key("escape", "\x1b")
        elif sequence in ANSI_SEQUENCES_KEYS or _CODEPOINT.fullmatch(sequence):
            yield from self._keys(sequence)
        elif _MOUSE.fullmatch(sequence):
            if mouse := self._parser.parse_mouse_code(sequence):
                yield mouse
        elif _SYNCHRONIZES.fullmatch(sequence):
            yield messages.TerminalSupportsSynchronizedOutput()
        elif len(sequence) == 2 and sequence[1].isprintable():
            yield from self._keys(sequence[1], alt=True)

    def _keys(self, sequence: str, alt: bool = False) -> Iterator[Message]:
        if "\x80" <= sequence < "\xa0":
            return
        for key in self._parser._sequence_to_key_events(sequence, alt=alt):
            if key.key != Keys.Ignore:
                yield key

    def _more_paste(self, paste: list[str], text: str) -> tuple[str, bool]:
        """What follows the paste, and whether it has ended."""
        piece, end, rest = text.partition(_PASTE_END)
        if not end:
            # The end may be cut in two by the read.
            begun = next((size for size in range(len(_PASTE_END) - 1, 0, -1) if text.endswith(_PASTE_END[:size])), 0)
            piece, self._held = text[: len(text) - begun], text[len(text) - begun :]
        piece = piece[: PASTE_MOST - self._pasted]
        self._pasted += len(piece)
        paste.append(piece)
        return rest, bool(end)

    def _skip_string(self, text: str) -> str:
        end = _STRING_END.search(text)
        if end is None:
            self._held = "\x1b" if text.endswith("\x1b") else ""
            return ""
        self._in_string = False
        return text[end.end() :] if end[0] != "\x1b" else text[end.start() :]
