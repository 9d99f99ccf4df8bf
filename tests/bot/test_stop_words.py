"""Answers that ask to be left alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stop_words import asks_to_stop
from tests.support.growth import growth


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "STOP!!!",
        "Stooooop",
        "please stop, I do not know you",
        "stop✋",
        "_stop_",
        "#stop",
        "ｓｔｏｐ",
        "Unsubscribe",
        "opt out",
        "Leave me alone",
        "leave me... ALONE",
        "Don't message me",
        "Don’t message me",
        "dont message me again",
        "do not\nwrite to me",
        "never contact me",
        "I don't want any of this",
        "no more messages pls",
        "Remove me from your list",
        "Not interested.",
        "no thanks",
        "I'll block you",
        "Hör auf damit",
        "HÖR AUF",
        "hoer auf",
        "Lass mich bitte in Ruhe",
        "Schreiben Sie mir nicht mehr",
        "Kein Interesse",
        "Keine Nachrichten mehr bitte",
        "nein danke",
        "Arrête",
        "arretez-vous",
        "Laissez-moi tranquille",
        "laissez moi",
        "N'écrivez plus",
        "n’ecris plus",
        "Pas intéressée",
        "Foutez-moi la paix",
        "ne me contactez plus",
        "Déjame en paz",
        "dejame en paz",
        "¡Basta!",
        "No me escribas más",
        "no estoy interesada",
        "deja de escribirme",
        "Pare de me mandar mensagens",
        "Não me mande mensagem",
        "nao tenho interesse",
        "Me deixa em paz",
        "Smettila",
        "lasciami in pace",
        "Non scrivermi più",
        "Non sono interessato",
        "Hou op",
        "Laat me met rust",
        "Geen interesse",
        "stuur me geen berichten",
        "Przestań",
        "Nie pisz do mnie",
        "daj mi spokój",
        "nie wysylaj",
        "Beni rahat bırak",
        "BENİ RAHAT BIRAK",
        "mesaj atmayın",
        "Rahatsız etmeyin",
        "ilgilenmiyorum",
        "Отстань",
        "Не пишите мне больше",
        "не беспокойте",
        "Оставьте меня в покое",
        "Хватит!",
    ],
)
def test_who_asks_to_be_left_alone_is_understood(text):
    assert asks_to_stop(text)
    assert asks_to_stop(f"Hey. {text} 🙏")


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No.",
        "NOOO!!!",
        "no no no",
        "no 🙏",
        "No, please",
        "nope",
        "Nein",
        "nein, bitte",
        "Non",
        "não",
        "nao",
        "Nee",
        "nie",
        "hayır",
        "HAYIR",
        "нет",
        "Не надо, спасибо",
        "Para",
        "¡Para, por favor!",
        "pare",
        "dość",
        "dur",
        "get lost",
        "spam",
    ],
)
def test_a_no_counts_as_the_whole_answer(text):
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "no idea, tell me more",
        "No problem!",
        "I have no time today, tomorrow?",
        "Esto es para ti",
        "Mi pare bello",
        "Parę dni",
        "Nein, das ist toll",
        "non lo so",
        "C'est non négociable",
        "nie wiem",
        "Sorry, it went to spam",
        "good enough",
        "dość dobre",
        "не знаю",
    ],
)
def test_a_no_within_a_sentence_does_not(text):
    assert not asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "🙏",
        "...",
        "Thanks!",
        "a stopover in Rome",
        "nonstop",
        "non-stop music",
        "unstoppable",
        "bastante bien",
        "Let me know",
        "Lass mich wissen",
        "Lass es mich wissen",
        "Déjame saber",
        "me deixa feliz",
        "Interested!",
        "Ich bin interessiert",
        "Je suis intéressée",
        "envoie plus d'infos",
        "me contacter plus tard",
        "Ich habe keine Nachricht bekommen",
        "Write me",
        "schreib mir",
        "пишите мне",
        "yazmak",
        "Ya!",
        "Ne?",
        "hörst du auch Musik",
    ],
)
def test_other_answers_are_left_as_they_are(text):
    assert not asks_to_stop(text)


def test_a_stop_word_in_another_sense_counts_all_the_same():
    assert asks_to_stop("can't stop smiling")


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("no soliciting", "NO  Soliciting, ok?"),
        ("ça m'énerve", "ca m’enerve"),
        ("ça m'énerve", "ca menerve"),
        ("сгинь", "Сгинь!"),
        ("别发了", "请你别发了谢谢"),
        ("🛑", "🛑🛑"),
        ("c++", "no C++"),
    ],
)
def test_the_users_own_words_count_too(own, text):
    assert not asks_to_stop(text)
    assert asks_to_stop(text, ["other", own])


@pytest.mark.parametrize("own", ["", "  ", "\u200b", "'", "soli", "\u0301"])
def test_own_words_that_are_none_or_part_of_others_stop_nobody(own):
    assert not asks_to_stop("It's soliciting, isn't it", [own])


@given(st.text())
def test_any_answer_can_be_read(text):
    assert asks_to_stop(text) in (True, False)
    assert asks_to_stop(f"{text} stop")


@given(st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=5))
def test_no_letters_before_or_behind_make_a_stop_word(letters):
    latin = re.sub(r"[^a-z]", "x", letters.lower())
    assert not asks_to_stop(f"q{latin}stop")
    assert not asks_to_stop(f"stopq{latin}")


@pytest.mark.parametrize("part", ["no ", "do not no не nie laissez ", "n'", "!", "no!_", "please ", "o"])
def test_the_work_of_reading_an_answer_grows_with_its_length_and_no_faster(part):
    assert not asks_to_stop(part * (10_000 // len(part)) + " maybe")
    assert growth(lambda size: asks_to_stop(part * (size // len(part)) + " maybe"), 2_500) < 8
