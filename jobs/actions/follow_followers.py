"""follow-followers: follow the filtered followers of an account one by one."""

from bot.actions.targets import Candidate, Search
from jobs.actions.following import Following
from jobs.actions.kind import Found
from jobs.instance import BotInstance


class FollowFollowers(Following):
    def find(self, bot: BotInstance, work: Search) -> Found:
        account = bot.person(str(work.params["account"]))
        page = bot.client.followers_page(account.id, work.cursor)
        people = [Candidate(person.username, person.username, person.id) for person in page.people]
        return Found(people, page.cursor, page.limited)
