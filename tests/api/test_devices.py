from tests.api.caller import field_codes, json_of, refusal


def test_devices_are_listed_and_named(calls, app, alice):
    signed = json_of(calls(None).post("/auth/login", json={"username": alice.username, "password": alice.password}))
    headers = {"Authorization": f"Bearer {signed['token']}"}
    (device,) = json_of(calls(None).get("/auth/devices", headers=headers))["items"]
    assert (device["name"], device["current"]) == (None, True)
    named = calls(None).patch(f"/auth/devices/{device['id']}", headers=headers, json={"name": "Phone"})
    assert [one["name"] for one in json_of(named)["items"]] == ["Phone"]
    sign_ins = json_of(calls(None).get("/auth/sessions", headers=headers))["items"]
    assert "Phone" in {one["device_name"] for one in sign_ins}


def test_a_device_of_nobody_and_a_name_that_is_none_are_refused(calls, alice):
    nowhere = "/auth/devices/00000000-0000-4000-8000-000000000000"
    assert refusal(calls(alice).patch(nowhere, json={"name": "Phone"})) == (404, "DEVICE_NOT_FOUND")
    for name in ("", " \n ", "x" * 65):
        assert field_codes(calls(alice).patch(nowhere, json={"name": name})).keys() == {"name"}
