"""The clients that are made."""

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from jobs.instagram import Endpoint
from jobs.instagram.factory import close, device_of, device_settings, new_client
from jobs.instagram.wire import Deadline


def test_the_device_signs_as_its_key_says() -> None:
    client = new_client(Endpoint(), {}, Deadline(1))
    client.usdid_generate()

    device, expires, signature = client.usdid_header().split(".")

    key = load_der_public_key(client.usdid_public_key_der)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    padded = signature + "=" * (-len(signature) % 4)
    key.verify(base64.urlsafe_b64decode(padded), f"{device}.{expires}".encode(), ec.ECDSA(SHA256()))
    assert device == client.usdid
    close(client)


def test_two_new_clients_are_two_devices_and_one_device_stays_one() -> None:
    clients = [new_client(Endpoint(), {}, Deadline(1)) for _ in range(2)]
    first, second = (device_settings(device_of(client)) for client in clients)
    again = new_client(Endpoint(), first, Deadline(1))

    assert first["uuids"] != second["uuids"]
    assert device_settings(device_of(again)) == first
    for client in (*clients, again):
        close(client)
