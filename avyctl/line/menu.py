"""What can be opened, and by which words: panes by number and name, services by noun."""

from avyctl.panes import KINDS, Kind
from sutra_client import schema


class Menu:
    """The first pane is home; of the others those that list something are here."""

    def __init__(self, kinds: tuple[Kind, ...] = KINDS) -> None:
        self._nouns = {stem: noun for noun, (stem, _) in schema.nouns().items()}
        self.home = kinds[0].pane
        self._kinds = [kind for kind in kinds[1:] if kind.services]
        self.stems = [stem for kind in kinds for stem in kind.services]
        """Services whose findings count for the host."""

    def line(self) -> str:
        """The panes with a number."""
        panes = [self.home, *(kind.pane for kind in self._kinds)]
        return "  ".join(f"{pane.key} {pane.short.lower()}" for pane in panes if pane.key)

    def more(self) -> list[str]:
        """Nouns that no pane with a number opens first."""
        opened = {self._nouns[kind.services[0]] for kind in self._kinds if kind.pane.key}
        return sorted(noun for noun in self._nouns.values() if noun not in opened)

    def nouns(self, word: str, numbers: bool) -> list[str]:
        """Those that a word opens, the first of them at once; none for a word that opens nothing. `numbers`: panes by their key too."""
        word = word.casefold()
        if word in self._nouns.values():
            return [word]
        for pane, stems in self._kinds:
            if word in (pane.short.casefold(), pane.full.casefold(), pane.name) or (numbers and word == pane.key):
                return [self._nouns[stem] for stem in stems]
        return []

    def is_home(self, word: str, numbers: bool) -> bool:
        pane = self.home
        return word.casefold() in (pane.short.casefold(), pane.full.casefold(), pane.name) or (numbers and word == pane.key)
