"""The blueprint of a noun: APIFlask's, reading strictly, with the failures that each view declares."""

from collections.abc import Callable
from typing import Any, TypeVar

from apiflask import APIBlueprint
from apiflask.schema_adapters import registry
from pydantic import BaseModel

from api.parsing import StrictAdapter

View = TypeVar("View", bound=Callable[..., Any])
_FAILURES = "__failures__"
_LATER = "__later__"

# Views look their adapter up when they are declared: every noun imports its blueprint from here.
registry.register("pydantic", StrictAdapter)


def blueprint(name: str, title: str) -> APIBlueprint:
    """The blueprint of one noun; `title` heads its part of the documentation."""
    return APIBlueprint(name, f"api.{name}", tag={"name": title})


def fails(*names: str) -> Callable[[View], View]:
    """Declares the registered failures of a view, beside those that follow from its access and its input."""

    def declare(view: View) -> View:
        setattr(view, _FAILURES, names)
        return view

    return declare


def failures_of(view: Callable[..., Any]) -> tuple[str, ...]:
    """What the view declares by `fails`."""
    names: tuple[str, ...] = getattr(view, _FAILURES, ())
    return names


def may_take_longer(answer: type[BaseModel]) -> Callable[[View], View]:
    """Declares that the view may answer 202 with this body and a Location."""

    def declare(view: View) -> View:
        setattr(view, _LATER, answer)
        return view

    return declare


def later_answer_of(view: Callable[..., Any]) -> type[BaseModel] | None:
    """What the view declares by `may_take_longer`."""
    answer: type[BaseModel] | None = getattr(view, _LATER, None)
    return answer
