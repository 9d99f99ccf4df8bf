"""The control API: tell the sandbox what to do wrong next, and read what really arrived."""

import base64
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice

from sandbox.accounts import EXPIRED_CODE, Account
from sandbox.commands import (
    A_YEAR,
    ClockCommand,
    FaultCommand,
    FollowerCommand,
    LatencyCommand,
    LimitCommand,
    ListCommand,
    MessageCommand,
    NamesAccount,
    Problem,
    ScriptCommand,
    UnkindCommand,
    read,
)
from sandbox.faults import Fault
from sandbox.limits import EVERYBODY, Limit
from sandbox.lists import ListManner
from sandbox.people import Person
from sandbox.refusals import LOSE_THE_REPLY
from sandbox.replies import Scripted
from sandbox.scripts import Script
from sandbox.second_factors import BACKUP
from sandbox.unkindness import Unkindness
from sandbox.wire import Json, Reply, Request
from sandbox.world import World

LOOPBACK = ("127.0.0.1", "localhost")
# How many people are looked through for some who answer: by their character 1 in 6 does.
LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Connection:
    """The way for a client: the address of the proxy and the authority to trust."""

    proxy: str
    ca_pem: str


def answer(world: World, connection: Connection, request: Request) -> Reply:
    """Return the reply to any request on the control port."""
    try:
        # A page in a browser may reach this port under another name, but not under this one.
        if request.headers.get("host", "").rpartition(":")[0] not in LOOPBACK:
            raise Problem(403, "only for this machine, as 127.0.0.1 or localhost")
        if request.method != "GET" and _is_from_a_page(request):
            raise Problem(403, "only for programs and for pages of this port")
        if request.path == "/connection" and request.method == "GET":
            return Reply({"proxy": connection.proxy, "ca_pem": connection.ca_pem})
        return _route(request)(world, request)
    except Problem as problem:
        return problem.reply


