"""Writes what is made of methods and streams: their descriptions, the Protocol and the client."""

from tools.apigen.layout import WIDTH, bracket, docstring, quote
from tools.apigen.model import Method, Schema, Stream
from tools.apigen.names import camel, constant
from tools.apigen.notation import Notation, argument_docs

_NO_ARGS = {"table": "runtime.TableArgs", "samples": "runtime.SamplesArgs"}
_EVENTS = {"table": "TableEvent", "samples": "SamplesEvent", "log": "LogEvent", "operation": "OperationEvent"}
_IMPLICIT = {
    "table": (("where", "events.Where", "events.NO_WHERE"), ("fields", "list[str]", "events.NO_FIELDS")),
    "samples": (("since", "int | None", "None"),),
}
"""Name, annotation and default of the arguments that every stream of a kind has first."""


def args_name(call: Method | Stream) -> str:
    """The Struct that holds the arguments of `call`."""
    if call.ins:
        return f"_{camel(call.name)}Args"
    return _NO_ARGS.get(call.kind, "runtime.NoArgs") if isinstance(call, Stream) else "runtime.NoArgs"


def declarations(call: Method | Stream, notation: Notation) -> list[str]:
    """All arguments as a signature or a Struct declares them; the implicit ones have no default before one that has none."""
    required = any(field.required for field in call.ins)
    implicit = [f"{name}: {kind}" + ("" if required else f" = {default}") for name, kind, default in _implicit(call)]
    return implicit + [notation.declaration(field) for field in call.ins]


def constants(schema: Schema, notation: Notation) -> list[str]:
    """`_START: runtime.Call[...] = runtime.Call(...)` for each method and stream."""
    lines: list[str] = []
    for method in schema.methods:
        args, out = args_name(method), notation.annotation(method.out)
        parts = [str(method.opcode), quote(method.name), args, out]
        parts += [f"role={quote(method.role)}"] if method.role != "reader" else []
        parts += ["changes=True"] if method.changes else []
        parts += [f"sees={quote(method.sees)}"] if method.sees != "all" else []
        lines += bracket(f"_{constant(method.name)}: runtime.Call[{args}, {out}] = runtime.Call(", parts, ")", 0)
    for stream in schema.streams:
        lines += _stream_constant(stream, notation)
    return lines


def protocol(schema: Schema, notation: Notation) -> list[str]:
    """The class that a backend implements and a client satisfies."""
    doc = f"{schema.doc.rstrip('.')}. A backend implements it, a client is one."
    lines = [f"class {camel(schema.name)}(Protocol):", *docstring([doc], 4)]
    for call in schema.calls:
        lines += ["", *_signature(call, notation), *docstring([call.doc], 8, argument_docs(call))]
    return lines


def client(schema: Schema, notation: Notation) -> list[str]:
    """The Protocol over a connection."""
    name = camel(schema.name)
    lines = [f"class {name}Client:", f'    """{name} over a connection; every call and stream can raise SutraError."""', ""]
    lines += ["    def __init__(self, connection: runtime.Connection) -> None:", "        self._connection = connection"]
    for method in schema.methods:
        before = "return await " if method.out else "await "
        lines += ["", *_signature(method, notation), *_forward(method, f"{before}self._connection.call")]
    for stream in schema.streams:
        lines += ["", *_signature(stream, notation), *_forward(stream, f"return self._connection.{stream.kind}")]
    return lines


def _stream_constant(stream: Stream, notation: Notation) -> list[str]:
    args, row = args_name(stream), notation.annotation(stream.row)
    parts = [str(stream.opcode), quote(stream.name), quote(stream.kind), args, row]
    kind, types = "runtime.Stream", f"{args}, {row}"
    if stream.key:
        parts.append("key=(" + ", ".join(quote(name) for name in stream.key) + (",)" if len(stream.key) == 1 else ")"))
    if stream.kind == "operation":
        result = notation.annotation(stream.result)
        kind, types = "runtime.OperationStream", f"{types}, {result}"
        parts.append(f"result={result}")
    parts += [f"role={quote(stream.role)}"] if stream.role != "reader" else []
    parts += [f"sees={quote(stream.sees)}"] if stream.sees != "all" else []
    return bracket(f"_{constant(stream.name)}: {kind}[{types}] = {kind}(", parts, ")", 0)


def _signature(call: Method | Stream, notation: Notation) -> list[str]:
    arguments = ["self", *declarations(call, notation)]
    if isinstance(call, Method):
        return bracket(f"async def {call.name}(", arguments, f") -> {notation.annotation(call.out)}:", 4)
    types = notation.annotation(call.row)
    types += f", {notation.annotation(call.result)}" if call.kind == "operation" else ""
    return bracket(f"def {call.name}(", arguments, f") -> AsyncIterator[events.{_EVENTS[call.kind]}[{types}]]:", 4)


def _forward(call: Method | Stream, function: str) -> list[str]:
    values = [name for name, _, _ in _implicit(call)] + [field.name for field in call.ins]
    constructed = f"{args_name(call)}({', '.join(values)})"
    line = f"{function}(_{constant(call.name)}, {constructed})"
    if len(line) + 8 <= WIDTH:
        return [f"        {line}"]
    lines = bracket(f"arguments = {args_name(call)}(", values, ")", 8)
    return [*lines, f"        {function}(_{constant(call.name)}, arguments)"]


def _implicit(call: Method | Stream) -> tuple[tuple[str, str, str], ...]:
    return _IMPLICIT.get(call.kind, ()) if isinstance(call, Stream) else ()
