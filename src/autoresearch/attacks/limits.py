"""Limits: bombs of memory, processes, disk and output, and more of the machine than was granted."""

from __future__ import annotations

from autoresearch.attacks.attack import UNCHANGED, Attack, Family, InAgentBox, InCandidateBox, Stage
from autoresearch.attacks.stage import PLAIN, TASK
from autoresearch.records import Outcome

STAGE = Stage(
    files={
        **PLAIN.files,
        "autoresearch.toml": TASK.replace("seconds = 10\n", "seconds = 10\ncores = 1\n", 1)
        .replace('memory = "512 MiB"', 'memory = "96 MiB"\noutput = "1 MiB"')
        .replace("processes = 32", "processes = 12")
        .replace('disk = "16 MiB"', 'disk = "8 MiB"'),
    },
    editable="settings.py",
    sealed="evaluate.py",
)
"""Small limits, so that bombs are cheap."""

MEBIBYTE = "import mmap, threading, time\nMEBIBYTE = b'x' * 2**20\nos.chdir(os.environ['HOME'])\n"


def _bomb(what: str, code: str) -> InCandidateBox:
    """Goes off, and then waits: at its limit it is dead before it comes to that."""
    text = f"{MEBIBYTE}trying({what!r})\n{code}\ntime.sleep(30)\nworked({what!r})\n"
    return InCandidateBox(text)


MEMORY = "held = [bytes(MEBIBYTE) + b'x' for _ in range(400)]"
SHARED = """
if os.fork() == 0:
    held = mmap.mmap(-1, 400 << 20)
    for at in range(0, 400 << 20, 4096):
        held[at] = 1
    time.sleep(5)
"""
NAMELESS = """
files = []
for number in range(200):
    files.append(os.memfd_create("x"))
    os.write(files[-1], MEBIBYTE)
"""
NAMELESS_ON_DISK = """
files = []
for number in range(100):
    files.append(os.open(".", os.O_RDWR | os.O_TMPFILE))
    os.write(files[-1], MEBIBYTE)
"""
FORKS = """
for number in range(40):
    if os.fork() == 0:
        time.sleep(5)
        os._exit(0)
"""
FORK_BOMB = """
end = time.monotonic() + 4
def bomb():
    while time.monotonic() < end:
        try:
            os.fork()
        except OSError:
            pass
bomb()
"""
THREADS = """
threading.stack_size(65536)
for number in range(1500):
    threading.Thread(target=time.sleep, args=(4,), daemon=True).start()
"""
FILES = """
for number in range(64):
    with open(str(number), "wb") as file:
        file.write(MEBIBYTE)
"""
EMPTY_FILES = """
for number in range(20000):
    os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY))
"""
NAMES = """
os.close(os.open("file", os.O_CREAT | os.O_WRONLY))
for number in range(20000):
    os.link("file", "name%d" % number)
"""
FOLDERS = """
for depth in range(4000):
    os.mkdir("deep" * 10)
    os.chdir("deep" * 10)
"""
SPARSE = "os.truncate(os.open('file', os.O_CREAT | os.O_RDWR), 1 << 40)"
OUTPUT = """
while True:
    print("flood" * 1000)
"""
DESCRIPTORS = """
files = []
while True:
    files.append(os.open("/dev/null", os.O_RDONLY))
"""
SIGNALS = """
import signal
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
held = [bytes(MEBIBYTE) + b'x' for _ in range(400)]
"""
ARGUMENTS = """
import sys
def much():
    os.spawnve(os.P_WAIT, sys.executable, ["python", *["x" * 100000] * 30], {})
try:
    much()
except OSError:
    pass
os.execve(sys.executable, ["python", *["x" * 100000] * 30], {})
"""

CORES = """
def widen():
    os.sched_setaffinity(0, range(os.cpu_count()))
    return len(os.sched_getaffinity(0)) > 1
attempt("run on all cores", widen)
attempt("have more than was granted", lambda: len(os.sched_getaffinity(0)) > 1)
"""

