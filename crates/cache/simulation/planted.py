#!/usr/bin/env python3
"""Tests whether the exhaustive search finds bugs: plants them into a copy of the protocol, one at a time, and shows the
law that each breaks, with the length of the shortest history.

    python3 crates/cache/simulation/planted.py [word…]    the bugs whose line contains a word; all without words

If the place of a bug is no longer in the sources, the script fails: change it here, too.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent
ROOT = CACHE.parent.parent
COPY = ROOT / "target" / "planted-protocol"
FLIGHT, NODE, STATE = "src/protocol/flight.rs", "simulation/src/exhaustive/node.rs", "simulation/src/exhaustive/state.rs"

# The law, the bug, the file, the original text, the planted text (and so on).
BUGS = [
    ("forgotten when told", "an expensive value is kept when it is computed", FLIGHT,
     "Step::answer(Outcome::Computed { will_be_written }, stamp, next)",
     "Step { keep: keep(None), ..Step::answer(Outcome::Computed { will_be_written }, stamp, next) }"),
    ("forgotten when told", "a value that was looked up is kept although something has changed", FLIGHT,
     "at_most: left, stamp: self.stamp }", "at_most: left, stamp: now.version }"),
    ("forgotten when told", "a written value is kept although something has changed", FLIGHT,
     "let keep = Keep { which: Which::Computed, at_most: None, stamp: self.stamp };",
     "let keep = Keep { which: Which::Computed, at_most: None, stamp: now.version };"),
    ("forgotten when told", "the value of a second lookup is kept although something has changed", FLIGHT,
     "at_most: *left, stamp: self.stamp }", "at_most: *left, stamp: now.version }"),
    ("forgotten when told", "an announced answer is given after a change", FLIGHT,
     "self.stamp == version", "self.stamp == version || true"),
    ("not restored", "a value is written although something has changed", FLIGHT,
     "let Step { next, .. } = self.execute_or_check(ending, now);", "let Step { next, .. } = self.execute(ending);"),
    ("not restored", "any lease permits the write", FLIGHT,
     "=> found == lease,", "=> found == found || found == lease,"),
    ("not restored", "a lease that may have been written permits the write", FLIGHT,
     "LeaseAttempt::Unknown(lease) => self.compute(Completion::KeepBrieflyAndDelete(lease))",
     "LeaseAttempt::Unknown(lease) => self.compute(Completion::Replace(Expected::OurLease(lease)))"),
    ("answered", "a value from before a change is not written, and its lease stays", FLIGHT,
     "if self.has_changed(now) { self.check(ending, now) }", "if self.has_changed(now) { self.end(ending.then) }"),
    ("answered", "a flight ends with its answer, and nothing is written", FLIGHT,
     "Step::answer(Outcome::Computed { will_be_written }, stamp, next)",
     "Step::answer(Outcome::Computed { will_be_written }, stamp, if next == Next::Write { Next::Close } else { next })"),
    ("answered", "a change between the lookup and the wait is missed", FLIGHT,
     "                if self.has_changed(now) {\n                    return self.look_up(now);\n                }\n", "",
     "Next::Wait { stamp: self.stamp, until }", "Next::Wait { stamp: now.version, until }"),
    ("not worse", "changes are counted from the computation on, not from before the lease was taken", FLIGHT,
     "LeaseAttempt::Granted(lease) => self.compute(", "LeaseAttempt::Granted(lease) => { self.stamp = now.version; self.compute(",
     "Completion::Replace(Expected::OurLease(lease))),\n                LeaseAttempt::Occ",
     "Completion::Replace(Expected::OurLease(lease))) }\n                LeaseAttempt::Occ"),
    ("computed once", "what is unusable is not mended if something has changed", FLIGHT,
     "(Lookup::Unusable, Expected::Unusable) => true", "(Lookup::Unusable, Expected::Unusable) => false"),
    # The driver's share, in the search.
    ("forgotten when told", "a node's own removal is no change", NODE,
     "Message::Push(ghost) | Message::Flush(ghost) | Message::Removed(ghost) => self.is_told(ghost),",
     "Message::Removed(_) => {}\n            Message::Push(ghost) | Message::Flush(ghost) => self.is_told(ghost),"),
    ("not restored", "a cheap value is written behind after a change", NODE,
     "if self.is_up && stamp == self.version {\n            let write", "if self.is_up {\n            let write"),
    ("forgotten when told", "a cheap value is kept although something has changed", NODE,
     "if stamp == node.version {\n            node.memory", "if stamp <= node.version || true {\n            node.memory"),
    ("not restored", "a write creates the key (SET without XX)", STATE,
     "if self.stored.is_some() == is_cheap {", "if self.stored.is_some() && is_cheap {"),
    ("answered", "a flush wakes no waiter", NODE,
     "Message::Push(ghost) | Message::Flush(ghost) | Message::Removed(ghost) => self.is_told(ghost),",
     "Message::Flush(ghost) => {\n                self.is_told(ghost);\n                if let Some(run) = &mut self.run\n                    && run.doing == Doing::Waiting\n                {\n                    run.sent = self.version;\n                }\n            }\n            Message::Push(ghost) | Message::Removed(ghost) => self.is_told(ghost),"),
]


def copied():
    """A copy of the protocol and the simulation, as a workspace of its own that keeps what it has built."""
    for name in ("src", "simulation"):
        shutil.rmtree(COPY / name, ignore_errors=True)
        shutil.copytree(CACHE / name, COPY / name)
    manifest = (CACHE / "simulation" / "Cargo.toml").read_text()
    package = (ROOT / "Cargo.toml").read_text().split("[workspace.package]")[1].split("\n\n")[0]
    fields = dict(re.findall(r'^([\w-]+) = (".*")$', package, re.MULTILINE))
    manifest = re.sub(r"^([\w-]+)\.workspace = true$", lambda it: f"{it[1]} = {fields[it[1]]}" if it[1] in fields else "", manifest, flags=re.MULTILINE)
    manifest = re.sub(r"\[(dev-dependencies|lints)\][^\[]*", "", manifest)
    (COPY / "simulation" / "Cargo.toml").write_text(manifest + "\n[workspace]\n\n[profile.release]\ncodegen-units = 16\n")


def searched():
    """The output of the search, in the copy."""
    command = ["cargo", "run", "--release", "--quiet", "--manifest-path", COPY / "simulation" / "Cargo.toml",
               "--target-dir", COPY / "target", "--", "--exhaustive"]
    done = subprocess.run(command, capture_output=True, text=True, env=None)
    if "error" in done.stderr and not done.stdout:
        sys.exit(done.stderr)
    return done.stdout


def main(words):
    all_found = True
    for law, what, name, *texts in BUGS:
        if words and not any(word in f"{law} {what}" for word in words):
            continue
        copied()
        path = COPY / name
        source = path.read_text()
        for before, after in zip(texts[::2], texts[1::2]):
            if before not in source:
                sys.exit(f"{name} no longer has the place of: {what}")
            source = source.replace(before, after, 1)
        path.write_text(source)
        found = re.search(r"(\d+) states +(.+) is broken, (\d+) steps", searched())
        shown = f"{found[2]}, {found[3]} steps, {found[1]} states of that setting" if found else "NOT FOUND"
        all_found &= bool(found) and found[2] == law
        print(f"{what}: {shown}" + ("" if found and found[2] == law else f"  (expected: {law})"), flush=True)
    sys.exit(not all_found)


if __name__ == "__main__":
    main(sys.argv[1:])
