"""The phone that an owner names, from the list or in the words of its app."""

import pytest

from bot.core.errors import BotException
from bot.phones.hardware import CLIENT_PHONE, PHONES, hardware_of, read_hardware, shown

OWN = "33/13; 420dpi; 1080x2400; OnePlus; LE2113; OnePlus9; qcom"


@pytest.mark.parametrize("key", PHONES)
def test_each_phone_of_the_list_is_whole_and_known_again(key):
    assert all(hardware_of(key).values())
    assert shown(hardware_of(key)) == PHONES[key]


@pytest.mark.parametrize(
    "typed", [OWN, f"  {OWN} ", f"Instagram 300.1.0.0.1 Android ({OWN}; de_DE; 1)", OWN.replace("; ", ";")]
)
def test_a_phone_is_read_from_what_its_app_says(typed):
    read = read_hardware(typed)
    assert read["model"] == "LE2113"
    assert (read["android_version"], read["android_release"], read["cpu"]) == (33, "13", "qcom")
    assert shown(read) == "Oneplus LE2113"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Galaxy S23",
        "33/13; 420dpi; 1080x2400; OnePlus; LE2113",
        "x/13; 420dpi; 1080x2400; OnePlus; LE2113; OnePlus9; qcom",
        "2/13; 420dpi; 1080x2400; OnePlus; LE2113; OnePlus9; qcom",
        "33/13; large; 1080x2400; OnePlus; LE2113; OnePlus9; qcom",
        OWN.replace("1080x2400", "000x000"),
        OWN.replace("1080x2400", "1080x0240"),
        OWN.replace("420dpi", "000dpi"),
        "33/13; 420dpi; 1080; OnePlus; LE2113; OnePlus9; qcom",
        "33/13; 420dpi; 1080x2400; \U0001f600; LE2113; OnePlus9; qcom",
        "33/; 420dpi; 1080x2400; OnePlus; LE2113; OnePlus9; qcom",
        "iPhone14,2; iOS 17_0; en_US; scale=3.00; 1170x2532; 1; 2; 3",
    ],
)
def test_what_is_no_android_phone_is_refused(typed):
    with pytest.raises(BotException, match="INVALID_INPUT") as caught:
        read_hardware(typed)
    assert caught.value.meta["errors"][0]["field"] == "own_phone"


def test_the_default_is_in_the_list():
    assert CLIENT_PHONE in PHONES
