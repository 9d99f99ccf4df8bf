"""BotInstance: one user's client and memory in a worker. BotInstanceManager keeps a bounded number of clients warm."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from bot.automation.memory_files import memory_path
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.linking.proxy import pinned
from bot.linking.stored_sessions import load_instagram_session, nightly_test_passed, store_instagram_session
from bot.phones.places import Place
from jobs.instagram import AppRun, Endpoint, InstagramClient, Person, real_endpoint, sandbox_endpoint
from jobs.instagram.answers import Answered, Observer
from jobs.memory import Memory
from jobs.unknown_replies import count_unknown

# A warm client holds about 180 KB and three descriptors, most of both for its connection; docs/adr/0015.
MAX_WARM = 200
# An account at rest keeps about 1 KB.
MAX_KNOWN = 20_000


class Past(NamedTuple):
    """The state for the next client of an account in the same app run: the session it belongs to, and the run."""

    version: str
    run: AppRun


class BotInstance:
    """A worker's state of one user: the client of the stored session, and the memory file. For one thread at a time.

    `endpoint` returns the address of Instagram by way of a proxy; `proxy` is the account's own. There is a `client`
    from `refresh` until the instance rests.
    """

    client: InstagramClient

    def __init__(self, user_id: str, endpoint: Callable[[str | None], Endpoint]) -> None:
        self.user_id = user_id
        self.proxy: str | None = None
        self._endpoint = endpoint
        self._memory: Memory | None = None
        self._run: AppRun | None = None
        self._place: Place | None = None
        self._told: dict[str, Any] | None = None
        self._version = ""
        self._kept = ""

    @property
    def memory(self) -> Memory:
        """Return the memory file. Most steps do without it, so it opens on first use."""
        if self._memory is None:
            self._memory = Memory(memory_path(self.user_id))
        return self._memory

    @property
    def warm(self) -> bool:
        return hasattr(self, "client")

    def refresh(self, version: str | None = None) -> None:
        """Make a client unless the warm one has the stored session and proxy.

        `version` is theirs if the caller has read it.

        Raises SESSION_INVALID if there is no session, and the errors of `proxy.pinned`.
        """
        if self.warm and (self.client.proxy_failed or self.place != self._told):
            # The proxy may be at another address by now, and summer time may have begun.
            self._drop_client()
        if self.warm and version == self._version:
            return
        stored = load_instagram_session(self.user_id, unless_version=self._version if self.warm else None)
        if stored is None:
            return
        self._drop_client()
        self._place = stored.place
        endpoint, run = self._endpoint(stored.proxy), self._run if stored.version == self._version else None
        timeout = runtime().config.instagram_timeout
        self.client = InstagramClient(
            stored.text,
            endpoint,
            timeout=timeout,
            run=run,
            own_app=stored.own_app,
            place=self.place,
            observe=count_unknown,
        )
        self._told = self.place
        self._version, self._kept, self.proxy = stored.version, stored.text, stored.proxy

    @property
    def place(self) -> dict[str, Any] | None:
        """Return where the account's phone is now, as settings of a client."""
        return self._place.settings(now()) if self._place else None

    def keep(self) -> None:
        """Store the session if the last calls changed it."""
        if not self.warm:
            return
        text = self.client.dump()
        if text != self._kept:
            store_instagram_session(self.user_id, self._version, text)
            self._kept = text

    @contextmanager
    def watched(self, observe: Observer) -> Iterator[None]:
        """Show each reply to `observe` while the block runs."""
        client, usual = self.client, self.client.observe

        def both(answered: Answered, failure: BotException | None) -> None:
            usual(answered, failure)
            observe(answered, failure)

        client.observe = both
        try:
            yield
        finally:
            client.observe = usual

    @property
    def outdated(self) -> BotException | None:
        """Return Instagram's refusal of the client's own version; None if there was none."""
        return self.client.outdated if self.warm else None

    def renewed(self, text: str) -> None:
        """Store a session that another client of it has tested. This instance starts over with it."""
        nightly_test_passed(self.user_id, self._version, text)
        self._drop_client()

    def person(self, username: str) -> Person:
        """Return a person by username, from the memory if they were looked up lately. Raises Instagram's answer."""
        known = self.memory.person(username, now())
        if known is None:
            known = self.client.person(username)
            self.memory.keep(known, now())
        return known

    @property
    def past(self) -> Past | None:
        run = self.client.run if self.warm else self._run
        return Past(self._version, run) if run is not None else None

    def resume(self, past: Past) -> None:
        """Continue another process's app run."""
        self._version, self._run = past

    def rest(self) -> None:
        """Close the client and the memory file, and keep the app run for the next client."""
        self._drop_client()
        self._kept = ""
        self.close_memory()

    def close_memory(self) -> None:
        if self._memory is not None:
            self._memory.close()

    def _drop_client(self) -> None:
        if self.warm:
            self._run = self.client.run
            self.client.close()
            del self.client

    def close(self) -> None:
        self.rest()
        self._run = None


