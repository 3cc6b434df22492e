#!/usr/bin/env python3
"""Tests whether the checker finds bugs: plants them into a copy of the crate, one at a time, and counts the orders tried
until each is found (the median of five searches by each scheduler; `-`: not within the bound).

    python3 crates/cache/checked/planted.py [word…]     the bugs whose line contains a word; all without words

If the place of a bug is no longer in the sources, the script fails: change it here, too.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

CRATE = Path(__file__).resolve().parent.parent
TARGET = CRATE.parent.parent / "target"
COPY = TARGET / "planted"
ORDERS = 30_000
SEARCHES = 5

# The world that must find the bug, its description, the file, the original text, the planted text (and so on).
BUGS = [
    ("flights", "a caller looks up the table and enters it in two steps", "flight.rs",
     "        let (outcome, receiver) = watch::channel(None);\n",
     "        drop(open);\n        let mut open = self.table();\n        let (outcome, receiver) = watch::channel(None);\n"),
    ("flights", "a leader with work left leaves the table before it announces", "flight.rs",
     "    pub(crate) fn announce(&self, answer: Answer, outcome: O) {\n",
     "    pub(crate) fn announce(&self, answer: Answer, outcome: O) {\n        self.leave();\n"),
    ("flights", "a leader that completes announces before it leaves the table", "flight.rs",
     "        self.leave();\n        self.announce(answer, outcome);\n",
     "        self.announce(answer, outcome);\n        self.leave();\n"),
    ("flights", "a lost leader stays on the table", "flight.rs",
     "    fn drop(&mut self) {\n        self.leave();\n", "    fn drop(&mut self) {\n"),
    ("flights", "a leader takes any flight off the table", "flight.rs",
     "is_some_and(|outcome| outcome.same_channel(&self.outcome.subscribe()))", "is_some()"),
    ("callers", "a leader does not look up memory again", "driver.rs",
     "if let Ok(found) = self.get_from_memory(key) {\n            counted", "if let Some(found) = None {\n            counted"),
    ("callers", "a follower gets the first failure", "cache.rs",
     "                    if let Some(Ok(found)) = follower.wait().await {\n                        return Ok(collapsed(found));\n                    }\n",
     "                    return follower.wait().await.unwrap_or(Err(ComputeError::Panicked)).map(collapsed);\n"),
    ("memory", "an insertion does not compare", "coherence.rs",
     "(!self.has_changed(stamp)).then(insert)", "Some(insert())"),
    ("memory", "an insertion compares without the insert lock", "coherence.rs",
     "        let _lock = self.insert_lock(stamp.shard);\n", ""),
    ("memory", "an invalidation does not pass through the insert lock", "coherence.rs",
     "        drop(self.insert_lock(shard));\n", ""),
    ("memory", "the generation is raised after the entry was removed", "coherence.rs",
     "        let shard = self.generations.raise(key);\n",
     "        let shard = self.generations.shard(key);\n",
     "        memory.remove(key);\n",
     "        memory.remove(key);\n        self.generations.raise(key);\n"),
    ("memory", "an entry gets the purge generation of its insertion", "layers.rs",
     "purge: stamp.purge,", "purge: self.coherence.purge_generation(),"),
    ("waiters", "a waiter registers after the comparison", "coherence.rs",
     "            let notified = self.wait_list(stamp.shard).notified();\n            if self.has_changed(stamp) {\n                return;\n            }\n",
     "            if self.has_changed(stamp) {\n                return;\n            }\n            let notified = self.wait_list(stamp.shard).notified();\n"),
    ("waiters", "waiters are notified before the generation is raised", "coherence.rs",
     "        let shard = self.generations.raise(key);\n",
     "        let shard = self.generations.shard(key);\n        self.wait_list(shard).notify_waiters();\n"
     "        self.generations.raise(key);\n",
     "        memory.remove(key);\n        self.wait_list(shard).notify_waiters();\n",
     "        memory.remove(key);\n"),
    ("waiters", "a purge notifies no waiter", "coherence.rs",
     "        self.wait_lists.iter().for_each(Notify::notify_waiters);\n", ""),
    ("breaker", "a running trial is not recorded", "breaker.rs",
     "        failing.is_trial_running |= is_trial;\n", ""),
    ("breaker", "a dropped trial is not given back", "breaker.rs",
     "    fn drop(&mut self) {\n        if self.is_trial {\n", "    fn drop(&mut self) {\n        if false {\n"),
    ("breaker", "a reported trial is given back again when it is dropped", "breaker.rs",
     "std::mem::take(&mut self.is_trial)", "self.is_trial"),
]


def plant(bug, file, changes):
    for part in ("src", "checked"):
        shutil.rmtree(COPY / part, ignore_errors=True)
        # Without their times, so that Cargo sees that the previous bug is gone.
        shutil.copytree(CRATE / part, COPY / part, copy_function=shutil.copyfile)
    path = COPY / "src" / file
    text = path.read_text()
    for old, new in zip(changes[::2], changes[1::2]):
        if text.count(old) != 1:
            sys.exit(f"{bug}: found {text.count(old)} times in {file}:\n{old}")
        text = text.replace(old, new)
    path.write_text(text)


def build(bug):
    """Builds the checker with the bug."""
    built = subprocess.run(
        ["cargo", "test", "--test", "orders", "--no-run"],
        cwd=COPY / "checked",
        env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)},
        capture_output=True,
        text=True,
    )
    executable = re.search(r"Executable .*\((.*)\)", built.stderr)
    if built.returncode or not executable:
        sys.exit(f"{bug}:\n{built.stderr}")
    return COPY / "checked" / executable[1]


def search(checker, name):
    """The median number of the order that finds the bug."""
    found = []
    for _ in range(SEARCHES):
        environment = {**os.environ, "RUST_BACKTRACE": "0", "TABUADA_CASES": str(ORDERS)}
        run = subprocess.run([checker, name, "--nocapture"], env=environment, capture_output=True, text=True)
        order = re.search(r"found in order (\d+)", run.stderr)
        if run.returncode and not order:
            sys.exit(run.stderr)
        found.append(int(order[1]) if order else ORDERS + 1)
    median = int(statistics.median(found))
    return f"{median:,}" if median <= ORDERS else "-"


def main():
    print("| world | planted | evenly | few switches |\n|---|---|---|---|", flush=True)
    missed = False
    for world, bug, file, *changes in BUGS:
        if len(sys.argv) > 1 and not any(word in f"{world} {bug}" for word in sys.argv[1:]):
            continue
        plant(bug, file, changes)
        checker = build(bug)
        evenly = search(checker, f"{world}::in_orders_drawn_evenly")
        few = search(checker, f"{world}::in_orders_with_few_switches")
        print(f"| {world} | {bug} | {evenly} | {few} |", flush=True)
        missed = missed or evenly == few == "-"
    sys.exit(missed)


if __name__ == "__main__":
    main()
