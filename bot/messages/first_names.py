"""The first name in a full name, if it surely has one: no title, article, company or rank."""

import re
import unicodedata
from collections.abc import Iterator

from bot.core.display_names import JOINERS, is_garbled
from bot.core.phrases import plain
from bot.recipients.headers import FIRST_NAME, FULL_NAME, LAST_NAME, NAME, header_kind

# Letters with their marks, with apostrophes and hyphens inside, in the signs of _sign.
_WORD = re.compile(r"[LM0]+(?:-[LM0]+)*")
_NEXT_PART = re.compile(r"[|•·/\\;:(){}\[\]~]|\s[-–—]\s|\s[x×]\s")
_LIST_NUMBER = re.compile(r"\A\s*\d{1,4}[.)]\s")
_DOMAIN = re.compile(r"\w\.(?:com|net|org|info|io|co|de|fr|es|it|nl|pl|pt|br|ru|tr|uk|us|at|ch|eu|shop|store)\b")
_VOWELS = frozenset("aeiouyäöüœæø")


def _words_of(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in text.split())


_TITLES = _words_of(
    "mr mrs ms miss mister mx dr doctor doc prof professor rev reverend fr sir lady lord dame madam capt captain "
    "coach chef dj mc saint st ing dipl mag phd msc herr herrn frau fräulein hr me mme mlle mm monsieur madame "
    "mademoiselle maître docteur professeur sr sra srta señor señora señorita don doña dra profa lic senhor "
    "senhora dona seu sig signor signore signora signorina dott dottssa dottore dottoressa avv dhr mevr mevrouw "
    "meneer heer drs pan pani bay bayan sayın hoca av doç г-н г-жа господин госпожа гн гжа доктор профессор "
    "mudr mvdr mddr judr phdr rndr paeddr mgr bc eng engr arq arch adv dipling"
)
_NO_NAMES = _words_of(
    "the a an and our my your we us i im its it this that hi hello hey hola hallo ciao salut bonjour oi welcome "
    "team der die das den dem ein eine mein meine unser unsere wir ich und le la les l un une des du mon ma nos "
    "notre nous et el los las lo una unos mi mis nuestra nuestro y o os as um uma meu minha nosso nossa e il gli "
    "uno mio mia i nostro nostra het een de mijn onze ons en nasz nasza nasze moje moj moja bir bizim benim ve "
    "это наш наша мой моя official officiel oficial ufficiale resmi just only not no yes new best all my_ private "
    "privat user instagram username admin info contact support "
    "van von vom di da del della dos ten ter te by bei par por from she he they her him them his hers theirs "
    "queen king prince princess baby boss girl boy mom mum mama mommy mummy dad daddy papa mother father wife husband "
    "bride babe goddess lover life proud happy crazy little big young old two three single future former ex based est "
    "since founder ceo owner artist author writer blogger actor actress dancer photographer traveler traveller foodie "
    "student nurse lawyer teacher mutter vater mami papi königin könig prinzessin prinz mädchen mädels maman père mère "
    "reina princesa mamá papá chica mamãe mãe pai rainha mamma ragazza moeder vader koningin koning królowa król "
    "księżniczka kraliçe kral prenses королева король принцесса мама папа"
)
_COMPANIES = _words_of(
    "inc llc ltd limited gmbh ag ug kg ohg gbr ev mbh sarl sas sasu sa sl slu srl spa ltda eireli bv nv vof ooo "
    "ооо ип ао зао sp zoo as a.ş şti co corp corporation company group gruppe groupe grupo gruppo grupa holding "
    "enterprises partners agency agentur agence agencia agência agenzia agencja ajans агентство studio studios "
    "estudio atelier shop store boutique shoppe laden geschäft magasin tienda loja negozio winkel sklep mağaza "
    "dükkan магазин cafe café caffè kaffee coffee kahve кофе кофейня kawiarnia cafeteria coffeehouse roasters "
    "rösterei bakery bäckerei boulangerie pâtisserie panadería padaria panetteria bakkerij piekarnia fırın "
    "пекарня restaurant ristorante restaurante restauracja restoran ресторан bar pub bistro grill pizzeria "
    "trattoria osteria taverna kitchen küche cuisine cocina cucina hotel hostel hôtel resort apartments spa salon "
    "salón salone friseur barber barbershop coiffeur nails beauty kosmetik fitness gym yoga pilates crossfit club "
    "klub verein association asociación associação associazione stowarzyszenie dernek foundation stiftung "
    "fondation fundación fondazione fundacja vakfı фонд school schule école escuela escola scuola academy "
    "akademie académie academia accademia akademia университет universität university université universidad "
    "universidade università clinic klinik clinique clínica praxis pharmacy apotheke museum galerie gallery "
    "galería galleria theater theatre festival events eventi magazine magazin news media medien films film "
    "records music musik band orchestra design designs interiors fashion mode moda clothing jewelry jewellery "
    "schmuck photography fotografie photographie fotografía fotografia photo photos foto fotos travel reisen "
    "voyages viajes viagens viaggi tours food foods recipes rezepte blog vlog podcast tv radio fc sc sv vfb vfl "
    "tsv cf ac fk church kirche église iglesia igreja chiesa real immobilien immobilier realty consulting "
    "beratung solutions services service systems digital marketing tech technologies software labs lab shopping "
    "outlet market markt marché mercado mercato flowers blumen fleurs flores fiori garden gardens garten farm hof "
    "ranch winery weingut vineyard brewery brauerei motors auto autos cars garage werkstatt house home homes haus "
    "fans fanpage page community network choice"
)
# These follow a word of no name: "Mom of 3", "Alexander the Great".
_OF_PHRASES = _words_of("of the to for with without in on at is are loves & your my")
# Programs write these in place of a missing name.
_MISSING = _words_of("nan null none nil undefined unknown unnamed anonymous n/a na nat noname test deleted")


