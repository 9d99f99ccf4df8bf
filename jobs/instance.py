"""BotInstance: one user's warm client and memory in a worker; BotInstanceManager keeps a bounded number of them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import BotException
from bot.instances import memory_path
from bot.linking import keep_session, retested, stored_session
from bot.proxies import pinned
from bot.runtime import now, runtime
from jobs.instagram import Endpoint, InstagramClient, Person, sandbox_endpoint
from jobs.memory import Memory

# A warm client holds about 200 KB and two connections.
MOST_WARM = 500


class BotInstance:
    """What a worker holds of one user: the client for the stored session, and the memory file. One thread at a time.

    `endpoint` says where Instagram is by way of a proxy; `proxy` is that of the account.
    """

    def __init__(self, user_id: str, endpoint: Callable[[str | None], Endpoint]) -> None:
        self.user_id = user_id
        self.memory = Memory(memory_path(user_id))
        self.proxy: str | None = None
        self._endpoint = endpoint
        self._client: InstagramClient | None = None
        self._version = ""
        self._kept = ""

    @property
    def client(self) -> InstagramClient:
        """The client of the session that `refresh` found."""
        if self._client is None:
            raise BotException("SESSION_INVALID")
        return self._client

    def refresh(self) -> None:
        """Makes a client unless the warm one is of the stored session and proxy.

        Raises SESSION_INVALID when there is no session, and of a proxy what `proxies.pinned` does.
        """
        if self._client and self._client.proxy_failed:
            # The proxy may be at another address by now.
            self._drop_client()
        stored = stored_session(self.user_id, unless_version=self._version if self._client else None)
        if stored is None:
            return
        self._drop_client()
        endpoint = self._endpoint(stored.proxy)
        self._client = InstagramClient(stored.text, endpoint, timeout=runtime().config.instagram_timeout)
        self._version, self._kept, self.proxy = stored.version, stored.text, stored.proxy

    def keep(self) -> None:
        """Stores the session as the last calls left it, when that changed."""
        if self._client is None:
            return
        text = self._client.dump()
        if text != self._kept:
            keep_session(self.user_id, self._version, text)
            self._kept = text

    def renewed(self, text: str) -> None:
        """Stores a session that was tested by another client of it; this one starts anew with it."""
        retested(self.user_id, self._version, text)
        self._drop_client()

    def person(self, username: str) -> Person:
        """Somebody by name, from the memory when looked up lately. Raises what Instagram answers."""
        known = self.memory.person(username, now())
        if known is None:
            known = self.client.person(username)
            self.memory.keep(known, now())
        return known

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def close(self) -> None:
        self._drop_client()
        self.memory.close()


class BotInstanceManager:
    """The warm instances of one worker process; the one used longest ago is closed when there are too many."""

    def __init__(self, most_warm: int = MOST_WARM) -> None:
        self._most_warm = most_warm
        self._instances: OrderedDict[str, BotInstance] = OrderedDict()
        self._used: set[str] = set()
        self._lock = threading.Lock()
        self._endpoint: Endpoint | None = None

    def endpoint(self, proxy: str | None = None) -> Endpoint:
        """Where Instagram is, by way of an account's proxy; asked once, and again after `forget_endpoint`.

        The address of the proxy is checked each time: raises what `proxies.pinned` does.
        """
        if self._endpoint is None:
            config = runtime().config
            self._endpoint = sandbox_endpoint(config) if config.instagram_sandbox else Endpoint()
        return self._endpoint.through(pinned(proxy) if proxy else None)

    def __len__(self) -> int:
        return len(self._instances)

    @contextmanager
    def use(self, user_id: str) -> Iterator[BotInstance]:
        """The user's instance, kept from eviction while the block runs; broken ones are not kept afterwards."""
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
            instance = self._instances.get(user_id)
        if instance is None:
            instance = BotInstance(user_id, self.endpoint)
            with self._lock:
                self._instances[user_id] = instance
        return instance

    def _give_back(self, user_id: str) -> None:
        with self._lock:
            self._used.discard(user_id)
            if user_id in self._instances:
                self._instances.move_to_end(user_id)
            idle = [known for known in self._instances if known not in self._used]
            surplus = [self._instances.pop(known) for known in idle[: max(0, len(self._instances) - self._most_warm)]]
        for instance in surplus:
            instance.close()

    def drop(self, user_id: str) -> None:
        """Closes the user's instance; the next use starts cold."""
        with self._lock:
            instance = self._instances.pop(user_id, None)
        if instance is not None:
            instance.close()

    def forget_endpoint(self) -> None:
        """The sandbox may have come back elsewhere: ask again, and let every client reconnect."""
        self._endpoint = None

    def close(self) -> None:
        with self._lock:
            instances, self._instances = list(self._instances.values()), OrderedDict()
        for instance in instances:
            instance.close()
