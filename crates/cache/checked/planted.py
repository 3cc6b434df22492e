#!/usr/bin/env python3
"""What the checker can see: plants bugs into a copy of the crate, one at a time, and tells how many orders it took to
find each (the median of five searches by each scheduler; `-`: not within the bound).

    python3 crates/cache/checked/planted.py [word…]     those whose line holds a word; without: all

A bug whose place is no longer found in the sources is an error: mend it here, too.
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

# The world that is to find it, the bug in words, the file, what stands there, what is planted (and so on).
BUGS = [
    ("flights", "who boards looks and enters itself in two steps", "flight.rs",
     "        let (landing, landed) = watch::channel(None);\n",
     "        drop(open);\n        let mut open = self.table();\n        let (landing, landed) = watch::channel(None);\n"),
    ("flights", "a leader that has more to do leaves the table before it announces", "flight.rs",
     "    pub(crate) fn announce(&self, outcome: O) {\n",
     "    pub(crate) fn announce(&self, outcome: O) {\n        self.leave();\n"),
    ("flights", "a leader that lands announces before it leaves the table", "flight.rs",
     "        self.leave();\n        self.announce(outcome);\n",
     "        self.announce(outcome);\n        self.leave();\n"),
    ("flights", "a leader that is lost stays on the table", "flight.rs",
     "    fn drop(&mut self) {\n        self.leave();\n", "    fn drop(&mut self) {\n"),
    ("flights", "a leader takes whatever flight off the table", "flight.rs",
     "is_some_and(|landing| landing.same_channel(&self.landing.subscribe()))", "is_some()"),
    ("askers", "a leader does not look into memory again", "cache.rs",
     "if let Some(found) = self.recall(key) {\n            return Sought", "if let Some(found) = None {\n            return Sought"),
    ("askers", "who waited is told of the first failure", "cache.rs",
     "                    if let Some(Ok(found)) = passenger.arrive().await {\n                        return Ok(collapsed(found));\n                    }\n",
     "                    return passenger.arrive().await.unwrap_or(Err(Failed::Panicked)).map(collapsed);\n"),
    ("memory", "what is put in is not compared", "coherence.rs",
     "(!self.moved(licence)).then(put)", "Some(put())"),
    ("memory", "it is compared, but not behind the door", "coherence.rs",
     "        let _door = self.door(licence.shard);\n", ""),
    ("memory", "who follows a change does not pass the door", "coherence.rs",
     "        drop(self.door(shard));\n", ""),
    ("memory", "the generation is raised after the entry was taken out", "coherence.rs",
     "        let shard = self.generations.change(key);\n",
     "        let shard = self.generations.shard(key);\n",
     "        memory.remove(key);\n",
     "        memory.remove(key);\n        self.generations.change(key);\n"),
    ("memory", "an entry belongs to the purge generation of its putting in", "layers.rs",
     "weight, deadline, licence.purge)", "weight, deadline, self.coherence.purge_generation())"),
    ("waiters", "the bell is listened for after the comparison", "coherence.rs",
     "            let rung = self.bell(licence.shard).notified();\n            if self.moved(licence) {\n                return;\n            }\n",
     "            if self.moved(licence) {\n                return;\n            }\n            let rung = self.bell(licence.shard).notified();\n"),
    ("waiters", "the bell is rung before the generation is raised", "coherence.rs",
     "        let shard = self.generations.change(key);\n",
     "        let shard = self.generations.shard(key);\n        self.bell(shard).notify_waiters();\n"
     "        self.generations.change(key);\n",
     "        memory.remove(key);\n        self.bell(shard).notify_waiters();\n",
     "        memory.remove(key);\n"),
    ("waiters", "a purge rings no bell", "coherence.rs",
     "        self.bells.iter().for_each(Notify::notify_waiters);\n", ""),
    ("breaker", "nobody notes that one tries", "breaker.rs",
     "        failing.trying |= is_trial;\n", ""),
    ("breaker", "a trial that is dropped is not given back", "breaker.rs",
     "    fn drop(&mut self) {\n        if self.is_trial {\n", "    fn drop(&mut self) {\n        if false {\n"),
    ("breaker", "a trial that was told of is given back later, when it is dropped", "breaker.rs",
     "std::mem::take(&mut self.is_trial)", "self.is_trial"),
]


def plant(bug, file, changes):
    for part in ("src", "checked"):
        shutil.rmtree(COPY / part, ignore_errors=True)
        # Not with their times: what was planted before is to be seen to have changed back.
        shutil.copytree(CRATE / part, COPY / part, copy_function=shutil.copyfile)
    path = COPY / "src" / file
    text = path.read_text()
    for old, new in zip(changes[::2], changes[1::2]):
        if text.count(old) != 1:
            sys.exit(f"{bug}: found {text.count(old)} times in {file}:\n{old}")
        text = text.replace(old, new)
    path.write_text(text)


def build(bug):
    """The checker, built with the bug in it."""
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
    """In which order the bug is found, at the median."""
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
    print("| world | planted | evenly | few turns |\n|---|---|---|---|", flush=True)
    missed = False
    for world, bug, file, *changes in BUGS:
        if len(sys.argv) > 1 and not any(word in f"{world} {bug}" for word in sys.argv[1:]):
            continue
        plant(bug, file, changes)
        checker = build(bug)
        evenly = search(checker, f"{world}::in_orders_drawn_evenly")
        few = search(checker, f"{world}::in_orders_with_few_turns")
        print(f"| {world} | {bug} | {evenly} | {few} |", flush=True)
        missed = missed or evenly == few == "-"
    sys.exit(missed)


if __name__ == "__main__":
    main()
