"""Words that are no usernames: what cells, buttons and lists say."""

import pytest

from bot.recipients.ordinary_words import is_list_word, is_ordinary_word, names_do_not_write

ORDINARY = """no yes Yes ja nein kein nope idk ditto same unknown hidden private deleted x TRUE FALSE n_a test oui
sí não evet
active pending done total Total sum end page Follow Following Requested Remove Message Verified Folgen Suivre
Seguir Segui Volgen Obserwuj Entfernen tak nee"""
LISTS = """username_list user_list usernames_to_message dm_list igname accs members participants subscribers winners
teilnehmer abonnenten mitglieder gewinner
brukernavn kayttajatunnus utilizator korisnik uzivatel sledujici klienti
sheet1 column1 column_1 col1 spalte1 tabelle1 feuil1 hoja1 foglio1 arkusz1 field1 export csv list1 target_users
followers_export follower_list string values unknown test done sent inactive stop Members SHEET1"""
DO_NOT_WRITE = [
    *("blocklist", "blocked", "blacklist", "optout", "opt_out", "do_not_contact", "donotcontact", "unsubscribed"),
    *(
        "bounced",
        "Blocked",
        "Do not contact",
        "Opted out",
        "is_blocked",
        "Nicht anschreiben",
        "Lista negra",
        "Не писать",
    ),
]
PEOPLE = "anna_k ben.b anna annakim sales_joe anna.yes nodame coffee_list1990 jan maria stopmotion blockparty"


@pytest.mark.parametrize("word", ORDINARY.split())
def test_an_answer_a_state_a_total_and_a_button_are_no_usernames(word):
    assert is_ordinary_word(word)


@pytest.mark.parametrize("word", [*LISTS.split(), *DO_NOT_WRITE])
def test_what_a_list_is_called_is_known(word):
    assert is_list_word(word)


@pytest.mark.parametrize("text", DO_NOT_WRITE)
def test_a_list_of_people_not_to_write_to_is_known(text):
    assert names_do_not_write(text)


@pytest.mark.parametrize("word", PEOPLE.split())
def test_a_username_is_none_of_these_words(word):
    assert not any(known(word) for known in (is_ordinary_word, is_list_word, names_do_not_write))


def test_a_word_behind_an_at_is_a_person():
    assert not is_ordinary_word("@yes")
