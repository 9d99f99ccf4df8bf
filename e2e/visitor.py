"""A person at a browser: opens, reads, fills in and presses what a label or a role names, and hears every complaint."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Request, expect

from e2e.installation import Login

# A busy machine takes its time; a page may wait 25 s for Instagram.
PATIENCE = 60_000
ACTION_PATIENCE = 150_000
# Home of someone who has not placed an action yet.
FIRST_RUN = re.compile("^The stage is yours, ")
HOME = re.compile(f"^Home$|{FIRST_RUN.pattern}")
PASSWORD_PAGE = re.compile(r"/settings/security/password(\?.*)?$")
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} refuses ${event.blockedURI} in ${event.sourceFile}`));
"""
REFUSED = re.compile(r"the server responded with a status of (4\d\d)")


class Visitor:
    """`complaints` holds what the browser said of broken scripts, refused content and failed answers."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        context.set_default_timeout(PATIENCE)
        context.add_init_script(TELL_VIOLATIONS)
        self.context = context
        self.address = address
        self._expected: set[int] = set()
        self._provoked: Counter[tuple[str, int]] = Counter()
        self._heard: list[tuple[tuple[str, int] | None, str]] = []
        self.page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._hear_error)
        self.page.on("request", self._note)

    @property
    def complaints(self) -> list[str]:
        """A complaint can come long after the request, so each provoked request makes up for one of them."""
        provoked, unforeseen = self._provoked.copy(), []
        for refusal, text in self._heard:
            if refusal and provoked[refusal]:
                provoked[refusal] -= 1
            else:
                unforeseen.append(text)
        return unforeseen

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            refused = REFUSED.search(message.text)
            refusal = (message.location["url"], int(refused[1])) if refused else None
            self._heard.append((refusal, f"{self.page.url}: {message.text}"))

    def _hear_error(self, error: Error) -> None:
        self._heard.append((None, f"{self.page.url}: {error}"))

    def _note(self, request: Request) -> None:
        for status in self._expected:
            self._provoked[request.url, status] += 1

    @contextmanager
    def refused(self, status: int) -> Iterator[None]:
        """Within the block, answers of this status are what the person provokes."""
        self._expected.add(status)
        yield
        self._expected.discard(status)

    def open(self, path: str) -> int:
        """Returns the status of the answer."""
        answer = self.page.goto(self.address + path)
        assert answer
        return answer.status

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=isinstance(name, str))

    def sees(self, locator: Locator) -> None:
        expect(locator).to_be_visible()

    def is_at(self, path: str | re.Pattern[str]) -> None:
        expect(self.page).to_have_url(path if isinstance(path, re.Pattern) else self.address + path)

    def region(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("region", name=name)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    @property
    def switch(self) -> Locator:
        """The switch of the bot in the panel."""
        return self.page.get_by_role("switch", name="Bot")

    def press(self, name: str | re.Pattern[str]) -> None:
        self.button(name).click()

    def unfold(self, summary: str) -> None:
        """Opens what is folded under these words."""
        self.page.locator("summary").filter(has_text=summary).click()

    def tick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).check()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def is_told(self, text: str | re.Pattern[str]) -> None:
        """The news above the page says so."""
        expect(self.page.get_by_role("status").filter(has_text=text).first).to_be_visible()

    def sign_in(self, login: Login) -> None:
        self.open("/login")
        self.fill("Username", login.username)
        self.fill("Password", login.password)
        self.press("Sign in")

    def change_password(self, current: str, new: str) -> None:
        """On the page that every other one leads to."""
        self.is_at(PASSWORD_PAGE)
        self.fill("Current password", current)
        self.fill("New password", new)
        self.fill("Repeat password", new)
        self.press("Change password")
        self.is_told("Your password is changed.")

    def sign_out(self, username: str) -> None:
        self.page.get_by_role("banner").get_by_text(username, exact=True).click()
        self.press("Sign out")
        self.sees(self.heading("Sign in"))

    def link_account(self, account: dict[str, str]) -> None:
        """On the page of the connection; gives the code if the account is asked for one."""
        self.fill("Instagram username", account["username"])
        self.fill("Instagram password", account["password"])
        self.press("Connect account")
        if "code" in account:
            self.fill("Code", account["code"])
            self.press("Confirm code")
        self.is_told("your Instagram account is connected.")
        self.sees(self.region(f"@{account['username']}").get_by_text("Connected"))

    def start_bot(self) -> None:
        self.switch.click()
        self.is_told("Your bot is on.")
        expect(self.switch).to_be_checked()

    def place(self, hashtag: str, amount: int) -> None:
        self.open("/actions/new")
        self.fill_action(hashtag, amount)
        self.start_action(f"Follow {amount} people from #{hashtag}")

    def fill_action(self, hashtag: str, amount: int) -> None:
        """On the form of an action that follows by hashtag."""
        self.fill("Hashtag", f"#{hashtag}")
        self.fill("People", str(amount))

    def chooses(self, kind: str) -> None:
        """Opens the form of a kind of action by its name."""
        kinds = self.page.get_by_role("navigation", name="What should the bot do?")
        kinds.get_by_role("link").filter(has_text=kind).click()
        expect(kinds.locator("[aria-current]")).to_contain_text(kind)

    def start_action(self, title: str) -> None:
        """Starts the action of the form, which leads to its page."""
        self.press("Start action")
        self.is_told(f"Action added: {title}.")
        self.sees(self.heading(title))

    def sees_end(self, end: str = "Done") -> None:
        """On the page of an action, which changes by itself."""
        expect(self.page.locator("#action .sub")).to_contain_text(end, timeout=ACTION_PATIENCE)

    def preview_matches(self) -> None:
        self.press(re.compile("^Preview (matches|again)$"))
        self.sees(self.region("Matches").get_by_text("Nothing was done."))

    def matches(self) -> dict[str, str]:
        """Who is shown, with "Match" or the reason why not."""
        shown = self.region("Matches").get_by_role("listitem")
        return {one.locator("b").inner_text(): one.locator("> span").inner_text() for one in shown.all()}

    def action(self, title: str) -> Locator:
        """The row of an action in a list of actions."""
        return self.page.get_by_role("row").filter(has_text=title)

    def crowd(self, state: str) -> list[tuple[str, str]]:
        """The people of one state on the page of an action, and what is said of each; none if no one has it."""
        chip = self.page.locator("#people .chips a").filter(has_text=re.compile(f"^{state}"))
        if not chip.count():
            return []
        chip.click()
        expect(chip).to_have_attribute("aria-current", "true")
        people = self.page.locator("#people .crowd > li").all()
        return [(one.locator(".person a, .person b").inner_text(), _remark(one)) for one in people]

    def in_table(self, name: str, text: str) -> Locator:
        """The row with this text, of the table in the region of that name."""
        return self.region(name).locator("tbody").get_by_role("row").filter(has_text=text)

    def rows(self, name: str) -> list[list[str]]:
        """The texts of the cells of each row of the table in the region of that name."""
        body = self.region(name).locator("tbody").get_by_role("row")
        return [[text.strip() for text in row.locator("th, td").all_inner_texts()] for row in body.all()]

    def close(self, keep: Path | None) -> None:
        """Ends the visit; with `keep`, the trace and the last sight of it stay in that folder."""
        if keep:
            self.page.screenshot(path=keep / "last.png", full_page=True)
        self.context.tracing.stop(path=keep / "trace.zip" if keep else None)
        self.context.close()


def _remark(person: Locator) -> str:
    said = person.locator("p")
    return said.inner_text() if said.count() else ""