class BotInstanceManager:
    """The instances of one worker process. The `most_warm` used last keep client and connection, the others rest."""

    def __init__(self, most_warm: int = MAX_WARM, most_known: int = MAX_KNOWN) -> None:
        self._most_warm, self._most_known = most_warm, most_known
        # In both, the one used last comes last.
        self._instances: OrderedDict[str, BotInstance] = OrderedDict()
        self._warm: OrderedDict[str, BotInstance] = OrderedDict()
        self._used: set[str] = set()
        self._lock = threading.Lock()
        self._endpoint: Endpoint | None = None

    def endpoint(self, proxy: str | None = None) -> Endpoint:
        """Return the address of Instagram by way of an account's proxy.

        It is asked once, and again after `forget_endpoint`.

        The address of the proxy is checked each time: raises the errors of `proxy.pinned`.
        """
        if self._endpoint is None:
            config = runtime().config
            self._endpoint = sandbox_endpoint(config) if config.instagram_sandbox else real_endpoint(config)
        return self._endpoint.through(pinned(proxy) if proxy else None)

    def __len__(self) -> int:
        """Return the number of warm instances."""
        return len(self._warm)

    @contextmanager
    def use(self, user_id: str) -> Iterator[BotInstance]:
        """Yield the user's instance, kept from rest while the block runs. A broken one is dropped afterwards."""
        instance = self._take(user_id)
        try:
            yield instance
        except BaseException:
            self.drop(user_id)
            raise
        finally:
            self._give_back(user_id)

    def _take(self, user_id: str) -> BotInstance:
        with self._lock:
            self._used.add(user_id)
            return self._instances.setdefault(user_id, BotInstance(user_id, self.endpoint))

    def _give_back(self, user_id: str) -> None:
        with self._lock:
            self._used.discard(user_id)
            instance = self._instances.get(user_id)
            if instance is not None:
                instance.close_memory()
                self._instances.move_to_end(user_id)
                if instance.warm:
                    self._warm[user_id] = instance
                    self._warm.move_to_end(user_id)
            for surplus in self._surplus(self._warm, self._most_warm):
                self._warm.pop(surplus).rest()
            for surplus in self._surplus(self._instances, self._most_known):
                self._warm.pop(surplus, None)
                self._instances.pop(surplus).close()

    def _surplus(self, instances: OrderedDict[str, BotInstance], most: int) -> list[str]:
        """Return the least recently used user ids above `most`, without those in use."""
        too_many = len(instances) - most
        if too_many <= 0:
            return []
        return list(islice((known for known in instances if known not in self._used), too_many))

    def drop(self, user_id: str) -> None:
        """Drop the user's instance. The next use starts cold."""
        with self._lock:
            self._warm.pop(user_id, None)
            instance = self._instances.pop(user_id, None)
        if instance is not None:
            instance.close()

    def resume(self, user_id: str, past: Past | None) -> None:
        """Let the user's instance continue another process's app run."""
        if past is not None:
            with self.use(user_id) as instance:
                instance.resume(past)

    def past_of(self, user_id: str) -> Past | None:
        """Return the state with which another process continues; None if this one does not know the user."""
        instance = self._instances.get(user_id)
        return instance.past if instance is not None else None

    def forget_endpoint(self) -> None:
        """Forget the sandbox's address, and let every client reconnect. It may have come back elsewhere."""
        self._endpoint = None

    def close(self) -> None:
        with self._lock:
            instances, self._instances = list(self._instances.values()), OrderedDict()
            self._warm.clear()
        for instance in instances:
            instance.close()
