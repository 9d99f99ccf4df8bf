"""Lists that were copied from Instagram's pages: no button and no display name is written to."""

import json

import pytest

from bot.recipients.reading import EVERY_WORD, Choice, parse_csv, parse_list, parse_pasted
from bot.recipients.recipient import Unsure

ANNA, BEN = ["anna_k"], ["anna_k", "ben.b"]
COPIED = {
    "anna_k\nAnna\nben.b\nBen": BEN,
    "anna_k\nAnna": ANNA,
    "Anna\nanna_k\nBen\nben.b": BEN,
    "anna_k\nAnna Kim\nben.b\nBen": BEN,
    "anna_k\nAnna\nFollow\nben.b\nBen\nFollow": BEN,
    "anna_k\nAnna\nRemove\nben.b\nBen\nRemove": BEN,
    "anna_k\nFollow\nben.b\nFollow": BEN,
    "anna_k\nanna\nFollow": ANNA,
    "anna_k\na.kim\nFollow": ANNA,
    "annak\na.kim\nFollow\nben.b\nFollow": ["ben.b"],
    "anna_k\n·\nFollow\na.kim\nRemove": [],
    "anna_k's profile picture\nanna_k\nAnna Kim\nFollow\nben.b's profile picture\nben.b\nBen\nFollow": BEN,
    "anna’s profile picture\nanna\na.kim\nFollow": ["anna"],
    "Profilbild von anna\nanna\nkim\nGefolgt": ["anna"],
    "Photo de profil de anna\nanna\nkim": ["anna"],
    "Foto del perfil de anna\nanna\nkim": ["anna"],
    "Foto de perfil de anna\nanna\nkim": ["anna"],
    "Foto do perfil de anna\nanna\nkim": ["anna"],
    "Immagine del profilo di anna\nanna\nkim": ["anna"],
    "Profielfoto van anna\nanna\nkim": ["anna"],
    "Zdjęcie profilowe użytkownika anna\nanna\nkim": ["anna"],
    "anna adlı kişinin profil resmi\nanna\nkim": ["anna"],
    "Фото профиля anna\nanna\nkim": ["anna"],
    "@anna\nAnna\nFollow": ["anna"],
    "anna_k\nkim\nTakip Et": ANNA,
    "anna_k\nkim\nПодписаться": ANNA,
    "anna_k\nkim\nFolge ich": ANNA,
}


@pytest.mark.parametrize(("text", "people"), COPIED.items())
def test_only_what_is_surely_a_username_is_taken_from_a_copied_list(text, people):
    found = parse_pasted(text, Choice(header=False))
    assert [one.username for one in found.accepted] == people
    assert {one.reason for one in found.rejected} <= {"may_be_name", "button", "not_a_username"}


@pytest.mark.parametrize("text", COPIED)
def test_a_copied_list_as_a_file_is_asked_about_or_read_alike(text):
    try:
        found = parse_csv(text.encode(), Choice(header=False))
    except Unsure:
        return
    assert [one.username for one in found.accepted] == COPIED[text]


def test_what_may_be_a_display_name_is_told_with_its_line():
    found = parse_pasted("anna_k\nAnna\nFollow\nben.b\nben\nFollow")
    assert [(one.line, one.text, one.reason) for one in found.rejected] == [
        (2, "Anna", "may_be_name"),
        (3, "Follow", "button"),
        (5, "ben", "may_be_name"),
        (6, "Follow", "button"),
    ]


def test_words_that_a_person_confirms_are_people_but_for_buttons():
    found = parse_pasted("anna_k\nAnna\nFollow\nben.b\nBen", Choice(column=EVERY_WORD))
    assert [one.username for one in found.accepted] == ["anna_k", "anna", "ben.b", "ben"]
    assert [(one.line, one.reason) for one in found.rejected] == [(3, "button")]


TYPED = [
    "anna\nben\ncai",
    "Anna\nBen\nCai",
    "anna\nBen\ncai",
    "anna_1\nben.b\nCai",
    "Anna_K\nBen.b\ncai",
    "a_1\nb_2\nAnna\nc_3\nd_4\nBen\ne_5\nf_6\ng_7",
]


@pytest.mark.parametrize("text", TYPED)
def test_a_list_that_was_typed_stays_one_person_a_line(text):
    found = parse_pasted(text, Choice(header=False))
    assert [one.username for one in found.accepted] == text.lower().split()


@pytest.mark.parametrize(
    "button",
    [
        *("Follow", "following", "REQUESTED", "Remove", "Message", "verified", "Folgen", "angefragt", "suivre"),
        *("seguir", "siguiendo", "segui", "rimuovi", "seguindo", "remover", "volgen", "aangevraagd", "obserwuj"),
        *("quitar", "verificata", "gevraagd", "close_friends"),
    ],
)
def test_a_button_is_a_person_only_behind_an_at_sign(button):
    assert [(one.text, one.reason) for one in parse_list([button]).rejected] == [(button, "button")]
    assert [one.username for one in parse_list([f"@{button}"]).accepted] == [button.lower()]
    listed = json.dumps({"usernames": [button, "anna_k"]})
    assert [one.username for one in parse_pasted(listed).accepted] == ["anna_k"]
    table = f"username,full_name\n{button},Anna\nben.b,Ben"
    assert [one.username for one in parse_csv(table.encode()).accepted] == ["ben.b"]
