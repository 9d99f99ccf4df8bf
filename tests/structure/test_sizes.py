from statistics import median

from tests.structure.source import all_files, functions, lines_of, product_files, shown

MAX_MODULE = 350
MAX_FUNCTION = 50


def test_no_module_holds_two_nouns():
    lengths = {shown(path): len(path.read_text().splitlines()) for path in all_files()}
    assert {name: length for name, length in lengths.items() if length > MAX_MODULE} == {}


def test_no_function_does_two_things():
    long = {
        f"{shown(path)}:{function.name}": lines_of(function)
        for path in all_files()
        for function in functions(path)
        if lines_of(function) > MAX_FUNCTION
    }
    assert long == {}


def test_most_functions_are_short():
    assert median(lines_of(function) for path in product_files() for function in functions(path)) < 10
