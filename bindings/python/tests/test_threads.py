"""Threads, forks and signals."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from corpus import records

import tabuada

# A second and more of work, in one evaluation.
LONG = "sum(sin(k), k, 1, 10**8)"
PLENTY = 2**40


def test_one_program_is_called_from_several_threads_at_once():
    f, wrong = tabuada.compile("x**2 + 2*x + n"), []
    start = threading.Barrier(8)

    def work(number):
        start.wait()
        array = np.arange(20_000.0) + number
        for _ in range(20):
            if not np.array_equal(f(x=array, n=number), array**2 + 2 * array + number):
                wrong.append(number)
            if f(x=number, n=1) != (number + 1) ** 2 or tabuada.evaluate(f"{number}*2") != number * 2:
                wrong.append(number)
            try:
                tabuada.evaluate(f"{number}+sqr(2)")
            except NameError as error:
                if error.fix != f"{number}+sqrt(2)":
                    wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    "call",
    [
        f"tabuada.evaluate({LONG!r}, fuel=2**60)",
        f"tabuada.explain({LONG!r}, fuel=2**60)",
        f"tabuada.compile({LONG!r}, fuel=2**60)()",
        "tabuada.compile('sum(sin(x*k), k, 1, 10**6)', fuel=2**60)(x=numpy.ones(1000))",
        "tabuada.compile('sum(sin(x*k), k, 1, 10**4)', fuel=2**60)(x=numpy.ones(10**6))",
        "tabuada.compile('sin(x)')(x=numpy.broadcast_to(1.0, 10**10)[:3 * 10**8])",
    ],
)
def test_other_threads_run_meanwhile_and_ctrl_c_ends_an_evaluation(call):
    code = f"""if True:
        import numpy, signal, sys, tabuada, threading
        # It is ignored where the tests were started in the background.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        go = threading.Event()
        def tell():
            go.wait()
            print("begun", flush=True)
        thread = threading.Thread(target=tell)
        thread.start()
        # From now on the other thread runs only when an evaluation gives up the lock.
        sys.setswitchinterval(1_000)
        try:
            go.set()
            while True:
                {call}
        except KeyboardInterrupt:
            # Everything works as before.
            assert tabuada.evaluate("2+2") == 4
            print("interrupted", flush=True)
    """
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
    assert process.returncode == 0


def test_ctrl_c_while_the_functions_of_numpy_are_looked_up_is_no_panic():
    code = """if True:
        import os, signal, numpy, tabuada
        signal.signal(signal.SIGINT, signal.default_int_handler)
        version = numpy.lib.NumpyVersion
        read = version.__init__
        def interrupted(self, text):
            os.kill(os.getpid(), signal.SIGINT)
            read(self, text)
        version.__init__ = interrupted
        try:
            tabuada.compile("x+1")(x=numpy.ones(3))
            while True:
                pass
        except KeyboardInterrupt:
            version.__init__ = read
            assert tabuada.compile("x+1")(x=numpy.ones(3))[2] == 2
            print("interrupted")
    """
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "interrupted\n", "")


def test_a_signal_handler_that_raises_is_heard():
    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Alarm):
            while True:
                tabuada.evaluate(LONG, fuel=2**60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_while_others_compute():
    stop = threading.Event()

    def work():
        number = 0
        while not stop.is_set():
            number += 1
            tabuada.evaluate(f"{number}+1")
            tabuada.compile("x+1")(x=np.ones(10_000))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(30):
            child = os.fork()
            if child == 0:
                right = tabuada.evaluate(f"{number}*3") == number * 3
                right &= tabuada.compile("x*3")(x=np.ones(10))[0] == 3
                os._exit(0 if right else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_forked_process_draws_other_numbers():
    code = """if True:
        import os, tabuada
        f = tabuada.compile("randint(1, 10**15)")
        f()
        read, write = os.pipe()
        if os.fork() == 0:
            os.write(write, str(f()).encode())
            os._exit(0)
        os.wait()
        assert os.read(read, 100) != str(f()).encode()
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_an_interpreter_may_end_while_a_thread_computes():
    code = f"""if True:
        import threading, tabuada
        begun = threading.Event()
        def work():
            begun.set()
            tabuada.evaluate({LONG!r}, fuel=2**60)
        threading.Thread(target=work, daemon=True).start()
        begun.wait()
        tabuada.evaluate("sum(sin(k), k, 1, 10**5)")
    """
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_hostile_texts_end_without_a_panic():
    texts = 0
    for record in records("hostile.jsonl"):
        text = record.get("expr")
        if not isinstance(text, str):
            continue
        texts += 1
        for mode in ("python", "exact", "decimal:28"):
            try:
                tabuada.evaluate(text, mode=mode)
            except tabuada.Error as error:
                assert error.code not in ("internal", "deadline") and str(error)
    assert texts > 300
