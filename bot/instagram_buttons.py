"""The labels of buttons in Instagram's lists of people, which are copied together with the usernames."""

from functools import cache

from bot.filters import plain
from bot.usernames import undressed

_LONGEST = 60
# The labels beside a person in Instagram's lists, in the ten languages.
_BUTTONS = (
    "follow, following, follow back, follow also, requested, remove, message, verified, unfollow, confirm, delete, "
    "followers, dismiss, see all, suggested for you, "
    "folgen, folge ich, gefolgt, abonniert, abonnieren, zurückfolgen, auch folgen, angefragt, anfrage gesendet, "
    "entfernen, nachricht, nachricht senden, verifiziert, bestätigen, löschen, "
    "suivre, suivi, suivi(e), suivie, abonné, abonné(e), s'abonner, suivre en retour, s'abonner en retour, demandé, "
    "demande envoyée, supprimer, retirer, écrire, contacter, envoyer un message, vérifié, confirmer, "
    "seguir, siguiendo, seguir también, solicitado, pendiente, eliminar, quitar, mensaje, enviar mensaje, verificado, "
    "verificada, confirmar, "
    "segui, segui già, segui anche tu, ricambia, richiesta effettuata, richiesta inviata, rimuovi, messaggio, "
    "invia messaggio, verificato, verificata, conferma, elimina, "
    "seguindo, a seguir, seguir de volta, seguir também, pedido, pedido enviado, remover, mensagem, enviar mensagem, "
    "excluir, "
    "volgen, volgend, terugvolgen, ook volgen, aangevraagd, gevraagd, verwijderen, bericht, bericht sturen, "
    "geverifieerd, bevestigen, "
    "obserwuj, obserwujesz, obserwowanie, obserwuj również, obserwuj także, wysłano prośbę, poproszono, usuń, "
    "wiadomość, wyślij wiadomość, zweryfikowano, zweryfikowany, potwierdź, "
    "takip et, takip, takiptesin, takip ediliyor, sen de takip et, istek gönderildi, kaldır, çıkar, mesaj, "
    "mesaj gönder, doğrulanmış, onaylanmış, onayla, sil, "
    "подписаться, вы подписаны, подписки, подписаться в ответ, запрос отправлен, запрошено, удалить, сообщение, "
    "написать, отправить сообщение, подтвержденный, подтверждено, подтвердить"
)


def is_button(text: str) -> bool:
    """Whether a text is a label of Instagram's pages, as "Follow", so that without an @ it means no account."""
    return len(text) <= _LONGEST and plain(undressed(text)).strip(" ·•.") in _buttons()


@cache
def _buttons() -> frozenset[str]:
    return frozenset(plain(label.strip()) for label in _BUTTONS.split(","))
