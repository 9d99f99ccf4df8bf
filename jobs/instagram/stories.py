"""What Instagram tells about stories, as plain values, how it is read, and what marks them seen."""

from dataclasses import dataclass
from typing import Any

from jobs.instagram.people import Reply


@dataclass(frozen=True)
class StoryPicture:
    """`id` is `<number>_<owner's id>`; `taken_at` in epoch seconds."""

    id: str
    taken_at: int


@dataclass(frozen=True)
class Story:
    """What a person shows now: one picture or more.

    `seen_until` is how far our account has looked, as the `taken_at` of a picture; 0 where it has not.
    """

    pictures: list[StoryPicture]
    seen_until: int

    @property
    def seen(self) -> bool:
        return self.seen_until >= max(picture.taken_at for picture in self.pictures)


def read_story(reel: Reply | None) -> Story | None:
    """None where there is nothing to see."""
    items = (reel or {}).get("items")
    pictures = [picture for item in items or () if (picture := _picture(item))]
    return Story(pictures, int((reel or {}).get("seen") or 0)) if pictures else None


def _picture(item: Any) -> StoryPicture | None:
    """None for what is no picture, such as an advertisement, which has no time."""
    if not isinstance(item, dict) or not item.get("id") or not str(item.get("taken_at")).isdecimal():
        return None
    return StoryPicture(str(item["id"]), int(item["taken_at"]))


def seen_form(story: Story, now: int) -> Reply:
    """The form that marks all of a story's pictures seen at `now`, in epoch seconds."""
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
