"""Processes beside the server give what the server itself would, and end with it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

import openlifecycle as ol
from openlifecycle.errors import OpenLifecycleError, UnknownDimension, UsageError
from openlifecycle.measures.question import Question
from openlifecycle.publishing.pages import Page, Part
from openlifecycle.serving.answers import _page_of
from openlifecycle.serving.hands import Hands
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.problems import TooBusy, TooMany
from openlifecycle.serving.service import Service
from tests.serving.conftest import until

HELD = Question.of("detained_population", by="arresting_agency", on="2024-10-03")


@pytest.fixture(scope="module")
def hands(store: Path) -> Iterator[Hands]:
    made = Hands(1, str(store), ServeSettings())
    made.start()
    until(lambda: made.ready == 1)
    yield made
    made.close()


def _who(service: Service) -> Page:
    """Tell in which process a job is done."""
    return Page(str(os.getpid()).encode(), 1, 1)


def _end(service: Service) -> Page:
    os._exit(3)


def _fault(service: Service) -> Page:
    raise RuntimeError("of ours")


def _pid(hands: Hands) -> int:
    page = hands.page(_who)
    assert page is not None
    return int(page.body)


@pytest.mark.parametrize("form", ["json", "csv", "parquet", "arrow"])
def test_a_process_gives_the_same_bytes(form: str, hands: Hands, store: Path) -> None:
    job = partial(_page_of, HELD, form, Part(2, 3))
    assert hands.page(job) == job(Service(ol.open(store), ServeSettings()))
    assert _pid(hands) != os.getpid()


def test_why_there_is_no_answer_comes_back_whole(hands: Hands, store: Path) -> None:
    job = partial(_page_of, Question.of("adp", where={"aor": "Nowhere"}), "json", Part())
    with pytest.raises(UnknownDimension) as beside:
        hands.page(job)
    with pytest.raises(UnknownDimension) as here:
        job(Service(ol.open(store), ServeSettings()))
    assert beside.value.as_dict() == here.value.as_dict()
    assert beside.value.next_step


def test_every_error_of_a_question_can_be_sent() -> None:
    families, kinds = [OpenLifecycleError], []
    while families:
        kinds.append(families.pop())
        families += kinds[-1].__subclasses__()
    # of the server itself, with seconds to wait: no job raises them
    kinds = [k for k in kinds if k not in (TooBusy, TooMany)]
    assert len(kinds) > 10
    for kind in kinds:
        if kind.__module__.startswith("openlifecycle."):
            error = kind("what", where="a", nearest="b", next_step="c")
            assert pickle.loads(pickle.dumps(error)).as_dict() == error.as_dict(), kind  # noqa: S301


def test_a_process_that_ends_is_replaced_and_its_job_is_done_here(hands: Hands) -> None:
    first = _pid(hands)
    assert hands.page(_end) is None
    until(lambda: hands.ready == 1)
    assert _pid(hands) != first


def test_a_fault_is_met_here_again_and_ends_no_process(hands: Hands, store: Path) -> None:
    first = _pid(hands)
    assert hands.page(_fault) is None
    service = Service(ol.open(store), ServeSettings())
    service.hands = hands
    with pytest.raises(RuntimeError, match="of ours"):
        service.beside(_fault)
    assert _pid(hands) == first


def test_before_a_process_is_ready_and_after_the_end_the_work_is_done_here(store: Path) -> None:
    made = Hands(1, str(store), ServeSettings())
    service = Service(ol.open(store), ServeSettings())
    service.hands = made
    assert service.beside(_who).body == str(os.getpid()).encode()
    made.start()
    until(lambda: made.ready == 1)
    number = int(service.beside(_who).body)
    assert number != os.getpid()
    service.close()
    assert not psutil.pid_exists(number)
    assert service.beside(_who).body == str(os.getpid()).encode()


def _hands_of(number: int) -> list[psutil.Process]:
    beside = psutil.Process(number).children(recursive=True)
    return [one for one in beside if "openlifecycle.serving.hand" in one.cmdline()]


def test_no_process_outlives_a_server_that_is_killed(store: Path) -> None:
    command = [sys.executable, "-m", "openlifecycle", "serve", "--store", str(store), "--port", "0"]
    with subprocess.Popen(
        [*command, "--hands", "1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout
            server.stdout.readline()
            # it is the server once more until the other program is loaded
            until(lambda: _hands_of(server.pid))
            beside = _hands_of(server.pid)
        finally:
            server.kill()  # whatever was found: the end of the block waits for it
    until(lambda: not any(one.is_running() for one in beside))


def test_a_question_that_cannot_be_asked_is_a_usage_error_still(hands: Hands) -> None:
    with pytest.raises(UsageError):
        hands.page(partial(_page_of, Question.of("adp", by="aor,aor_x"), "json", Part()))
