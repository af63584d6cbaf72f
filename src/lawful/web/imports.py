r"""What a module imports and exports, and what it is without that.

    import { a as b } from "./x.js"; export const c = b;   ->   {b: x.a}, {c}, const c = b;

Our own modules use a part of the language on purpose; what is beyond it (`export *`,
`export let`, `import()`, `import.meta`, `await` outside a function, addresses of others) is
refused, never guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lawful.refusal import Refusal
from lawful.web.javascript import Word, words


@dataclass
class Module:
    """One file, understood.

    Attributes
    ----------
    name
        Its path inside `static`, with slashes.
    body
        Its text without imports and exports.
    imports
        For each import: the module, and local names by exported ones ("*" for all).
    exports
        Local names, or (module, name) for what is passed on, by exported ones.
    """

    name: str
    body: str = ""
    imports: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    exports: dict[str, str | tuple[str, str]] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[str, ...]:
        """The modules that come before this one."""
        passed = [given[0] for given in self.exports.values() if isinstance(given, tuple)]
        return tuple(dict.fromkeys([name for name, _ in self.imports] + passed))


def understood(text: str, name: str) -> Module:
    r"""A module's imports and exports, and the rest of its text.

    Raises
    ------
    Refusal
        For a statement beyond what is understood.

    Examples
    --------
    >>> one = understood('import { a as b } from "./x.js";\nexport const c = b;', "lib/y.js")
    >>> one.imports, one.exports, one.body.strip()
    ([('lib/x.js', {'a': 'b'})], {'c': 'c'}, 'const c = b;')
    """
    return _Statements(text, name).read()


class _Statements:
    """Walks over the words of a module and takes imports and exports out."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.made = text, Module(name)
        self.words = words(text, name)
        self.at = 0
        self.cuts: list[tuple[int, int, str]] = []

    def read(self) -> Module:
        while self.at < len(self.words):
            word = self.words[self.at]
            if word.kind == "name" and not self._is_property():
                if word.text == "import":
                    self._import(word)
                    continue
                if word.text == "export":
                    self._export(word)
                    continue
                if word.text == "await" and word.depth == 0:
                    raise self._refusal(word, "await outside a function")
            self.at += 1
        self.made.body = self._rest()
        return self.made

    def _rest(self) -> str:
        out, last = [], 0
        for start, end, instead in self.cuts:
            out += [self.text[last:start], instead]
            last = end
        return "".join([*out, self.text[last:]])

    def _is_property(self) -> bool:
        """`x.import` and `{ import: 1 }` are names like any other."""
        before = self.words[self.at - 1].text if self.at else ""
        after = self._peek(1)
        return before in (".", "?.") or (after is not None and after.text == ":")

    # imports

    def _import(self, word: Word) -> None:
        after = self._peek(1)
        if word.depth or after is None or after.text in ("(", "."):
            raise self._refusal(word, "an import that is no statement at the top")
        self.at += 1
        names: dict[str, str] = {}
        if not self._is_string():
            if self._now().kind == "name":
                names["default"] = self._name()
                if self._now().text == ",":
                    self._sign(",")
            if self._now().text == "*":
                self._sign("*")
                self._sign("as")
                names["*"] = self._name()
            elif self._now().text == "{":
                names |= dict(self._listed())
            self._sign("from")
        self.made.imports.append((self._source(), names))
        if "*" in names and len(names) > 1:
            raise self._refusal(word, "an import of all and of one")
        self._cut(word.start, self._statement_end())

    def _listed(self) -> Iterator[tuple[str, str]]:
        """{ a, b as c }."""
        self._sign("{")
        while self._now().text != "}":
            first = self._name()
            second = first
            if self._now().text == "as":
                self._sign("as")
                second = self._name()
            yield first, second
            if self._now().text != "}":
                self._sign(",")
        self._sign("}")

    def _source(self) -> str:
        word = self._now()
        if not self._is_string():
            raise self._refusal(word, f"{word.text[:40]!r} where a module's address belongs")
        self.at += 1
        return self._resolved(word)

    def _resolved(self, word: Word) -> str:
        address = word.text[1:-1]
        if not re.fullmatch(r"\.{1,2}/[\w./-]+\.js", address):
            raise self._refusal(
                word, f"the address {address!r}; ours begin with ./ and end with .js"
            )
        parts: list[str] = list(PurePosixPath(self.made.name).parent.parts)
        for part in address.split("/"):
            if part == "..":
                if not parts:
                    raise self._refusal(word, f"the address {address!r}, outside the package")
                parts.pop()
            elif part not in (".", ""):
                parts.append(part)
        return "/".join(parts)

    # exports

    def _export(self, word: Word) -> None:
        if word.depth:
            raise self._refusal(word, "an export that is no statement at the top")
        self.at += 1
        first = self._now()
        if first.text == "{":
            self._export_list(word)
        elif first.text == "default":
            self._export_default(word)
        elif first.text == "const":
            self._cut(word.start, first.start)
            self.at += 1
            self._give(self._name(), word)
        elif first.text in ("function", "class", "async"):
            self._cut(word.start, first.start)
            self._give(self._declared(), word)
        else:
            raise self._refusal(word, f"export {first.text}")

    def _export_list(self, word: Word) -> None:
        given = list(self._listed())
        source = None
        if self._peek(0) is not None and self._now().text == "from":
            self._sign("from")
            source = self._source()
        for local, shown in given:
            self._give(shown, word, local if source is None else (source, local))
        self._cut(word.start, self._statement_end())

    def _export_default(self, word: Word) -> None:
        self.at += 1
        first = self._now()
        if first.text in ("function", "class", "async"):
            start = self.at
            name = self._declared(nameless=True)
            if name:
                self._cut(word.start, first.start)
                self._give("default", word, name)
                return
            self.at = start
        self._cut(word.start, first.start, "const lawful$default = ")
        self._give("default", word, "lawful$default")

    def _declared(self, nameless: bool = False) -> str:
        """The name of a function or class whose first word is here; "" where it has none."""
        if self._now().text == "async":
            self._sign("async")
            if self._now().text != "function":
                if nameless:
                    return ""
                raise self._refusal(self._now(), "export async without a function")
        self.at += 1
        if self._now().text == "*":
            self._sign("*")
        if nameless and (self._now().kind != "name" or self._now().text == "extends"):
            return ""
        return self._name()

    def _give(self, shown: str, word: Word, held: str | tuple[str, str] | None = None) -> None:
        if shown in self.made.exports:
            raise self._refusal(word, f"{shown!r} exported twice")
        self.made.exports[shown] = held or shown

    # words

    def _peek(self, by: int) -> Word | None:
        at = self.at + by
        return self.words[at] if at < len(self.words) else None

    def _now(self) -> Word:
        word = self._peek(0)
        if word is None:
            raise self._refusal(self.words[-1], "a statement without its end")
        return word

    def _is_string(self) -> bool:
        return self._now().kind == "string"

    def _name(self) -> str:
        word = self._now()
        if word.kind != "name":
            raise self._refusal(word, f"{word.text[:40]!r} where a name belongs")
        self.at += 1
        return word.text

    def _sign(self, text: str) -> None:
        word = self._now()
        if word.text != text:
            raise self._refusal(word, f"{word.text[:40]!r} where {text!r} belongs")
        self.at += 1

    def _statement_end(self) -> int:
        """Past the semicolon; a line's end does as well."""
        last = self.words[self.at - 1]
        word = self._peek(0)
        if word is None:
            return last.end
        if word.text == ";":
            self.at += 1
            return word.end
        if "\n" not in self.text[last.end : word.start]:
            raise self._refusal(word, f"{word.text[:40]!r} where ';' belongs")
        return last.end

    def _cut(self, start: int, end: int, instead: str = "") -> None:
        self.cuts.append((start, end, instead))

    def _refusal(self, word: Word, what: str) -> Refusal:
        line = self.text.count("\n", 0, word.start) + 1
        return Refusal(
            f"{self.made.name}, line {line}: {what}", "an import or export of the plain kinds"
        )
