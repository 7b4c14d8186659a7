"""What of a value one peer may see: the schema's `sees`, kept here once for every service."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, get_args

import msgspec

from services.core.peer import OPERATOR, Peer
from services.core.where import Predicate
from sutra_client import errors
from sutra_client.errors import SutraError

ALL, OWN = "all", "own"
Sees = Mapping[type[msgspec.Struct], Mapping[str, str]]
"""Of each type with fields that are not for everyone, who may see which; as runtime.Service has it."""


class Eyes:
    """One peer, as far as it decides what it sees and may. All of it is as at its accept; groups are looked up by name once."""

    def __init__(self, who: Peer) -> None:
        self.who = who
        self.roles = who.roles
        self.everything = who.trusted
        """Whether nothing is hidden from it: it could ask the host itself all that the service can."""
        self.operator = OPERATOR in self.roles
        self._member: dict[str, bool] = {}

    def sees(self, rule: str, uid: int | None) -> bool:
        """`rule` is all, own or group:<name>; `uid` says whose the row is, None where that is not known."""
        if rule == OWN:
            return self.operator or (uid is not None and uid == self.who.uid)
        return rule == ALL or self.member(rule)

    def member(self, rule: str) -> bool:
        """Whether group:<name> lets this peer see; a group that this host lacks lets in nobody but root and the service's own user."""
        if rule not in self._member:
            self._member[rule] = self.everything or self.who.in_group(rule.removeprefix("group:"))
        return self._member[rule]

    def key(self, rules: Iterable[str]) -> tuple[object, ...]:
        """Equal for peers to whom these rules show the same of everything."""
        whose = self.who.uid if OWN in rules and not self.operator else None
        return whose, *sorted(rule for rule in rules if rule not in (ALL, OWN) and self.member(rule))


class Mask:
    """Which fields of a type, and of what it holds, are not for everyone. `rules` is empty where all of them are."""

    def __init__(self, kind: Any, sees: Sees) -> None:
        self._sees = sees
        self._parts: dict[type[msgspec.Struct], tuple[tuple[str, str, bool], ...]] = {}
        """Of each type that something is hidden in: field, rule, and whether to look into its value."""
        found: dict[type[msgspec.Struct], dict[str, Any]] = {}
        if sees:
            _collect(kind, found)
        hiding = {struct for struct in found if struct in sees}
        while more := {s for s, of in found.items() if s not in hiding and any(hiding & _structs(held) for held in of.values())}:
            hiding |= more
        for struct in hiding:
            own = sees.get(struct, {})
            parts = [(name, own.get(name, ALL), bool(hiding & _structs(held))) for name, held in found[struct].items()]
            self._parts[struct] = tuple(part for part in parts if part[1] != ALL or part[2])
        self.rules = frozenset(rule for parts in self._parts.values() for _, rule, _ in parts if rule != ALL)

    def seen(self, value: Any, eyes: Eyes, whose: int | None = None) -> Any:
        """`value`, or a copy without what these eyes may not see. An object without a uid belongs to the owner of what it is in."""
        if isinstance(value, list):
            return [self.seen(item, eyes, whose) for item in value]
        if isinstance(value, dict):
            return {name: self.seen(item, eyes, whose) for name, item in value.items()}
        parts = self._parts.get(type(value))
        if parts is None:
            return value
        whose = getattr(value, "uid", whose)
        changes: dict[str, Any] = {}
        for name, rule, deep in parts:
            held = getattr(value, name)
            if held is None:
                continue
            if not eyes.sees(rule, whose):
                changes[name] = None
            elif deep and (shown := self.seen(held, eyes, whose)) != held:
                changes[name] = shown
        return msgspec.structs.replace(value, **changes) if changes else value


def _structs(kind: Any) -> set[type[msgspec.Struct]]:
    """The types with fields that a value of this type can be, or hold in lists and maps."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {kind}
    return set().union(*map(_structs, get_args(kind)))


def _collect(kind: Any, found: dict[type[msgspec.Struct], dict[str, Any]]) -> None:
    for struct in _structs(kind):
        if struct not in found:
            fields = found[struct] = {field.name: field.type for field in msgspec.structs.fields(struct)}
            for held in fields.values():
                _collect(held, found)


class Sight:
    """How one peer, and every other with the same `key`, sees the values of one method or stream."""

    def __init__(self, rule: str, mask: Mask, eyes: Eyes) -> None:
        self._rule = rule
        self._mask = mask
        self._eyes = eyes

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Two sights with equal keys show the same of everything."""
        return self._eyes.key({self._rule} | self._mask.rules)

    def row(self, row: Any) -> Any:
        """The row without what is hidden; None where it is not shown at all."""
        if self._rule == OWN and not self._eyes.sees(OWN, row.uid):
            return None
        return self._mask.seen(row, self._eyes)

    def rows(self, rows: Iterable[Any]) -> list[Any]:
        """Those that are shown."""
        return [shown for row in rows if (shown := self.row(row)) is not None]

    def result(self, value: Any, name: str) -> Any:
        """What a method answered, others' items left out; raises SutraError DENIED where the answer as a whole is another's."""
        if self._rule == OWN and value is not None:
            if isinstance(value, list):
                return self.rows(value)
            if isinstance(value, dict):
                return {key: shown for key, item in value.items() if (shown := self.row(item)) is not None}
            if not self._eyes.sees(OWN, value.uid):
                raise SutraError(errors.DENIED, f"{name}: it is another user's, whom it is shown to and to operators alone")
        return self._mask.seen(value, self._eyes)


class Lens:
    """What of one method's or stream's values is not for everyone, found out at its first use."""

    def __init__(self, rule: str, kinds: tuple[Any, ...], sees: Sees) -> None:
        self._rule = rule
        self._kind: Any = tuple[kinds]  # type: ignore[valid-type]
        self._sees = sees
        self._mask: Mask | None = None

    def sight(self, eyes: Eyes) -> Sight | None:
        """None where these eyes see everything, which then costs nothing."""
        if eyes.everything:
            return None
        if self._mask is None:
            self._mask = Mask(self._kind, self._sees)
        return Sight(self._rule, self._mask, eyes) if self._rule == OWN or self._mask.rules else None


def through(sight: Sight | None, predicate: Predicate | None, row: Any) -> Any:
    """The row as the peer sees it, None where it does not: `where` is asked of what is seen, so that it tells nothing of what is not."""
    if row is not None and sight is not None:
        row = sight.row(row)
    return row if row is not None and (predicate is None or predicate(row)) else None
