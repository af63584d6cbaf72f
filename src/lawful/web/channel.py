"""The Python half of a view: orders and questions in, frames and answers out.

A channel knows nothing of sockets or notebooks. Its host (`hub` in the dashboard, `widgets`
in a notebook, `page` in an exported file) gives orders one at a time and in order, may ask
questions beside them from other threads, asks for a frame only when the page has drawn the
last one, and turns a `Refusal` into words.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lawful.refusal import Refusal
from lawful.web.codec import Message

News = Callable[[], None]
Scene = Callable[..., Message]


class Channel(Protocol):
    """What a host needs of a view's Python half.

    Attributes
    ----------
    view
        The name of the view: `views/NAME.js`.
    """

    view: str

    def open(self, news: News) -> None:
        """Begin. `news` may be called at any time, from any thread: there is a new frame."""
        ...

    def receive(self, name: str, given: Mapping[str, Any]) -> Message | None:
        """Obey an order or answer a question.

        Raises
        ------
        Refusal
            For what cannot be meant; the page is told, and the channel lives on.
        """
        ...

    def frame(self) -> Message | None:
        """The newest picture of the moment; None where nothing has changed since the last."""
        ...

    def close(self) -> None:
        """End; may be called twice."""
        ...


class Reading:
    """A channel that only answers: a view of something finished.

    Parameters
    ----------
    view
        The name of the view.
    answers
        A function for each question: `scene` gives what the view shows first, `python` the
        lines that make it in Python.

    Examples
    --------
    >>> page = Reading("energy", scene=lambda run=0: Message({"run": run}))
    >>> page.receive("scene", {"run": 2}).data
    {'run': 2}
    >>> page.receive("dance", {})
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: the order 'dance' to the view energy; expected one of scene
    """

    def __init__(self, view: str, **answers: Scene) -> None:
        self.view, self._answers = view, answers

    def open(self, news: News) -> None:
        """Nothing moves here."""

    def receive(self, name: str, given: Mapping[str, Any]) -> Message | None:
        """The answer to a question."""
        return answered(self.view, self._answers, name, given)

    def frame(self) -> Message | None:
        """None: what is finished does not move."""
        return None

    def close(self) -> None:
        """Nothing to end."""


def answered(
    view: str, answers: Mapping[str, Scene], name: str, given: Mapping[str, Any]
) -> Message | None:
    """Call the function of that name with what was given; refuse what does not fit it.

    Raises
    ------
    Refusal
        For an unknown name, an unknown or missing word, or what the function refuses.
    """
    if name not in answers:
        raise Refusal(f"the order {name!r} to the view {view}", "one of " + ", ".join(answers))
    answer = answers[name]
    _check(view, name, answer, given)
    return answer(**given)


def _check(view: str, name: str, answer: Scene, given: Mapping[str, Any]) -> None:
    import inspect

    try:
        inspect.signature(answer).bind(**given)
    except TypeError as why:
        raise Refusal(f"the order {name!r} to the view {view}: {why}") from None
