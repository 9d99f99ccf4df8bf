"""follow-hashtag: follow the filtered authors of a hashtag's posts one by one."""

from bot.actions.targets import Candidate, Search
from jobs.actions.following import Following
from jobs.actions.kind import Found
from jobs.instance import BotInstance


class FollowHashtag(Following):
    def find(self, bot: BotInstance, work: Search) -> Found:
        page = bot.client.hashtag_page(str(work.params["hashtag"]), work.cursor)
        return Found([Candidate(person.username, person.username, person.id) for person in page.people], page.cursor)
