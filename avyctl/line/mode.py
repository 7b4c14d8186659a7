"""Line mode: the same host in numbered lines and a prompt, for a dumb terminal, a braille reader, expect or a pipe.

Nothing but printable text and newlines is written, ever. What it lists, and how, comes from the schemas: a new service needs nothing here.
"""

import os
from collections.abc import Callable
from typing import Protocol

from avyctl.line import home
from avyctl.line.interrupts import Interrupted, Interrupts
from avyctl.line.menu import Menu
from avyctl.line.paper import Paper
from avyctl.line.reader import LineReader
from avyctl.line.source import Row, Source, arguments, lists
from avyctl.line.view import Rows, View
from avyctl.wiring import service
from sutra_client import command, equivalent, runtime, schema, words
from sutra_client.anything import Anything
from sutra_client.command import Invocation
from sutra_client.errors import INVALID, UNSUPPORTED, SutraError
from sutra_client.gen.system import SystemClient

DEADLINE = 10.0
"""Seconds that a service gets to answer in."""
_GLANCE = 3.0
"""The same for one of the services that home asks for their findings: it waits for the slowest."""
INTERRUPTED = 130

_HELP = (
    "NUMBER WORDS     at home: open that pane, with WORDS as filter or without",
    "NUMBER           in a list: all about that row",
    "NUMBER VERB      in a list: what that verb does, done with that row",
    "NOUN WORDS       open the list of that service",
    "NOUN VERB ...    any one-shot command; in a list of NOUN just VERB ...",
    "findings         what needs attention; in a list: of its service",
    "list, r          read again",
    "filter WORDS     word !word field:word field=value field>5; none: all rows",
    "sort FIELD desc  with desc from the largest down; none: as it was",
    "next, Enter      the next page",
    "watch            rows as they change, until Enter or Ctrl+C",
    "back, home       to the list before; to the beginning",
    "help NOUN VERB   about a command; without words these lines",
    "quit, q          leave; so do the end of input, and Ctrl+C twice",
)
_QUIT = ("quit", "q")
_OUTSIDE = ("call", "help", "info", "introspect", "monitor", "sutra", "version")
"""Commands that are no nouns and print something to read."""


class Services(Protocol):
    """What line mode needs of avyctl/reach.py."""

    def connection(self, stem: str) -> runtime.Connection: ...
    def you(self) -> str: ...


class Commands(Protocol):
    """One-shots, as avyctl/commands.py runs them."""

    async def run(self, line: str, say: Callable[[list[str]], None]) -> int: ...


