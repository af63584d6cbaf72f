"""The words of a JavaScript file, with what is a string, a comment or a pattern set apart.

    text  ->  words: names, strings, templates, patterns, numbers, signs, each with its depth

Only as much of the language as it takes to know which `import` and `export` are meant as
such. The one thing that needs a rule of thumb is a slash: it begins a pattern where a value
may stand, and divides where one has just ended (ECMA-262, section 12: the goal symbols
InputElementRegExp and InputElementDiv).
"""

import re
from dataclasses import dataclass
from typing import Literal

from lawful.refusal import Refusal

Kind = Literal["name", "string", "template", "pattern", "number", "sign"]

_SKIPPED = re.compile(r"\s+|//[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME = re.compile(r"[#\w$]+")  # and numbers: they begin with a digit
_NUMBER = re.compile(r"\.?\d(?:[eE][+-]?\d|[\w.])*")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.DOTALL)
_PATTERN = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_CHUNK = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
_SIGN = re.compile(r"=>|\.\.\.|\+\+|--|[^\w\s]")
# After these names a value begins, after all others one has ended.
_BEFORE_VALUE = frozenset(
    (
        *("return", "typeof", "instanceof", "in", "of", "new", "delete", "void"),
        *("throw", "case", "do", "else", "yield", "await"),
    )
)
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Word:
    """A word of the file.

    Attributes
    ----------
    kind
        What it is. A template is cut into its texts; the code between them is read as code.
    text
        As it is written.
    start, end
        Where it lies.
    depth
        How many brackets are open around it; an opening bracket has the depth outside it.
    """

    kind: Kind
    text: str
    start: int
    end: int
    depth: int


def words(text: str, name: str = "the file") -> list[Word]:
    r"""The words of a file, in order.

    Parameters
    ----------
    text
        JavaScript.
    name
        What a refusal calls it.

    Raises
    ------
    Refusal
        For a string, a template or a bracket without its end; says the line.

    Examples
    --------
    >>> [w.text for w in words("a = b / 2; // half\nc = /[/]/g")]
    ['a', '=', 'b', '/', '2', ';', 'c', '=', '/[/]/g']
    >>> [(w.text, w.depth) for w in words("f(`${x} import`)") if w.kind == "name"]
    [('f', 0), ('x', 2)]
    """
    reader = _Reader(text, name)
    while reader.at < len(text):
        reader.step()
    return reader.end()


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.text, self.name, self.at = text, name, 0
        self.found: list[Word] = []
        self.open: list[tuple[str, int]] = []

    def step(self) -> None:
        """Read one word."""
        skipped = _SKIPPED.match(self.text, self.at)
        if skipped:
            self.at = skipped.end()
            return
        first = self.text[self.at]
        if first == "`":
            self._template(self.at + 1)
        elif first == "}" and self.open and self.open[-1][0] == "${":
            self.open.pop()
            self._template(self.at + 1)
        elif first in "\"'":
            self._take("string", _STRING)
        elif first == "/" and self._value_may_begin():
            self._take("pattern", _PATTERN)
        elif _NUMBER.match(self.text, self.at):
            self._take("number", _NUMBER)
        elif _NAME.match(self.text, self.at):
            self._take("name", _NAME)
        else:
            self._sign(first)

    def end(self) -> list[Word]:
        """All that was read."""
        if self.open:
            bracket, at = self.open[-1]
            raise self._refusal(f"{bracket!r} without its end", at)
        return self.found

    def _take(self, kind: Kind, shape: re.Pattern[str]) -> None:
        match = shape.match(self.text, self.at)
        if match is None:
            raise self._refusal(f"a {kind} without its end", self.at)
        self._put(kind, match.end())

    def _put(self, kind: Kind, end: int) -> None:
        self.found.append(Word(kind, self.text[self.at : end], self.at, end, len(self.open)))
        self.at = end

    def _template(self, at: int) -> None:
        """The text of a template up to its end, or to the code in its midst."""
        match = _CHUNK.match(self.text, at)
        end = match.end() if match else at
        if self.text[end : end + 2] == "${":
            self._put("template", end + 2)
            self.open.append(("${", end))
        elif self.text[end : end + 1] == "`":
            self._put("template", end + 1)
        else:
            raise self._refusal("a template without its end", self.at)

    def _sign(self, first: str) -> None:
        if first in _CLOSE:
            partner = _OPEN[_CLOSE.index(first)]
            if not self.open or self.open.pop()[0] != partner:
                raise self._refusal(f"{first!r} without {partner!r}", self.at)
        at = self.at
        self._take("sign", _SIGN)
        if first in _OPEN:
            self.open.append((first, at))

    def _value_may_begin(self) -> bool:
        if not self.found:
            return True
        last = self.found[-1]
        if last.kind == "name":
            return last.text in _BEFORE_VALUE
        if last.kind == "template":
            return last.text.endswith("${")
        return last.kind == "sign" and last.text not in (")", "]", "}", "++", "--")

    def _refusal(self, what: str, at: int) -> Refusal:
        line = self.text.count("\n", 0, at) + 1
        return Refusal(f"{self.name}, line {line}: {what}", "JavaScript that can be read")
