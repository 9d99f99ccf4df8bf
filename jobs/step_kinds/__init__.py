"""The worker's part of each kind of step, one file each: examine a target, act on it, look up what came of it."""

from bot.storage.models.values import StepKind
from jobs.step_kinds.follow import Follow
from jobs.step_kinds.like import Like
from jobs.step_kinds.message import Message
from jobs.step_kinds.reply import Reply
from jobs.step_kinds.step_kind import Kind
from jobs.step_kinds.story import Story
from jobs.step_kinds.unfollow import Unfollow

KINDS: dict[StepKind, Kind] = {
    StepKind.FOLLOW: Follow(),
    StepKind.UNFOLLOW: Unfollow(),
    StepKind.LIKE: Like(),
    StepKind.STORY: Story(),
    StepKind.MESSAGE: Message(),
    StepKind.REPLY: Reply(),
}

__all__ = ["KINDS", "Kind"]
