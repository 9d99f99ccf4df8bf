"""Requests of a client before it signs in: its device, its attestation, the password key."""

import json

from sandbox.calls import bloks
from sandbox.routing import Call, Table
from sandbox.wire import Refused, Reply, ok

ACCESS_CONTEXT = "sandbox-access-context"
CHALLENGE_NONCE = "sandbox-attestation-nonce"

table = Table()


@table.post("/graphql_www", "device", public=True)
def register_device(call: Call) -> Reply:
    if call.form.get("fb_api_req_friendly_name") == "IGUSDIDRegistrationMutation":
        return ok(data={"1$usdid_registration(input:$input)": {"success": True}})
    return ok(data={})


@table.get("qe/sync/", "encryption_key", public=True)
@table.post("qe/sync/", "encryption_key", public=True)
def encryption_key(call: Call) -> Reply:
    return Reply({"status": "ok"}, headers=[*call.world.password_key.headers, ("ig-set-x-mid", "ZSANDBOXMID")])


@table.post("launcher/sync/", "prepare_login", public=True)
def launcher(_: Call) -> Reply:
    return ok()


@table.post(bloks.path(f"{bloks.SIGN_IN}.process_client_data_and_redirect"), "prepare_login", public=True)
def process_client_data(_: Call) -> Reply:
    return bloks.screen("", {"data": {"key": "CAA_ACCOUNT_ACCESS_CONTEXT:aac", "initial": ACCESS_CONTEXT}})


@table.post(bloks.path("com.bloks.www.caa.login.oauth.token.fetch.async"), "prepare_login", public=True)
def fetch_tokens(_: Call) -> Reply:
    return bloks.screen()


@table.post("attestation/create_android_keystore/", "prepare_login", public=True)
def attestation(_: Call) -> Reply:
    return ok(challenge_nonce=CHALLENGE_NONCE, key_nonce="sandbox-key-nonce")


def check_prepared(call: Call, access_context: str) -> None:
    """Refuse a sign-in that skipped the steps above."""
    attested = call.request.headers.get("x-ig-attest-params", "")
    if access_context != ACCESS_CONTEXT or json.dumps(CHALLENGE_NONCE) not in attested:
        raise Refused(400, "Invalid parameters", error_type="field_exception")
