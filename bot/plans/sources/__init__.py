"""All sources, one file each. A new file is a new source."""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from bot.plans.source import Source

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

SOURCES: dict[str, type[Source]] = {
    source.model_fields["kind"].default: source
    for source in sorted(Source.__subclasses__(), key=lambda one: one.__name__)
}
"""Kinds of sources, as an action names them."""

if TYPE_CHECKING:
    AnySource = Source
else:
    AnySource = Annotated[Union[tuple(SOURCES.values())], Field(discriminator="kind")]  # noqa: UP007  made of a list
