"""Meanings of headers, in the languages and spellings of tables."""

import pytest

from bot.recipients.headers import FIRST_NAME, FULL_NAME, INSTAGRAM, LAST_NAME, NAME, OTHER, USER, USERNAME, header_kind

HEADERS = {
    USERNAME: (
        "username|Username|USERNAME|user_name|user-name|User Name|userName|UserName| username |Username:|profileUrl"
        "|profile_url|Profile URL|user handle|Screen name|screenName|Social handle"
        "|Benutzername|benutzer-name|Nutzername|Profilname|Profil-Link|nom d'utilisateur|Nom d’utilisateur"
        "|NOM_UTILISATEUR|nombre de usuario|nome de usuário|nome de usuario"
        "|Nome de utilizador|nome utente|Nome profilo|gebruikersnaam|nazwa użytkownika"
        "|Nazwa uzytkownika|kullanıcı adı|KULLANICI ADI|Kullanici Adi|имя пользователя"
        "|ИМЯ_ПОЛЬЗОВАТЕЛЯ|Никнейм|Ссылка на профиль"
    ),
    INSTAGRAM: (
        "Instagram|insta|IG|Instagram Username|instagramHandle|instagram_handle|IG username|ig-handle|IGHandle"
        "|Instagram profile URL|Instagram link|Instagram-Profil|Instagram Benutzername|Compte Instagram"
        "|Nom d’utilisateur Instagram|Usuario de Instagram|Nombre de usuario de Instagram|Perfil do Instagram"
        "|Nome utente Instagram|Gebruikersnaam Instagram|Nazwa użytkownika na Instagramie|Link do Instagrama"
        "|Instagram kullanıcı adı|Ник в Instagram|Инстаграм|Аккаунт в инстаграме"
    ),
    USER: "handle|Handles|Account name|nom du compte|Nombre de la cuenta|Accountnaam|nazwa konta|hesap adı"
    "|the_insta|my.instagram|user|User|account|Profile|login|Nick|Instagram name|Instagram ID"
    "|Nutzer|Compte|usuario|Usuário|utente"
    "|gebruiker|użytkownik|kullanıcı|пользователь|Логин",
    FULL_NAME: (
        "full_name|fullName|Full Name|FULLNAME|Display name|displayName|Vollständiger Name|Vor- und Nachname"
        "|nom complet"
        "|Prénom et nom|nombre completo|Nombre y apellidos|nome completo|nome e cognome|Volledige naam|imię i nazwisko"
        "|Ad Soyad|adı soyadı|Полное имя|ФИО|Instagram full name"
    ),
    NAME: "name|Name|NAME|nom|Nombre|nome|naam|ad|İsim|имя",
    FIRST_NAME: "first_name|firstName|First Name|FNAME|Given name|Vorname|prénom|Prenom|primeiro nome|voornaam|Imię",
    LAST_NAME: "last_name|lastName|Surname|Nachname|nom de famille|apellidos|sobrenome|cognome|achternaam|nazwisko"
    "|soyadı|Фамилия",
    OTHER: "Notes|E-Mail|email_address|Phone|Telefon|Stadt|ville|ciudad|followers|Follower Count|is_private"
    "|Città|Şehir",
    None: (
        "anna_k|@anna_k|Followers of @coffee|Anna Kim|anna|12|Instagram followers|instagram_email|ig bio|in|the|"
        "https://www.instagram.com/anna_k|!|username is required"
    ),
}


@pytest.mark.parametrize(
    ("header", "kind"), [(header, kind) for kind, headers in HEADERS.items() for header in headers.split("|")]
)
def test_a_header_is_known_in_every_spelling(header, kind):
    assert header_kind(header) == kind


def test_a_long_cell_is_no_header_and_costs_nothing():
    assert header_kind("username " * 100_000) is None
