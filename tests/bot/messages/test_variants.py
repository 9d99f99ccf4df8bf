"""Variants of a message: their names, and their texts."""

import pytest

from bot.messages.templates import parse, variant_text


@pytest.mark.parametrize(
    "template", ["{Hi|Hello|Hey} {first_name|there}, {nice|great} day", "{a|a|b}{c|}", "{{y}} {|b} {username}"]
)
def test_a_variant_names_the_choices_of_its_text(template):
    wording = parse(template)
    texts: dict[str | None, set[str]] = {}
    for key in map(str, range(200)):
        variant, text = wording.variant(key), wording.render("anna", "Anna", key)
        chosen = wording.chosen(variant).replace("{username}", "anna").replace("{first_name|there}", "Anna")
        assert chosen == text
        texts.setdefault(variant, set()).add(text)
    assert len(texts) == wording.variants
    assert all(len(text) == 1 for text in texts.values())


@pytest.mark.parametrize("template", ["Hi {first_name}", "{a|a}", "{a|b}" * 13])
def test_a_text_without_choices_or_with_too_many_has_no_variant(template):
    assert parse(template).variant("key") is None


@pytest.mark.parametrize("variant", ["3.1", "0.1", "1", "1.1.1", "", "a.b", "-1.1"])
def test_the_variant_of_another_text_has_no_text(variant):
    assert (parse("{a|b} {c|d}").choices(variant), variant_text("{a|b} {c|d}", variant or "9")) == (None, None)


def test_a_text_without_variants_is_its_template():
    assert variant_text("Hi {first_name}", None) == "Hi {first_name}"
