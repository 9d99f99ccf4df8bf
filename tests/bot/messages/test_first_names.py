"""First names in whole names: what surely is one, and the fallback for all else."""

import pytest

from bot.recipients.reading import Recipient, parse_csv
from tests.bot.messages.test_templates import text_for

NO_FIRST_NAMES = [
    *("1st Choice Cafe", "2Pac Shakur", "4ever Young", "24 Hours", "007", "N1na", "🎈 100"),
    *("Dr.", "Dr. Kim", "Mr. Smith", "Herr Müller", "Mme Dupont", "Г-н Иванов", "Prof. Dr. Kim", "St. Pauli"),
    *("nan", "NaN", "None", "null", "N/A", "undefined", "nan nan", "nan Kim", "Unknown", "Anonymous"),
    *("The Coffee Shop", "The", "Der Bäcker", "Le Petit Café", "La Tienda", "Il Forno", "Het Huis", "Our Story"),
    *("Coffee House", "ACME GmbH", "Müller & Co. KG", "Anna Photography", "Studio Anna", "Hotel Adlon", "Кофейня Анна"),
    *("FC Bayern", "BMW", "J. Smith", "A.", "annas-cafe.de", "Official Anna", "Team Anna", "Hi, I'm Anna"),
    *("Kim, Anna", "Ресторан Пушкин", "Kahve Dünyası", "Padaria Central", "Bakkerij Jansen", "Kawiarnia Nowa"),
    *("Jos\ufffd", "Jos\ufffd García", "Anna M\ufffdller", "JosÃ©", "JosÃ© GarcÃ\xada", "MÃ¼ller Anna", "RenÃ©e"),
    *("van der Berg", "von Trapp", "Van Gogh", "Di Maria", "she/her", "They/them", "By Anna", "by Anna Kim"),
    *("MUDr. Novák", "Eng. Silva", "Arq. Pérez", "JUDr. Nová"),
    *("Queen B", "Mom of 3", "Mama Bear", "King of Pop", "Maman de deux", "Reina", "Alexander the Great", "Papa Bär"),
    *("Lost in Paris", "Salt & Pepper", "Travel with Ben", "JosĂ© GarcĂ\xada", "Jos√©", "РђРЅРЅР°", "VoilÃ\xa0 Kim"),
]
FIRST_NAMES = {
    "Dr. Anna Kim": "Anna",
    "Prof. Dr. Anna Kim": "Anna",
    "Dr.Anna Kim": "Anna",
    "Frau Anna Müller": "Anna",
    "Mr John Smith": "John",
    "Anna | Photographer": "Anna",
    "Anna – Cafe Berlin": "Anna",
    "Anna • Travel": "Anna",
    "MUDr. Anna Nováková": "Anna",
    "Eng. João Silva": "João",
    "Arq. José Pérez": "José",
    "Anna van der Berg": "Anna",
    "Anna (she/her)": "Anna",
    "José": "José",
    "RÓŻA": "RÓŻA",
    "Лі": "Лі",
    "SÃO Paulo": "SÃO",
    "Anne Roy": "Anne",
    "Regina": "Regina",
    "Ñandú Ávila": "Ñandú",
    "Nan Goldin": "Nan",
    "Lynn": "Lynn",
    "Li Wei": "Li",
    "İrem Kaya": "İrem",
    "Łukasz": "Łukasz",
    "d'Artagnan": "d'Artagnan",
    "李 明": "李",
}


@pytest.mark.parametrize("full_name", NO_FIRST_NAMES)
def test_what_is_no_first_name_is_the_fallback(full_name):
    assert text_for("Hi {first_name|there}!", full_name) == "Hi there!"
    assert text_for("Hi {first_name}!", full_name) == "Hi anna.m!"


@pytest.mark.parametrize(("full_name", "first"), FIRST_NAMES.items())
def test_a_first_name_is_found_beside_titles_and_trades(full_name, first):
    assert text_for("Hi {first_name|there}!", full_name) == f"Hi {first}!"


@pytest.mark.parametrize("full_name", ["Jos\ufffd", "JosÃ© GarcÃ\xada", "JosĂ©", "Jos√© Kim", "РђРЅРЅР° Kim"])
def test_a_garbled_whole_name_is_the_fallback(full_name):
    assert text_for("Hi {full_name|there}!", full_name) == "Hi there!"
    assert text_for("Hi {full_name}!", full_name) == "Hi anna.m!"
    assert parse_csv(f"username,full_name\nanna_k,{full_name}".encode()).accepted == [Recipient("anna_k")]
