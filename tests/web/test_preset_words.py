"""Presets have the same words in the first run and in the settings, and say what the presets hold."""

import pytest

from web.preset_words import PACES, schedules

WORDS = {
    "work_days": ("Work days", "Mon–Fri 9–18"),
    "every_day": ("Every day", "9–21, recommended"),
    "evenings": ("Evenings", "Every day 17–22"),
}


def test_hours_are_said_as_the_presets_hold_them():
    assert schedules() == WORDS


@pytest.mark.parametrize(("path", "presets"), [("/settings/schedule", WORDS), ("/settings/limits", PACES)])
def test_the_first_run_and_the_settings_use_the_same_words(browse, linked, path, presets):
    first, later = browse(linked).page("/first-run").text, browse(linked).page(path).text
    for title, about in presets.values():
        assert f"{title} {about}" in first
        assert f"{title} {about}" in later
