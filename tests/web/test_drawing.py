import pytest

from bot.decision.kinds import STEP_KIND
from web import drawing, labels
from web.assets import FOLDER


@pytest.mark.parametrize(
    ("name", "letters"),
    [("lena.brews", "LB"), ("Café Kollwitz", "CK"), ("ada", "AD"), ("_", "_"), ("", ""), ("a", "A"), ("x.y.z", "XY")],
)
def test_initials_are_of_the_first_two_parts(name, letters):
    assert drawing.initials(name) == letters


def test_names_are_escaped(app):
    with app.test_request_context():
        assert "<b>" not in drawing.face("<b>.<i>")


@pytest.mark.parametrize("kind", [*STEP_KIND, *labels.KINDS])
def test_each_kind_has_an_icon_and_a_color(kind):
    assert f'id="{drawing.family(kind)}"' in (FOLDER / "sprite.svg").read_text(encoding="utf-8")
    assert f".k-{drawing.family(kind)} " in (FOLDER / "troupe.css").read_text(encoding="utf-8")


def test_a_ring_is_never_filled_by_more_than_all(app):
    with app.test_request_context():
        assert '"100 100"' in drawing.ring(30, 10, "like")
        assert "part" not in drawing.ring(0, 0, "like")


@pytest.mark.parametrize("bars", [True, False])
def test_a_spark_of_one_value_or_none_draws_nothing(bars):
    assert drawing.spark([], bars=bars) == drawing.spark([3], bars=bars) == ""
    assert "nan" not in drawing.spark([0, 0, 0], bars=bars)
