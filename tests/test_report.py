import subprocess
import sys

import pytest

from tests.support.report import ROOT, commits, report, results

TESTS = """
import pytest

def test_good(): pass

@pytest.mark.parametrize("n", [1, 2])
def test_several(n): assert n == 1

@pytest.mark.skip(reason="not here")
def test_elsewhere(): pass
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What pytest leaves after a part with each kind of end."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"--junitxml={folder / 'code.xml'}", "test_it.py"]
    ran = subprocess.run(command, cwd=folder, capture_output=True)
    assert ran.returncode == 1
    return results(folder)


def test_it_counts_how_tests_ended_and_names_those_that_failed(told):
    (code,) = told
    assert (code.name, code.tests, code.passed, code.skipped) == ("code", 4, 2, 1)
    assert code.failed == ("test_it::test_several[2]",)
    text = report(told, [])
    assert f"| code | {code.began} | 2 | 1 | 1 |" in text
    assert "- failed: `test_it::test_several[2]`" in text


def test_without_results_it_says_how_they_come_about(tmp_path):
    assert "run `make test`" in report(results(tmp_path), [])


def test_it_lists_every_commit_newest_first(tmp_path):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments], cwd=tmp_path, check=True
        )

    git("init", "-q")
    for subject in ("Begin", "Go on"):
        git("commit", "-q", "--allow-empty", "-m", subject)
    listed = commits(tmp_path)
    assert [line.split(" ", 2)[2] for line in listed] == ["Go on", "Begin"]
    assert f"- {listed[0]}" in report([], listed)


def test_every_part_of_the_tests_leaves_its_results():
    lines = (ROOT / "Makefile").read_text().splitlines()
    parts = [line for line in lines if "pytest" in line and "--dist loadgroup" in line]
    assert len(parts) == 3
    assert all("--junitxml=$(RESULTS)/$@.xml" in line for line in parts)
