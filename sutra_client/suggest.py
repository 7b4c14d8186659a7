"""What was probably meant by a word that is not known."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_LISTED = 40


def unknown(kind: str, word: str, known: "Iterable[str]", also: "Iterable[str]" = ()) -> tuple[str, str]:
    """(message, hint) for a word that is no `kind`: the nearest known one, or of `also`, which is not listed, and all that would do."""
    from sutra_client.text import display

    names = sorted(known)
    near = nearest(word, [*names, *also])
    hint = f"did you mean {near}? " if near else ""
    listed = ", ".join(names[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")
    return f"there is no {kind} '{display(word, 80)}'", hint + (f"there are: {listed}" if names else "there are none")


def nearest(word: str, known: "Iterable[str]") -> str:
    """The known word that takes the fewest edits, at most a third of its letters; empty when none is near."""
    best, least = "", max(len(word) // 3, 1) + 1
    for name in known:
        if name.startswith(word) and word:
            return name
        edits = _edits(word[:40], name)
        if edits < least:
            best, least = name, edits
    return best


def _edits(one: str, other: str) -> int:
    """Damerau's distance with adjacent swaps."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