def _is_from_a_page(request: Request) -> bool:
    """Return whether a browser says that a page of another site or port sends it. Programs say neither."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    elsewhere = origin is not None and origin != f"http://{request.headers['host']}"
    return elsewhere or site not in (None, "none", "same-origin")


def _route(request: Request) -> Callable[[World, Request], Reply]:
    methods = ROUTES.get(request.path)
    if methods is None:
        raise Problem(404, f"nothing at {request.path}")
    if request.method not in methods:
        raise Problem(405, f"only {', '.join(sorted(methods))}")
    return methods[request.method]


def _health(world: World, _: Request) -> Reply:
    return Reply({"status": "ok", "seed": world.seed, "people": world.people.count, "unkind": world.unkind})


def _accounts(world: World, _: Request) -> Reply:
    return Reply([_account(account) for account in world.accounts])


def _account(account: Account) -> Json:
    behaviour = account.behaviour
    codes: Json = {"code": account.code, "expired_code": EXPIRED_CODE} if behaviour.asks_code else {}
    if behaviour.methods:
        codes["methods"] = list(behaviour.methods)
    if BACKUP in behaviour.methods:
        codes["backup_code"] = account.backup_code
    about: Json = {"behaviour": behaviour.name, "does": behaviour.does}
    return {"username": account.username, "password": account.password, **about, **codes}


def _people(world: World, request: Request) -> Reply:
    """Return the first people who answer a message in words, within `within` seconds."""
    count, within = (
        _number(request, name, usual, most) for name, usual, most in (("count", 6, 100), ("within", 60, A_YEAR))
    )
    scripts = ((one, world.script_of(one)) for one in map(world.people.numbered, range(world.people.count)))
    # Without characters or scripts there are no answers, and every person would be asked.
    found = islice(
        ((one, does) for one, does in islice(scripts, LOOKED_AT) if does.reply and does.after <= within), count
    )
    return Reply(
        [
            {"username": one.username, "full_name": one.full_name, "reply": does.reply, "after": does.after}
            for one, does in found
        ]
    )


def _number(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
        raise Problem(422, "invalid fields", {name: f"a whole number up to {most}"})
    return int(text)


def _ledger(world: World, request: Request) -> Reply:
    wanted = request.query.get("account")
    return Reply(
        [
            {"account": one.account, "kind": one.kind, "target": one.target, "at": one.at.isoformat()}
            for one in world.state.ledger
            if wanted in (None, one.account)
        ]
    )


def _requests(world: World, request: Request) -> Reply:
    account, call = request.query.get("account"), request.query.get("call")
    return Reply(
        [
            {"account": username, "call": name, "count": count}
            for (username, name), count in world.state.requests.items()
            if account in (None, username) and call in (None, name)
        ]
    )


def _phones(world: World, request: Request) -> Reply:
    """Several values of one name come from several phones, or from one that moved."""
    wanted = request.query.get("account")
    rows = []
    for username, said in world.state.phones.items():
        if wanted in (None, username):
            values: dict[str, list[str]] = {}
            for name, value in said:
                values.setdefault(name, []).append(value)
            rows.append({"account": username, "said": values})
    return Reply(rows)


def _add_fault(world: World, request: Request) -> Reply:
    command = read(request, FaultCommand)
    _check_account(world, command.account)
    fault = Fault(
        account=command.account,
        call=command.call or "",
        kind=command.fault or "",
        count=command.count,
        status=command.status,
        processed=command.fault in LOSE_THE_REPLY if command.processed is None else command.processed,
        share=command.share,
        path=None if command.path is None else re.compile(command.path),
        reply=command.reply.scripted() if command.reply else None,
    )
    world.state.faults.waiting.append(fault)
    return Reply(_fault(fault), 201)


def _faults(world: World, _: Request) -> Reply:
    return Reply([_fault(fault) for fault in world.state.faults.waiting])


def _fault(fault: Fault) -> Json:
    return {
        "account": fault.account,
        "call": fault.call or None,
        "path": fault.path.pattern if fault.path else None,
        "fault": fault.kind or None,
        "reply": _scripted(fault.reply) if fault.reply else None,
        "count": fault.count,
        "status": fault.status,
        "processed": fault.processed,
        "share": fault.share,
    }


def _scripted(reply: Scripted) -> Json:
    headers: dict[str, list[str]] = {}
    for name, value in reply.headers:
        headers.setdefault(name, []).append(value)
    in_bytes = isinstance(reply.body, bytes)
    body = {"body_base64": base64.b64encode(reply.body).decode()} if in_bytes else {"body": reply.body}
    return {"status": reply.status, "headers": headers, **body}


def _drop_faults(world: World, _: Request) -> Reply:
    world.state.faults.waiting.clear()
    return Reply({"status": "ok"})


def _reset(world: World, _: Request) -> Reply:
    world.reset()
    return Reply({"status": "ok"})


def _open_session(world: World, request: Request) -> Reply:
    """Open a session as a sign-in makes it, without the sign-in."""
    account = _known(world, read(request, NamesAccount).account)
    return Reply({"account": account.username, "id": account.id, "session": world.open_session(account)}, 201)


def _end_sessions(world: World, request: Request) -> Reply:
    world.end_sessions(_known(world, read(request, NamesAccount).account))
    return Reply({"status": "ok"})


def _confirm(world: World, request: Request) -> Reply:
    """Let the owner confirm on the phone. Every open challenge ends."""
    world.solve(_known(world, read(request, NamesAccount).account))
    return Reply({"status": "ok"})


def _add_message(world: World, request: Request) -> Reply:
    """Let a person write to an account, or to a group that it is in."""
    command = read(request, MessageCommand)
    account, sender = _known(world, command.account), _somebody(world, command.username)
    others = [_somebody(world, name).id for name in command.others]
    world.catch_up()
    thread = world.state.mailbox.between(frozenset({account.id, sender.id, *others}))
    pending = world.unkind if command.pending is None else command.pending
    world.receive(account, sender, thread, command.text, command.kind, pending)
    return Reply({"status": "ok"}, 201)


def _set_script(world: World, request: Request) -> Reply:
    """Set a person's script. Answers that are on their way still come."""
    command = read(request, ScriptCommand)
    if command.username != EVERYBODY:
        _somebody(world, command.username)
    script = world.state.scripts[command.username] = Script(**command.model_dump(exclude={"username"}))
    return Reply({"username": command.username, **asdict(script)}, 201)