def first_name(full_name: str) -> str:
    """Return the first name as written in the full name, or an empty string if it is not certain."""
    words, titles = _split(full_name)
    # A title and one more word is a surname.
    if titles and len(words) < 2:
        return ""
    return words[0] if words and _may_be_name(words[0]) and not _VOWELS.isdisjoint(_sounds(words[0])) else ""


def given_name(text: str) -> str:
    """Return the first name that a table gives, "Anna Maria" too, or an empty string if it is none."""
    words, _ = _split(text)
    if not words or not _may_be_name(words[0]):
        return ""
    whole = " ".join(words)
    return whole if whole in " ".join(text.split()) and all(_may_be_name(word) for word in words) else words[0]


def _split(text: str) -> tuple[list[str], int]:
    """Return the words of a name without titles, and the number of titles. There are no words if it is no person."""
    text = _LIST_NUMBER.sub("", text, count=1)
    part = next((part for part in _NEXT_PART.split(text) if any(char.isalpha() for char in part)), "")
    words = [word for word in _words(part) if any(char.isalnum() for char in word)]
    if is_garbled(text) or _is_header(text):
        return [], 0
    known = [_known(word) for word in words]
    if set(known) <= _MISSING or not _COMPANIES.isdisjoint(known) or _DOMAIN.search(part.lower()):
        return [], 0
    # Either the surname comes first, or it is a list of roles.
    if len(words) > 1 and "," in part.split()[0]:
        return [], 0
    if not _OF_PHRASES.isdisjoint(word.lower() for word in part.split()[1:]):
        return [], 0
    titles = next((at for at, word in enumerate(known) if word not in _TITLES), len(words))
    return words[titles:], titles


def _known(word: str) -> str:
    return plain(word).replace("'", "").replace("’", "")


def _may_be_name(word: str) -> bool:
    known, letters = _known(word), [char for char in word if char.isalpha()]
    if known in _NO_NAMES or _is_header(word) or any(char.isdigit() for char in word) or not letters:
        return False
    # "Nan" is a name, and programs write "nan".
    if known in _MISSING and word != "Nan":
        return False
    # One letter is an initial, except in scripts without capitals.
    return len(letters) > 1 or letters[0].lower() == letters[0].upper()


def _is_header(text: str) -> bool:
    return header_kind(text) in (FULL_NAME, NAME, FIRST_NAME, LAST_NAME)


def _sounds(word: str) -> frozenset[str]:
    """Return its possible sounds as letters. A word that is spelled out, like BMW, has no vowels."""
    known = _known(word)
    return frozenset(known) if known.isascii() else _VOWELS


def _words(text: str) -> Iterator[str]:
    signs = "".join(_sign(char) for char in text)
    for found in _WORD.finditer(signs):
        word = text[found.start() : found.end()].rstrip(JOINERS)
        yield word.lstrip("".join(char for char in word if _sign(char) == "M"))


def _sign(char: str) -> str:
    if char.isalpha():
        return "L"
    if char in JOINERS or unicodedata.category(char)[0] == "M":
        return "M"
    if char.isdigit():
        return "0"
    return "-" if char in "-'’ʼ‐" else " "
