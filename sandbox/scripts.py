"""People's reactions to accounts: by a script that was set, or by their own character."""

from dataclasses import dataclass

from sandbox.people import Person
from sandbox.rng import Rng

FRIENDLY = (
    "Thank you! 😊",
    "oh, how kind of you",
    "Hi! Nice to meet you.",
    "thanks for writing 🙏",
    "That made my day!",
)
A_DAY = 86_400.0
WORDLESS = ("like", "animated_media", "voice_media", "media_share", "xma_clip")
LEAVE_ME_ALONE = ("stop", "STOP", "unsubscribe", "please stop", "do not message me")


@dataclass(frozen=True, slots=True)
class Script:
    """A reaction. `reply` comes `after` seconds; `accept` is for private people, who get a follow as a request.

    `kind` is that of the reply: a text, or a message that may have none. A person follows back `follow_back_after`
    seconds after the follow and accepts `accept_after` seconds after it, if the account has not changed its mind by
    then. They unfollow `leave_after` seconds after they followed back; None is never.
    """

    reply: str | None = None
    kind: str = "text"
    after: float = 0.0
    follow_back: bool = False
    accept: bool = False
    follow_back_after: float = 0.0
    accept_after: float = 0.0
    leave_after: float | None = None


NOTHING = Script()


def character(seed: int, person: Person) -> Script:
    """Return a person's character, always the same: 1 in 4 follows back, 1 in 8 answers kindly, 1 in 25 wants no more.

    1 in 20 answers with something other than text: a heart, a sticker, a recording, a post.

    Half of the private people accept, and none of the others follows back. They take from a minute to three days for
    either. 1 in 8 of those who follow back leave after 5 to 30 days.
    """
    rng = Rng(seed, "character", person.id)
    accept, follow_back, mood = rng.chance(50), rng.chance(25), rng.below(200)
    words = FRIENDLY if mood < 25 else LEAVE_ME_ALONE if mood < 33 else WORDLESS if mood < 43 else None
    reply = rng.pick(words) if words else None
    after = 15.0 + rng.below(11)
    follow_back_after, accept_after = (float(int(60 * 10 ** (3.6 * rng.share()))) for _ in range(2))
    leaves, stays = rng.chance(12), A_DAY * (5 + rng.below(26))
    return Script(
        reply="" if words is WORDLESS else reply,
        kind=reply if words is WORDLESS and reply else "text",
        after=after,
        follow_back=follow_back and (accept or not person.is_private),
        accept=accept,
        follow_back_after=follow_back_after,
        accept_after=accept_after,
        leave_after=stays if leaves else None,
    )
