"""like-hashtag: like the posts in a tab of a hashtag one by one."""

from bot.actions.targets import Candidate, Search, Target
from bot.steps.outcomes import Outcome
from jobs.actions.kind import Found, Skip, filters_of, looked_up, tab_of
from jobs.instagram import Post
from jobs.instance import BotInstance


class LikeHashtag:
    """Likes of a hashtag's posts. A target is a post; filters apply to its author."""

    absence_proves_failure = True

    def skip_if_handled(self, work: Search) -> bool:
        return True

    def find(self, bot: BotInstance, work: Search) -> Found:
        page = bot.client.hashtag_posts(str(work.params["hashtag"]), tab=tab_of(work), cursor=work.cursor)
        return Found([_candidate(post) for post in page.posts], page.cursor)

    def examine(self, bot: BotInstance, work: Search, target: Target) -> Target | Skip:
        known = looked_up(bot, work, target, filters_of(work))
        if isinstance(known, Skip):
            return known
        return Skip("already_liked") if bot.client.post(target.known_id).liked else target

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        bot.client.like(target.known_id)
        return Outcome()

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        return Outcome() if bot.client.post(target.known_id).liked else None


def _candidate(post: Post) -> Candidate:
    return Candidate(post.code, post.author.username, post.id, "already_liked" if post.liked else None)
