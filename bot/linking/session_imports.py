"""Linking by a session that the owner of the account already has."""

import json

from sqlalchemy import select

from bot.inputs.instagram_sessions import account_of, read_session
from bot.linking import proxy as linking_proxy
from bot.linking.link_forms import ImportSession
from bot.linking.requests import WAIT_SECONDS, Answer, ask, proxied
from bot.phones.choice import choose_phone
from bot.storage.models import AccountRequest, InstagramCredentials
from bot.storage.models.values import RequestKind
from bot.storage.tenancy import tenant


def import_session(
    user_id: str, params: ImportSession, *, sign_in_id: str | None = None, wait: float = WAIT_SECONDS
) -> Answer:
    """Ask a worker to prove a session and to link its account. Raises INVALID_INPUT and what `link` raises."""
    settings = read_session(params.session)
    proxy = linking_proxy.check_proxy(params.proxy).url if params.proxy else None
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        known = account if account and account.instagram_id in (None, account_of(settings)) else None
        known_by = known.username if known else account_of(settings)
        phone = choose_phone(session, known_by, params, proxy=proxied(known, proxy), brought=settings)
    request = AccountRequest(kind=RequestKind.IMPORT, params=phone.dump(), sign_in_id=sign_in_id)
    return ask(user_id, request, secret=json.dumps([json.dumps(settings), proxy]), wait=wait)
