"""What headers, titles, notes and answers say of the accounts beside them."""

import json
from contextlib import suppress

import pytest

from bot.core.errors import BotException
from bot.recipients.reading import Unsure, parse_csv, parse_pasted

BESIDE = [
    "please remove @anna_k",
    "remove: @anna_k",
    "don't write to @anna_k",
    "@anna_k is a scammer, block her",
    "@anna_k wants no messages",
    "@anna_k never wants to hear of us",
    "@anna_k möchte keine Nachrichten",
    "@anna_k no quiere mensajes",
    "@anna_k ne veut pas de messages",
    "@anna_k non vuole messaggi",
    "@anna_k não quer mensagens",
    "@anna_k wil geen berichten",
    "@anna_k nie chce wiadomości",
    "@anna_k mesaj istemiyor, hiç",
    "@anna_k не хочет сообщений",
    "@anna_k, whom we met at the conference in Berlin last autumn, asked us: please do not contact",
    "all but @anna_k",
    "// @anna_k",
    "!@anna_k",
    "~~ @anna_k ~~",
]


@pytest.mark.parametrize("line", BESIDE)
def test_a_line_that_may_say_not_to_write_is_nobody(line):
    found = parse_pasted(f"@first\n{line}\n@last")
    assert [one.username for one in found.accepted] == ["first", "last"]
    assert [one.reason for one in found.rejected] == ["do_not_write"]


@pytest.mark.parametrize(
    "line",
    [
        "@anna_k: not contacted yet",
        "@anna_k, noch nicht angeschrieben",
        "@anna_k: todavía no contactada, nunca aún",
        "@anna_k met in Ulm",
        "@anna_k 5 stars",
    ],
)
def test_a_line_that_says_what_is_still_to_be_done_names_its_account(line):
    assert [one.username for one in parse_pasted(f"@first\n{line}").accepted] == ["first", "anna_k"]


@pytest.mark.parametrize("line", ["@everyone please follow", "hey @all!", "(@here) look"])
def test_a_mention_of_all_in_a_chat_is_nobody(line):
    found = parse_pasted(f"@first\n{line}")
    assert ([one.username for one in found.accepted], len(found.rejected)) == (["first"], 1)


@pytest.mark.parametrize("site", ["Substack", "PSN:", "Line ID", "Rednote", "Weibo:", "Xbox", "Lemon8:"])
def test_a_line_that_names_a_rarer_site_is_nobody(site):
    found = parse_pasted(f"@first\n{site} @anna_k")
    assert [(one.text, one.reason) for one in found.rejected] == [(f"{site} @anna_k", "other_site")]


ASKED = [
    "People who asked not to be contacted\n\nusername\nanna_k",
    "Bitte nicht mehr anschreiben!\n\nBenutzername\nanna_k",
    "Widerruf der Einwilligung\nBenutzername\nanna_k",
    "Ils ne veulent pas de messages\n\nusername\nanna_k",
    "Restricted accounts\n\nUsername\nanna_k",
    "username,stop\nanna_k,1\nben.b,0",
    "username,Stop?\nanna_k,yes\nben.b,no",
    "username,remove\nanna_k,x\nben.b,",
    "Username;gelöscht\nanna_k;ja",
]


@pytest.mark.parametrize("table", ASKED)
def test_a_title_or_header_that_may_say_not_to_write_is_asked_about(table):
    for read in (lambda: parse_csv(table.encode()), lambda: parse_pasted(table)):
        with pytest.raises(Unsure, match="may say that these people do not want messages"):
            read()


@pytest.mark.parametrize("title", ["Muted", "Haters", "list2024", "haters.csv"])
def test_one_word_above_the_header_of_a_list_is_its_title(title):
    try:
        found = parse_csv(f"{title}\nUsername\nanna_k\nben.b".encode())
    except Unsure:
        return
    assert [one.username for one in found.accepted] == ["anna_k", "ben.b"]
    assert [(one.text, one.reason) for one in found.rejected] == [(title, "above_header")]


