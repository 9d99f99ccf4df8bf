"""The signed-in account: its profile, its timeline, signing out."""

from sandbox.calls.shapes import own_profile
from sandbox.routing import Call, Table
from sandbox.wire import Reply, ok

table = Table()


@table.get("accounts/current_user/", "current_user")
def current_user(call: Call) -> Reply:
    return ok(user=own_profile(call.account))


@table.post("accounts/logout/", "logout")
def logout(call: Call) -> Reply:
    call.world.log_out(call.account, call.request)
    return ok()


@table.post("feed/timeline/", "timeline")
def timeline(_: Call) -> Reply:
    return ok(feed_items=[], num_results=0, more_available=False)
