"""The secret of a store: made once, read by its owner, overridden by name, printed by nothing."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openlifecycle.cli.main import cli
from openlifecycle.demo.world import Rates, make_world, write_world
from openlifecycle.engine.backend import fetch
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.errors import StoreDamaged, StoreProblem, UsageError
from openlifecycle.measures.question import Question
from openlifecycle.vault.cell_key import CELL_KEY_FILE_ENV
from openlifecycle.vault.places import Places
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import clean, fingerprint, leftovers, verify

FILE = Path("secrets") / "cell-key"


@pytest.fixture(autouse=True)
def _no_override(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CELL_KEY_FILE_ENV, raising=False)


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)  # the most open there is
    try:
        made = Places(tmp_path).cell_secret()
    finally:
        os.umask(before)
    assert len(made) == 32
    assert (tmp_path / FILE).read_bytes() == made
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / FILE).parent.stat().st_mode) == 0o700
    assert [f.name for f in (tmp_path / "secrets").iterdir()] == ["cell-key"]
    assert Places(tmp_path).cell_secret() == made


def test_two_stores_have_two(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert Places(tmp_path / "a").cell_secret() != Places(tmp_path / "b").cell_secret()


#: Waits for the gate file, so that all processes ask in the same moment.
ASKS = """
import sys, time
from pathlib import Path
from openlifecycle.vault.places import Places
root = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(Places(root).cell_secret().hex())
"""


def test_processes_that_race_for_it_all_get_the_same(tmp_path: Path) -> None:
    for turn in range(3):
        root = tmp_path / str(turn)
        root.mkdir()
        command = [sys.executable, "-c", ASKS, str(root)]
        racers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for one in racers:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in racers:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        told = {one.communicate()[0].strip() for one in racers}
        assert told == {(root / FILE).read_bytes().hex()}
        assert len(list((root / "secrets").iterdir())) == 1


def test_whoever_loses_the_race_takes_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.hardlink_to

    def late(self: Path, target: Path) -> None:
        self.write_bytes(b"w" * 32)  # another process, just now
        real(self, target)

    monkeypatch.setattr(Path, "hardlink_to", late)
    assert Places(tmp_path).cell_secret() == b"w" * 32
    assert [f.name for f in (tmp_path / "secrets").iterdir()] == ["cell-key"]


def test_the_environment_names_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Places(tmp_path).cell_secret()
    file = tmp_path / "elsewhere"
    file.write_bytes(b"k" * 32)
    monkeypatch.setenv(CELL_KEY_FILE_ENV, str(file))
    assert Places(tmp_path).cell_secret() == b"k" * 32 != own
    file.write_text("f" * 64 + "\n")  # as text, whole, with its line end
    assert Places(tmp_path).cell_secret() == hashlib.sha256(b"f" * 64 + b"\n").digest()
    assert (tmp_path / FILE).read_bytes() == own


def test_an_override_that_is_short_or_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "elsewhere"
    monkeypatch.setenv(CELL_KEY_FILE_ENV, str(file))
    with pytest.raises(UsageError, match="cannot be read"):
        Places(tmp_path).cell_secret()
    file.write_bytes(b"k" * 31)
    with pytest.raises(UsageError, match="31 bytes; 32 are the least") as refused:
        Places(tmp_path).cell_secret()
    assert refused.value.where == CELL_KEY_FILE_ENV
    assert "kkk" not in str(refused.value)
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_one_that_is_not_whole_is_damage_and_not_replaced(tmp_path: Path, size: int) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / FILE).write_bytes(b"x" * size)
    with pytest.raises(StoreDamaged, match="not whole"):
        Places(tmp_path).cell_secret()
    assert (tmp_path / FILE).read_bytes() == b"x" * size


def test_a_store_that_cannot_be_written_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refused)
        with pytest.raises(StoreProblem, match="Read-only file system") as why:
            Places(tmp_path).cell_secret()
    assert why.value.exit_code == 5
    assert CELL_KEY_FILE_ENV in why.value.next_step
    # a full disk leaves nothing behind that would be taken for a secret later
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refused)
        with pytest.raises(StoreProblem):
            Places(tmp_path).cell_secret()
    assert list((tmp_path / "secrets").iterdir()) == []


def test_one_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir(parents=True)  # root may read every file, but no folder as one
    with pytest.raises(StoreProblem, match="cannot be read"):
        Places(tmp_path).cell_secret()


# -- in a real store --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store that took a small world."""
    folder = tmp_path_factory.mktemp("secret")
    write_world(make_world(150, 7, Rates()), folder / "out", form="processed")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(CELL_KEY_FILE_ENV, raising=False)
        patch.setenv("OPENLIFECYCLE_CACHE", str(folder / "cache"))
        assert run("take", folder / "out" / "releases", store=folder / "store") == 0
        yield folder / "store"


def run(*words: str | Path, store: Path) -> int:
    code = cli.main([*map(str, words), "--store", str(store)], standalone_mode=False)
    return int(code or 0)


def test_taking_makes_none_and_asking_does(store: Path) -> None:
    assert not (store / "secrets").exists()
    before = fingerprint(Store.open(store))
    exact = ask(RecordCorpus(Store.open(store)), Question.of("arrests"))
    assert exact.secret == (store / FILE).read_bytes()
    assert fingerprint(Store.open(store)) == before


def test_verify_neither_names_it_nor_calls_it_stray(store: Path) -> None:
    Places(store).cell_secret()
    opened = Store.open(store)
    assert leftovers(opened) == []
    proof = verify(opened)
    assert proof.holds
    assert "cell-key" not in repr(proof)
    assert clean(opened) == []
    assert (store / FILE).exists()


def test_no_secret_and_no_record_key_is_in_any_output(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = Places(store).cell_secret()
    opened = Store.open(store)
    corpus = RecordCorpus(opened)
    exact = ask(corpus, Question.of("arrests", by="gender"))
    told = [repr(exact), repr(corpus), str(opened.record_releases()), str(opened.collections())]
    for release in opened.record_releases():
        told.append(str(opened.record_account(release.release_id)))
    for words in (
        ["ask", "arrests", "--by", "gender"], ["ask", "arrests", "--by", "gender", "--json"],
        ["ask", "record_population"], ["dimensions", "arrests"], ["releases", "--json"],
        ["verify"], ["verify", "--json"],
    ):  # fmt: skip
        run(*words, store=store)
        printed = capsys.readouterr()
        told += [printed.out, printed.err]
    text = "\n".join(told)
    assert len(text) > 2_000
    forms = [secret.hex(), base64.b64encode(secret).decode(), repr(secret)[2:-1], str(list(secret))]
    for form in (*forms, str(FILE)):
        assert form not in text, form
    tables = corpus.tables(exact.held, "olc-1")
    people = fetch(tables.backend, tables.fact("arrest").select("record_key")).to_pydict()
    drawn = {*exact.frame["cell_key"].to_list(), *people["record_key"]}
    numbers = {n for n in drawn if n > 10**6}  # a small one may be a count of something
    assert len(numbers) > 100
    assert not {str(n) for n in numbers} & set(re.findall(r"\d+", text)), "a key came out"