@pytest.mark.parametrize(
    "note",
    ["please do not write", "STOP", "Opted out", "removed", "❌ blocked", "asked: do not contact", "no dm please"],
)
def test_a_note_that_says_not_to_write_rejects_its_row(note):
    found = parse_csv(f"username,note\nanna_k,{note}\nben.b,met in Ulm".encode())
    assert [one.username for one in found.accepted] == ["ben.b"]
    assert [one.reason for one in found.rejected] == ["do_not_write"]


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [
        ("Opt-in", "yes", "no"),
        ("consent", "TRUE", "FALSE"),
        ("opted_in", "1", "0"),
        ("Do you agree to be contacted?", "Yes", "No"),
        ("Einwilligung erteilt", "ja", "Nein"),
        ("Consentement", "oui", "non"),
        ("Acepta mensajes", "sí", "no"),
        ("Zgoda", "tak", "nie"),
        ("GDPR consent", "2024-01-01", "refused"),
        ("Согласие", "да", "нет"),
    ],
)
def test_who_answered_no_to_messages_is_not_written_to(header, yes, no):
    found = parse_csv(f"username,{header}\nanna_k,{yes}\nben.b,{no}".encode())
    assert [one.username for one in found.accepted] == ["anna_k"]
    assert [one.reason for one in found.rejected] == ["do_not_write"]


@pytest.mark.parametrize("name", ["YouTube", "Skip", "Stop", "Baja", "Twitter", "Block", "Remove"])
def test_a_name_says_nothing_of_its_person(name):
    found = parse_csv(f"username,full_name\nanna_k,{name}\nben.b,Ben".encode())
    assert ([one.username for one in found.accepted], found.rejected) == (["anna_k", "ben.b"], [])


@pytest.mark.parametrize(
    "column",
    ["Country Code\nanna_k,DE\nben.b,FR", "Lang\nanna_k,de\nben.b,fr", "custom1\nanna_k,red\nben.b,blue"],
)
def test_words_under_a_header_that_is_not_known_are_no_rivals_of_usernames(column):
    for read in (lambda: parse_csv(f"Username,{column}".encode()), lambda: parse_pasted(f"Username,{column}")):
        assert [one.username for one in read().accepted] == ["anna_k", "ben.b"]


@pytest.mark.parametrize("rival", ["Freundx\nanna_k,cai_c", "target_username\nanna_k,cai", "Barátok\nnike,anna"])
def test_handles_under_a_header_that_is_not_known_are_asked_about(rival):
    with pytest.raises(Unsure):
        parse_csv(f"Username,{rival}".encode())


@pytest.mark.parametrize(
    "text", ["handle\n@anna_k\n@ben.b", "Profil\nhttps://instagram.com/anna_k\n@ben.b", "Usuario\n@anna_k\n@ben.b"]
)
def test_a_known_header_above_accounts_that_are_all_marked_is_not_asked_about(text):
    for found in (parse_csv(text.encode()), parse_pasted(text)):
        assert [one.username for one in found.accepted] == ["anna_k", "ben.b"]


@pytest.mark.parametrize(
    "beside", [{"platform": "tiktok"}, {"note": "do not contact"}, {"site": "Twitter"}, {"name": "blocked"}]
)
def test_what_json_says_of_its_list_counts(beside):
    with pytest.raises(BotException) as caught:
        parse_csv(json.dumps({**beside, "usernames": ["anna_k"]}).encode())
    assert caught.value.name == "RECIPIENTS_JSON"
    fine = {"exported_at": "2024-01-01", "platform": "instagram", "usernames": ["anna_k"]}
    assert [one.username for one in parse_csv(json.dumps(fine).encode()).accepted] == ["anna_k"]


@pytest.mark.parametrize(
    "text", ["username\nanna_k\n{}", "username,note\nanna_k,{}", "@anna_k\n{} @ben", "@anna_k,{}", "{}\n@anna_k"]
)
@pytest.mark.parametrize("filler", ["x", "x.", "@", "/m"])
def test_a_very_long_text_is_read_in_time_that_grows_with_its_length_only(text, filler):
    # In the square of the length, each of these would take minutes.
    with suppress(BotException):
        parse_csv(text.format(filler * 100_000)[:200_000].encode())
