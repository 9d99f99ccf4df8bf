"""Settings of instagrapi that an imported session must not bring, each with a value that would be seen."""

from typing import Any

# How to connect, how often to try, how long to wait, and the version of the app belong to this server.
HARMFUL: dict[str, Any] = {
    "tls_verify": False,
    "request_timeout": 60,
    "private_transport": "requests",
    "public_transport": "requests",
    "public_transport_impersonate": "chrome",
    "session_retry_total": 9,
    "session_retry_backoff_factor": 9,
    "session_retry_statuses": [200],
    "public_request_retries_count": 99,
    "public_request_retries_timeout": 99,
    "proxy": "http://127.0.0.1:9",
    "user_agent": "Instagram 1.0.0 Android",
    "public_user_agent": "Instagram 1.0.0 Android",
    "public_graphql_user_agent": "Instagram 1.0.0 Android",
    "override_app_version": True,
    "handle_exception": "os.system",
    "__class__": "Client",
}
