"""Lists of values are written once, in bot/: what answers, pages and writers use is derived from there."""

import ast
from typing import get_args

import pytest
from sqlalchemy import inspect

from bot.storage.models import Base, values
from bot.storage.models.values import OneOf
from tests.structure.source import ROOT, product_files, shown, tree
from web import labels

# What is asked for and stored nowhere.
OF_REQUESTS_ALONE = {("api/answers.py", ("json", "csv"))}
WORDS = [
    (values.ActivityStatus, labels.RESULTS),
    (values.ActivityName, labels.ACTIVITY),
    (values.AlertEvent, labels.ALERTS),
    (values.ListedBy, labels.LISTED_BY),
]


def literals(path):
    """Each `Literal["one", "other"]` of a module, as the tuple of its strings."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("Literal"):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            yield tuple(part.value for part in parts if isinstance(part, ast.Constant))


def test_no_list_of_values_is_written_where_it_is_shown():
    found = {
        (shown(path), values)
        for path in product_files()
        if path.is_relative_to(ROOT / "api") or path.is_relative_to(ROOT / "web")
        for values in literals(path)
        if len(values) > 1
    }
    assert found == OF_REQUESTS_ALONE


@pytest.mark.parametrize(("defined", "worded"), WORDS, ids=lambda each: None)
def test_each_value_has_its_word_and_no_word_is_left_over(defined, worded):
    assert set(get_args(defined) or defined) == set(worded)


def test_each_state_of_an_action_and_of_a_target_has_a_word():
    worded = labels.STATES.keys() | labels.RESULTS.keys()
    assert {*values.ActionStatus} <= labels.STATES.keys()
    assert {*values.TargetStatus} <= worded


def test_each_value_fits_into_its_column():
    lists = {
        f"{mapper.class_.__tablename__}.{column.name}": column.type
        for mapper in Base.registry.mappers
        for column in inspect(mapper.class_).columns
        if isinstance(column.type, OneOf)
    }
    assert len(lists) > 8
    assert {name for name, kind in lists.items() if max(map(len, kind.values)) > kind.length} == set()
    assert max(map(len, get_args(values.ActivityName))) <= 32
