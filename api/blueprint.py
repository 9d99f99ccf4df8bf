"""The blueprint of a noun: APIFlask's with strict input and with the failures that each view declares."""

from collections.abc import Callable
from typing import Any, TypeVar

from apiflask import APIBlueprint
from apiflask.schema_adapters import registry
from pydantic import BaseModel

from api.parsing import FORM, StrictAdapter

View = TypeVar("View", bound=Callable[..., Any])
_FAILURES = "__failures__"
_ANSWERS = "__answers__"
_BODIES = "__bodies__"

# APIFlask looks the adapter up when a view is declared. So every noun has to import its blueprint from here.
registry.register("pydantic", StrictAdapter)


def blueprint(name: str, title: str) -> APIBlueprint:
    """Return the blueprint of one noun. `title` heads its part of the documentation."""
    return APIBlueprint(name, f"api.{name}", tag={"name": title})


def raises(*names: str) -> Callable[[View], View]:
    """Declare the error names that a view raises, in addition to those of its access and input."""

    def declare(view: View) -> View:
        setattr(view, _FAILURES, names)
        return view

    return declare


def failures_of(view: Callable[..., Any]) -> tuple[str, ...]:
    """Return the error names that the view declares by `raises`."""
    names: tuple[str, ...] = getattr(view, _FAILURES, ())
    return names


def also_returns(status: int, *answers: type[BaseModel]) -> Callable[[View], View]:
    """Declare that the view may also answer this status with one of these bodies; 202 comes with a Location."""

    def declare(view: View) -> View:
        setattr(view, _ANSWERS, {**answers_of(view), str(status): answers})
        return view

    return declare


def answers_of(view: Callable[..., Any]) -> dict[str, tuple[type[BaseModel], ...]]:
    """Return the bodies that the view declares by `also_returns`, by status."""
    answers: dict[str, tuple[type[BaseModel], ...]] = getattr(view, _ANSWERS, {})
    return answers


def request_bodies(*shapes: type[BaseModel], form: type[BaseModel] | None = None) -> Callable[[View], View]:
    """Declare the body of a view that reads it itself: JSON in one of these shapes, or a form with a file."""
    bodies = {"application/json": shapes} | ({FORM: (form,)} if form else {})

    def declare(view: View) -> View:
        setattr(view, _BODIES, bodies)
        return view

    return declare


def bodies_of(view: Callable[..., Any]) -> dict[str, tuple[type[BaseModel], ...]]:
    """Return the bodies that the view declares by `request_bodies`, by content type."""
    bodies: dict[str, tuple[type[BaseModel], ...]] = getattr(view, _BODIES, {})
    return bodies