class LineMode:
    """One conversation."""

    def __init__(
        self, services: Services, commands: Commands, paper: Paper, reader: LineReader, *, terminal: bool = False, seconds: float = DEADLINE
    ) -> None:
        """`terminal`: who types sees it, and may mean Ctrl+C for what is being done alone. A service has `seconds` to answer in."""
        self._services = services
        self._commands = commands
        self._paper = paper
        self._reader = reader
        self._terminal = terminal
        self._seconds = seconds
        self._menu = Menu()
        self._views: list[View] = []
        """What was opened, the present one last; none at home."""
        self._clients: dict[str, Anything] = {}

    async def talk(self, interrupts: Interrupts) -> int:
        """Until quit, the end of input, or Ctrl+C at the prompt, which a terminal takes twice. The exit code."""
        line: str | None = self._menu.home.name
        while line is not None and line not in _QUIT:
            try:
                line = await interrupts.run(self._answer(line))
            except Interrupted:
                self._paper.say("", "interrupted")
                if not self._terminal:
                    return INTERRUPTED
                line = ""
            if line == "":
                try:
                    line = await self._ask(interrupts)
                except Interrupted:
                    return INTERRUPTED
        return 0

    async def _ask(self, interrupts: Interrupts) -> str | None:
        warned = False
        while True:
            self._paper.prompt(" ".join(["avyctl", *(view.source.title for view in self._views[-1:])]))
            try:
                line = await interrupts.run(self._reader.line())
            except Interrupted:
                self._paper.end_line()
                if warned or not self._terminal:
                    raise
                self._paper.say("Ctrl+C again, or quit, leaves avyctl.")
                warned = True
                continue
            if line is None or not self._terminal:
                self._paper.end_line()
            return line

    async def _answer(self, line: str) -> str | None:
        """Does what the line says; what was typed meanwhile and is to be done next, empty as a rule, None at the end of input."""
        try:
            return await self._do(line)
        except SutraError as error:
            self._paper.error(error)  # what cannot be written raises again here, and ends it
            return ""

    async def _do(self, line: str) -> str | None:
        line = line.removeprefix("avyctl ").lstrip()
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        if line:
            if word != "next":
                self._paper.drop()
            view = self._views[-1] if self._views else None
            if rest == "" and await self._plain(word, view):
                return ""
            if view is not None and line == "watch":
                return await view.watch(self._reader)
            if not (view is not None and await self._in_list(view, word, rest)):
                await self._open(word, rest)
        elif self._paper.waiting:
            self._paper.turn()
        return ""

    async def _plain(self, word: str, view: View | None) -> bool:
        """Words that stand alone; whether it was one."""
        match word:
            case "help" | "?":
                self._paper.say(*_HELP, self._menu.line())
            case "next":
                self._paper.turn() if self._paper.waiting else self._paper.say("That was the last page.")
            case "list" | "r" if view is not None:
                await view.read()
            case "back" if len(self._views) > 1:
                self._views.pop()
                self._views[-1].show()
            case "home" | "back" | "list" | "r":
                await self._home()
            case "findings" if view is None:
                await self._show(self._findings(), "", beside=False)
            case _ if self._menu.is_home(word, numbers=view is None):
                await self._home()
            case _:
                return False
        return True

    async def _in_list(self, view: View, word: str, rest: str) -> bool:
        """What a list is asked for; whether it was that."""
        row = view.row(word)
        if row is not None and rest:
            await self._with_row(view.source, row, rest)
        elif row is not None:
            await view.detail(row)
        elif word == "filter":
            view.filter(rest)
        elif word == "sort":
            view.sort(rest)
        elif isinstance(view.source, Source) and _is_verb(view.source.schema, word):
            await self._verb(view.source.noun, f"{word} {rest}")
        else:
            return False
        return True

    async def _open(self, word: str, rest: str) -> None:
        """What the menu has, or any other command."""
        nouns = self._menu.nouns(word, numbers=not self._views)
        if not nouns and word in _OUTSIDE:
            await self._run(f"{word} {rest}")
        elif not nouns:
            self._paper.say(f"no such command or number: {word}", "help tells which there are")
        elif word in nouns and (rest.startswith("-") or _is_verb(schema.load(word), rest.partition(" ")[0])):
            await self._verb(word, rest)
        else:
            await self._pane(nouns, rest)

    async def _pane(self, nouns: list[str], text: str) -> None:
        """The first of these lists that this host has."""
        for noun in nouns:
            try:
                await self._show(self._source(Invocation(*self._main(noun), {})), text, beside=False)
            except SutraError as error:
                if error.code != UNSUPPORTED or noun == nouns[-1]:
                    raise
                self._paper.error(error)
                continue
            others = [other for other in nouns if other != noun]
            if others:
                self._paper.say(f"also here: {', '.join(others)}")
            return

    async def _verb(self, noun: str, text: str) -> None:
        """A list opens beside the present one when it is of the same service; all else is a one-shot."""
        of = schema.load(noun)
        commands = words.split(text)
        try:
            asked = command.parse(of, commands[0]) if len(commands) == 1 else None
        except SutraError:
            asked = None  # options of all commands are a one-shot's, and so is what is wrong
        if asked is not None and lists(of, asked.entry):
            present = self._views[-1].source if self._views else None
            await self._show(self._source(asked), "", beside=isinstance(present, Source) and present.noun == noun)
        else:
            await self._run(f"{noun} {text}")

    async def _with_row(self, source: Rows, row: Row, rest: str) -> None:
        """A verb whose arguments begin with what identifies the row; raises SutraError INVALID where it takes none of that."""
        typed = next(iter(words.split(rest)), [])
        verb = command.find_verb(source.schema, typed)
        args = arguments(source.schema, source.schema.entries[verb], source.kind, row)
        if not args:
            raise SutraError(INVALID, f"{source.title}: {verb} is not done with a row", f"{verb} alone does it")
        call = equivalent.words(source.schema, verb, args)
        await self._verb(source.schema.noun, words.join([*call[1:], *typed[len(verb.split()) :]]))

    async def _run(self, line: str) -> None:
        """A one-shot, which says itself how it went; raises SutraError INVALID for what can be no argument of a program."""
        try:
            whole = b"\0" not in os.fsencode(line)
        except UnicodeEncodeError:
            whole = False
        if not whole:
            raise SutraError(INVALID, f"{line}: this cannot be handed to a command", "type it without what is shown as \\x here")
        await self._commands.run(line.strip(), lambda lines: self._paper.say(*(text.expandtabs() for text in lines)))

    async def _show(self, source: Rows, text: str, *, beside: bool) -> None:
        """Opens a list; where it cannot be read one stays where one was."""
        view = View(source, self._paper)
        view.filter(text, shown=False)
        await view.read()
        self._views = [*self._views, view] if beside else [view]

    async def _home(self) -> None:
        self._views = []
        rows = await self._findings().rows()
        try:
            system = SystemClient(self._services.connection("system"))
            self._paper.say(*await home.overview(system, self._services.you, [home.finding(row) for row in rows], self._seconds))
        except SutraError as error:
            self._paper.error(error)
        self._paper.say(self._menu.line(), f"by name: {', '.join(self._menu.more())}")

    def _findings(self) -> home.Findings:
        known = [schema.load(noun) for noun, (stem, _) in schema.nouns().items() if stem in self._menu.stems]
        asked = [Invocation(of, "findings", {}) for of in known if "findings" in of.entries]
        return home.Findings([self._source(each, min(self._seconds, _GLANCE)) for each in asked], self._paper.error)

    def _main(self, noun: str) -> tuple[schema.Schema, str]:
        """The list that a noun opens: `list`, else its first table. Raises SutraError UNSUPPORTED for a service without."""
        of = schema.load(noun)
        verbs = [verb for verb, entry in of.entries.items() if entry[0] == "table" or (verb == "list" and lists(of, entry))]
        if not verbs:
            raise SutraError(UNSUPPORTED, f"{noun} has no list", "its verbs: " + ", ".join(of.entries))
        return of, "list" if "list" in verbs else verbs[0]

    def _source(self, asked: Invocation, seconds: float = 0) -> Source:
        stem = schema.nouns()[asked.schema.noun][0]
        if stem not in self._clients:
            self._clients[stem] = Anything(self._services.connection(stem), service(stem).schema)
        return Source(self._clients[stem], asked, seconds or self._seconds)


def _is_verb(of: schema.Schema, word: str) -> bool:
    return any(verb == word or verb.startswith(f"{word} ") for verb in of.entries if word)