def _scripts(world: World, _: Request) -> Reply:
    return Reply([{"username": username, **asdict(script)} for username, script in world.state.scripts.items()])


def _set_follower(world: World, request: Request) -> Reply:
    command = read(request, FollowerCommand)
    world.catch_up()
    world.set_follower(_known(world, command.account), _somebody(world, command.username), command.follows)
    return Reply({"status": "ok"}, 201)


def _set_list(world: World, request: Request) -> Reply:
    """Set how an account is shown its own followers from now on."""
    command = read(request, ListCommand)
    _check_account(world, command.account)
    manner = world.state.lists[command.account] = ListManner(**command.model_dump(exclude={"account"}))
    return Reply({"account": command.account, **asdict(manner)}, 201)


def _lists(world: World, _: Request) -> Reply:
    return Reply([{"account": name, **asdict(manner)} for name, manner in world.state.lists.items()])


def _set_latency(world: World, request: Request) -> Reply:
    world.state.latency = read(request, LatencyCommand).ms / 1000
    return Reply({"status": "ok"})


def _add_limit(world: World, request: Request) -> Reply:
    command = read(request, LimitCommand)
    _check_account(world, command.account)
    world.state.limits.append(limit := Limit(**command.model_dump()))
    return Reply(asdict(limit), 201)


def _limits(world: World, _: Request) -> Reply:
    return Reply([asdict(limit) for limit in world.state.limits])


def _be_unkind(world: World, request: Request) -> Reply:
    """Set the refusals of an account from now on, in place of earlier ones."""
    command = read(request, UnkindCommand)
    _check_account(world, command.account)
    how = world.state.moods.told[command.account] = Unkindness(**command.model_dump(exclude={"account"}))
    return Reply({"account": command.account, **asdict(how)}, 201)


def _unkindness(world: World, _: Request) -> Reply:
    return Reply([{"account": name, **asdict(how)} for name, how in world.state.moods.told.items()])


def _move_clock(world: World, request: Request) -> Reply:
    world.move_clock(read(request, ClockCommand).seconds)
    return Reply({"now": datetime.fromtimestamp(world.now(), UTC).isoformat()})


ROUTES: dict[str, dict[str, Callable[[World, Request], Reply]]] = {
    "/health": {"GET": _health},
    "/accounts": {"GET": _accounts},
    "/people": {"GET": _people},
    "/ledger": {"GET": _ledger},
    "/requests": {"GET": _requests},
    "/phones": {"GET": _phones},
    "/faults": {"GET": _faults, "POST": _add_fault, "DELETE": _drop_faults},
    "/reset": {"POST": _reset},
    "/sessions": {"POST": _open_session},
    "/sessions/end": {"POST": _end_sessions},
    "/challenges/confirm": {"POST": _confirm},
    "/messages": {"POST": _add_message},
    "/scripts": {"GET": _scripts, "POST": _set_script},
    "/followers": {"POST": _set_follower},
    "/lists": {"GET": _lists, "POST": _set_list},
    "/limits": {"GET": _limits, "POST": _add_limit},
    "/unkindness": {"GET": _unkindness, "POST": _be_unkind},
    "/latency": {"POST": _set_latency},
    "/clock": {"POST": _move_clock},
}


def _known(world: World, username: str) -> Account:
    account = world.accounts.named(username)
    if account is None:
        raise Problem(422, "invalid fields", {"account": "no such account"})
    return account


def _check_account(world: World, name: str) -> None:
    """Check that the name is an account, or means all of them."""
    if name != EVERYBODY:
        _known(world, name)


def _somebody(world: World, username: str) -> Person:
    person = world.person_named(username)
    if person is None:
        raise Problem(422, "invalid fields", {"username": "nobody of that name"})
    return person
