import pytest

from bot.auth.session_list import list_all, list_in_use
from bot.auth.sessions import sessions
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.users.device_list import DeviceName, list_devices, name_device
from bot.users.sign_in import SignIn, sign_in
from tests.support.people import PASSWORD

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"


def signed_in_on(user, device="", agent=FIREFOX):
    """Return the user who signs in there, and the device's next cookie."""
    signed = sign_in(SignIn(username=user.username, password=PASSWORD), Visitor("192.0.2.1", agent, device))
    return sessions.find(signed.token, "bearer"), signed.device_token


def test_a_device_is_listed_with_its_name_and_known_again(alice, clock):
    first, cookie = signed_in_on(alice)
    (device,) = [one for one in list_devices(first) if one.current]
    assert (device.name, device.described) == (None, "Firefox on Windows")
    name_device(first, device.id, DeviceName(name="  Laptop\nat home "))
    clock.advance(hours=1)
    again, _ = signed_in_on(alice, cookie)
    (same,) = [one for one in list_devices(again) if one.current]
    assert (same.id, same.name, same.last_used_at) == (device.id, "Laptop at home", clock.moment)
    assert {one.device_name for one in list_in_use(again) if one.device == "Firefox on Windows"} == {"Laptop at home"}


def test_devices_of_others_cannot_be_seen_or_named(alice, bob):
    mine, _ = signed_in_on(alice)
    theirs, _ = signed_in_on(bob)
    device = next(one for one in list_devices(mine) if one.current)
    assert device.id not in {one.id for one in list_devices(theirs)}
    with pytest.raises(BotException) as refused:
        name_device(theirs, device.id, DeviceName(name="mine now"))
    assert refused.value.name == "DEVICE_NOT_FOUND"


def test_administrators_do_not_see_what_others_call_their_devices(alice, ada):
    who, _ = signed_in_on(alice)
    device = next(one for one in list_devices(who) if one.current)
    name_device(who, device.id, DeviceName(name="a secret place"))
    admin, _ = signed_in_on(ada)
    assert {one.device_name for one in list_all(admin, 100, None).items if one.user_id == alice.id} == {None}
