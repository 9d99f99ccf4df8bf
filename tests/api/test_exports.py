import io
import json
from zipfile import ZipFile

from tests.api.caller import refusal


def test_a_user_takes_everything_along_as_a_zip(calls, ready):
    response = calls(ready).get(f"/users/{ready.id}/export")
    assert response.headers["Content-Disposition"] == "attachment; filename=troupe_alice_20260310T120000Z.zip"
    assert response.headers["Cache-Control"] == "no-store"
    with ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        (user,) = json.loads(archive.read("users.json"))
        (account,) = json.loads(archive.read("instagram_credentials.json"))
    assert (user["username"], account["username"]) == ("alice", "insta.name")


def test_nobody_takes_along_what_is_anothers(calls, alice, bob, ada):
    for caller in (calls(bob), calls(ada)):
        assert refusal(caller.get(f"/users/{alice.id}/export")) == (404, "USER_NOT_FOUND")
