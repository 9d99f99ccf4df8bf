"""Stories at Instagram as plain values: reading them, and marking them as seen."""

from dataclasses import dataclass, replace
from typing import Any

from jobs.instagram.people import Reply


@dataclass(frozen=True)
class StoryPicture:
    """A picture of a story. `id` is `<number>_<owner's id>`; `taken_at` is in epoch seconds."""

    id: str
    taken_at: int


@dataclass(frozen=True)
class Story:
    """The present story of a person: one picture or more.

    `seen_until` is the `taken_at` of the newest picture that our account has seen; 0 if it has seen none.
    """

    pictures: list[StoryPicture]
    seen_until: int

    @property
    def seen(self) -> bool:
        return self.seen_until >= max(picture.taken_at for picture in self.pictures)


def read_story_of(reel: Reply | None, owner_id: str) -> Story | None:
    """Return a person's story without the pictures of others; None if there is nothing to see."""
    story = read_story(reel)
    own = [picture for picture in story.pictures if picture.id.partition("_")[2] == owner_id] if story else []
    return replace(story, pictures=own) if story and own else None


def read_story(reel: Reply | None) -> Story | None:
    """Return None if there is nothing to see."""
    if not isinstance(reel, dict):
        return None
    items, seen = reel.get("items"), str(reel.get("seen"))
    pictures = [picture for item in items if (picture := _picture(item))] if isinstance(items, list) else []
    return Story(pictures, int(seen) if seen.isascii() and seen.isdecimal() else 0) if pictures else None


def _picture(item: Any) -> StoryPicture | None:
    """Return None for items without a time, such as advertisements: they are no pictures of the person."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str | int) or not item["id"]:
        return None
    taken_at = str(item.get("taken_at"))
    return StoryPicture(str(item["id"]), int(taken_at)) if taken_at.isascii() and taken_at.isdecimal() else None


def seen_form(story: Story, now: int) -> Reply:
    """Return the form that marks all of a story's pictures as seen at `now`, in epoch seconds."""
    reels = {}
    for picture in story.pictures:
        owner = picture.id.rpartition("_")[2]
        reels[f"{picture.id}_{owner}"] = [f"{picture.taken_at}_{now}"]
    return {
        "container_module": "feed_timeline",
        "live_vods_skipped": {},
        "nuxes_skipped": {},
        "nuxes": {},
        "reels": reels,
        "live_vods": {},
        "reel_media_skipped": {},
    }