AGENT_FORKS = """
import time
trying("a fork bomb")
for number in range(max(520, 8 * os.cpu_count() + 8)):
    if os.fork() == 0:
        time.sleep(5)
        os._exit(0)
time.sleep(5)
worked("a fork bomb")
"""

TIMES = """
def aged(path):
    before = os.stat(path).st_mtime_ns, os.stat(path).st_mode
    os.utime(path, (1, 1))
    os.chmod(path, 0o777)
    return before != (os.stat(path).st_mtime_ns, os.stat(path).st_mode)
for path in "experiment.py", "settings.py", ".", "src/one.py":
    attempt("date " + path + " back", aged, path)
"""


def _one_core() -> str:
    import os

    return "" if (os.cpu_count() or 1) > 1 else "this machine has one core"


CRASHED = (Outcome.CRASH,)
BOXED = "memory, processes and disk are looked at ten times a second"

FAMILY = Family(
    "limits",
    "Bombs and limits",
    (
        Attack(
            53,
            "bombs of memory",
            (_bomb("memory", MEMORY), _bomb("a child's memory", SHARED), _bomb("memory, deaf to signals", SIGNALS)),
            CRASHED,
            "its memory limit",
            BOXED,
            needs="memory_cap",
            portable=False,
            unboxed=False,
            seen="measured",
        ),
        Attack(
            107,
            "memory in files without a name",
            (_bomb("files that never were on a disk", NAMELESS), _bomb("deleted files", NAMELESS_ON_DISK)),
            CRASHED,
            "its (memory|disk) limit",
            BOXED + ", open files included",
            needs="disk_cap",
            portable=False,
            unboxed=False,
            seen="follows from 53",
        ),
        Attack(
            108,
            "bombs of processes and threads",
            (_bomb("processes", FORKS), _bomb("a fork bomb", FORK_BOMB), _bomb("threads", THREADS)),
            CRASHED,
            "its process limit",
            BOXED,
            needs="process_cap",
            portable=False,
            unboxed=False,
            seen="follows from 53",
        ),
        Attack(
            109,
            "bombs of files, names and folders",
            (
                _bomb("files", FILES),
                _bomb("empty files", EMPTY_FILES),
                _bomb("names for one file", NAMES),
                _bomb("folders in folders", FOLDERS),
                _bomb("a terabyte of nothing", SPARSE),
            ),
            CRASHED,
            "its disk limit|File too large",
            "every name counts; what cannot be counted is too much",
            needs="disk_cap",
            portable=False,
            unboxed=False,
            seen="follows from 53; a deep tree had stopped the night for good",
        ),
        Attack(
            110,
            "floods of output, descriptors and arguments",
            (_bomb("output", OUTPUT), _bomb("descriptors", DESCRIPTORS), _bomb("arguments", ARGUMENTS)),
            CRASHED,
            "its output limit|Too many open files|Argument list too long",
            "limits of the box and of the kernel",
            portable=False,
            seen="follows from 53",
        ),
        Attack(
            111,
            "a bomb where the task gives no limit",
            (InAgentBox(AGENT_FORKS),),
            CRASHED,
            "the agent was stopped at its processes limit",
            "without a limit of the task's, what the machine can spare is one",
            needs="process_cap",
            portable=False,
            unboxed=False,
            seen="follows from 53",
        ),
        Attack(
            112,
            "more cores than granted",
            (InCandidateBox(CORES),),
            (Outcome.DISCARD,),
            UNCHANGED,
            "pinned, and a filter on the call that unpins",
            portable=False,
            seen="row 50, for cores",
            not_here=_one_core,
        ),
        Attack(
            113,
            "other times and modes for files of the tree",
            (InCandidateBox(TIMES),),
            (Outcome.DISCARD,),
            UNCHANGED,
            "the tree is read-only in all respects, and compared by content",
            needs="read_only_tree",
            portable=False,
            seen="follows from 44",
        ),
    ),
    stage=STAGE,
)
