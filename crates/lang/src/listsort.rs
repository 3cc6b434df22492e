//! CPython's `list.sort`, with the same comparisons in the same order, so that values without an order (nan, or types
//! that do not compare) end in the same place or in the same error.
//!
//! Existing runs are found, short ones are extended by binary insertion, and neighbours are merged in the order of
//! powersort (Munro and Wild 2018), with galloping when one side wins repeatedly. (`Objects/listsort.txt` of CPython
//! 3.14; Peters 2002.)

use std::collections::VecDeque;

/// Runs are extended to at least half of this.
const RUN_MIN: usize = 64;
/// After so many wins of one side in a row, a search ("galloping") finds how many more elements it wins.
const GALLOP_MIN: usize = 7;

/// The sorted order of `count` elements, as their indices. `less` compares the elements at two indices.
///
/// # Errors
///
/// The first error of `less`.
pub(crate) fn order<E>(count: usize, less: impl FnMut(usize, usize) -> Result<bool, E>) -> Result<Vec<usize>, E> {
    let mut sort = Sort { places: (0..count).collect(), less, runs: Vec::new(), gallop: GALLOP_MIN };
    let run_min = shortest_run(count);
    let mut start = 0;
    while start < count {
        let mut length = sort.find_run(start)?;
        if length < run_min {
            let wanted = run_min.min(count - start);
            sort.insert(start, length, wanted)?;
            length = wanted;
        }
        sort.make_room_for(start, length)?;
        sort.runs.push(Run { start, length, power: 0 });
        start += length;
    }
    while sort.runs.len() > 1 {
        // The middle one of the last three runs is merged with its shorter neighbour.
        let from_end = match &sort.runs[..] {
            [.., before, _, last] if before.length < last.length => 3,
            _ => 2,
        };
        sort.merge_at(sort.runs.len() - from_end)?;
    }
    Ok(sort.places)
}

/// The shortest run length for which the number of runs is a power of two or slightly less.
fn shortest_run(mut count: usize) -> usize {
    let mut any = 0;
    while count >= RUN_MIN {
        any |= count & 1;
        count >>= 1;
    }
    count + any
}

struct Sort<L> {
    places: Vec<usize>,
    less: L,
    /// Adjacent sorted runs.
    runs: Vec<Run>,
    /// The current number of wins before galloping; it falls while galloping pays.
    gallop: usize,
}

#[derive(Clone, Copy)]
struct Run {
    start: usize,
    length: usize,
    /// The depth, in the tree of merges, of the border to the next run.
    power: u32,
}

impl<E, L: FnMut(usize, usize) -> Result<bool, E>> Sort<L> {
    /// Whether the element at one index comes before the element at another.
    fn is_less(&mut self, a: usize, b: usize) -> Result<bool, E> {
        (self.less)(self.places[a], self.places[b])
    }

    /// The length of the run that begins here. A descending run is reversed, with equal elements in their old order.
    fn find_run(&mut self, start: usize) -> Result<usize, E> {
        let end = self.places.len();
        let mut at = self.climb(start + 1)?;
        if at == end {
            return Ok(at - start);
        }
        if at > start + 1 {
            if self.is_less(start, at - 1)? {
                return Ok(at - start);
            }
            // All elements so far are equal: reversed now, they are in order again after the reversal of the run.
            self.places[start..at].reverse();
        }
        at += 1;
        let mut equals = at - 1;
        while at < end {
            if self.is_less(at, at - 1)? {
                self.places[equals..at].reverse();
                equals = at;
            } else if self.is_less(at - 1, at)? {
                break;
            }
            at += 1;
        }
        self.places[equals..at].reverse();
        self.places[start..at].reverse();
        Ok(self.climb(at)? - start)
    }

    /// The end of a non-descending run that reaches at least to `at`.
    fn climb(&mut self, mut at: usize) -> Result<usize, E> {
        while at < self.places.len() && !self.is_less(at, at - 1)? {
            at += 1;
        }
        Ok(at)
    }

    /// Extends a run from `length` to `wanted` elements by binary insertion.
    fn insert(&mut self, start: usize, length: usize, wanted: usize) -> Result<(), E> {
        for at in start + length..start + wanted {
            let (mut low, mut high) = (start, at);
            while low < high {
                let middle = low.midpoint(high);
                if self.is_less(at, middle)? {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            self.places[low..=at].rotate_right(1);
        }
        Ok(())
    }

    /// Merges the earlier runs that must be merged before the run that begins here is added.
    fn make_room_for(&mut self, start: usize, length: usize) -> Result<(), E> {
        let Some(last) = self.runs.last().copied() else { return Ok(()) };
        let power = power(last.start, start, start + length, self.places.len());
        while let [.., before, _] = &self.runs[..]
            && before.power > power
        {
            self.merge_at(self.runs.len() - 2)?;
        }
        if let Some(last) = self.runs.last_mut() {
            last.power = power;
        }
        Ok(())
    }

    fn merge_at(&mut self, at: usize) -> Result<(), E> {
        let right = self.runs.remove(at + 1);
        let left = &mut self.runs[at];
        let (start, middle, end) = (left.start, right.start, right.start + right.length);
        left.length += right.length;
        left.power = right.power;
        let (left, right) = (self.places[start..middle].to_vec(), self.places[middle..end].to_vec());
        // Elements before the whole right run, or after the whole left run, are in place already.
        let skipped = self.gallop_right(right[0], &left, 0)?;
        let Some(largest) = left[skipped..].last() else { return Ok(()) };
        let kept = self.gallop_left(*largest, &right, right.len() - 1)?;
        if kept > 0 {
            let merged = self.merge(&left[skipped..], &right[..kept])?;
            self.places[start + skipped..middle + kept].copy_from_slice(&merged);
        }
        Ok(())
    }

    /// The place of `key` in a sorted run, before equal elements; the search begins at `hint`.
    fn gallop_left(&mut self, key: usize, run: &[usize], hint: usize) -> Result<usize, E> {
        let (low, high) = if (self.less)(run[hint], key)? {
            let reach = run.len() - hint;
            let (near, far) = stride(reach, |offset| (self.less)(run[hint + offset], key))?;
            (hint + near + 1, hint + far)
        } else {
            let (near, far) = stride(hint + 1, |offset| Ok(!(self.less)(run[hint - offset], key)?))?;
            (hint + 1 - far, hint - near)
        };
        bisect(low, high, |at| (self.less)(run[at], key))
    }

    /// The place of `key` in a sorted run, after equal elements; the search begins at `hint`.
    fn gallop_right(&mut self, key: usize, run: &[usize], hint: usize) -> Result<usize, E> {
        let (low, high) = if (self.less)(key, run[hint])? {
            let (near, far) = stride(hint + 1, |offset| (self.less)(key, run[hint - offset]))?;
            (hint + 1 - far, hint - near)
        } else {
            let reach = run.len() - hint;
            let (near, far) = stride(reach, |offset| Ok(!(self.less)(key, run[hint + offset])?))?;
            (hint + near + 1, hint + far)
        };
        bisect(low, high, |at| Ok(!(self.less)(key, run[at])?))
    }

    /// Merges two runs, beginning on the side of the shorter one. The first element of the right run comes before the
    /// whole left run, and the last element of the left run after the whole right run.
    fn merge(&mut self, left: &[usize], right: &[usize]) -> Result<Vec<usize>, E> {
        let mut merging = Merging { left, right, merged: VecDeque::new(), forwards: left.len() <= right.len() };
        if merging.forwards {
            merging.take_right(1);
        } else {
            merging.take_left(1);
        }
        while !merging.is_decided() {
            self.compare_one_by_one(&mut merging)?;
            self.compare_by_galloping(&mut merging)?;
        }
        Ok(merging.finish())
    }

    /// Takes one element at a time, until one side has won often enough.
    fn compare_one_by_one(&mut self, merging: &mut Merging) -> Result<(), E> {
        let (mut left_wins, mut right_wins) = (0, 0);
        while !merging.is_decided() && left_wins.max(right_wins) < self.gallop {
            let (left, right) = merging.next();
            // Forwards, the smaller element is taken; backwards, the larger one. Of equal ones, the left is smaller.
            if (self.less)(right, left)? == merging.forwards {
                merging.take_right(1);
                (left_wins, right_wins) = (0, right_wins + 1);
            } else {
                merging.take_left(1);
                (left_wins, right_wins) = (left_wins + 1, 0);
            }
        }
        Ok(())
    }

    /// Takes at once all elements of one side that come before the next one of the other, while that pays.
    fn compare_by_galloping(&mut self, merging: &mut Merging) -> Result<(), E> {
        if merging.is_decided() {
            return Ok(());
        }
        self.gallop += 1;
        loop {
            self.gallop -= usize::from(self.gallop > 1);
            let (_, key) = merging.next();
            let left_count = match merging.forwards {
                true => self.gallop_right(key, merging.left, 0)?,
                false => merging.left.len() - self.gallop_right(key, merging.left, merging.left.len() - 1)?,
            };
            merging.take_left(left_count);
            if merging.is_decided() {
                return Ok(());
            }
            merging.take_right(1);
            if merging.is_decided() {
                return Ok(());
            }
            let (key, _) = merging.next();
            let right_count = match merging.forwards {
                true => self.gallop_left(key, merging.right, 0)?,
                false => merging.right.len() - self.gallop_left(key, merging.right, merging.right.len() - 1)?,
            };
            merging.take_right(right_count);
            if merging.is_decided() {
                return Ok(());
            }
            merging.take_left(1);
            if merging.is_decided() {
                return Ok(());
            }
            if left_count.max(right_count) < GALLOP_MIN {
                // Galloping has not paid, so the next attempt needs more wins.
                self.gallop += 1;
                return Ok(());
            }
        }
    }
}

struct Merging<'r> {
    left: &'r [usize],
    right: &'r [usize],
    merged: VecDeque<usize>,
    /// From the smallest element up, or from the largest down.
    forwards: bool,
}

impl Merging<'_> {
    /// The two elements to compare next.
    fn next(&self) -> (usize, usize) {
        match self.forwards {
            true => (self.left[0], self.right[0]),
            false => (self.left[self.left.len() - 1], self.right[self.right.len() - 1]),
        }
    }

    /// Whether no more comparisons are needed: one element of the shorter side is left, and its place is at the end.
    fn is_decided(&self) -> bool {
        match self.forwards {
            true => self.right.is_empty() || self.left.len() <= 1,
            false => self.left.is_empty() || self.right.len() <= 1,
        }
    }

    fn take_left(&mut self, count: usize) {
        self.left = take(self.left, count, self.forwards, &mut self.merged);
    }

    fn take_right(&mut self, count: usize) {
        self.right = take(self.right, count, self.forwards, &mut self.merged);
    }

    fn finish(mut self) -> Vec<usize> {
        if self.forwards {
            self.take_right(self.right.len());
            self.take_left(self.left.len());
        } else {
            self.take_left(self.left.len());
            self.take_right(self.right.len());
        }
        self.merged.into()
    }
}

/// Moves elements from one end of a run to the merged ones; gives the rest of the run.
fn take<'r>(run: &'r [usize], count: usize, forwards: bool, merged: &mut VecDeque<usize>) -> &'r [usize] {
    if forwards {
        let (taken, rest) = run.split_at(count);
        merged.extend(taken);
        return rest;
    }
    let (rest, taken) = run.split_at(run.len() - count);
    for place in taken.iter().rev() {
        merged.push_front(*place);
    }
    rest
}

/// Strides of 1, 3, 7, 15 … up to `reach`, while `holds`: the last stride for which it held (it holds for 0), and the
/// first for which it may not.
fn stride<E>(reach: usize, mut holds: impl FnMut(usize) -> Result<bool, E>) -> Result<(usize, usize), E> {
    let (mut near, mut far) = (0, 1);
    while far < reach && holds(far)? {
        (near, far) = (far, 2 * far + 1);
    }
    Ok((near, far.min(reach)))
}

/// The first place from `low` on where `holds` is false, or `high` if there is none.
fn bisect<E>(mut low: usize, mut high: usize, mut holds: impl FnMut(usize) -> Result<bool, E>) -> Result<usize, E> {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The depth of the border between two adjacent runs, from `start` to `middle` to `end`, in the tree of merges of
/// `count` elements: the first binary digit in which the midpoints of the runs, as fractions of the whole, differ.
fn power(start: usize, middle: usize, end: usize, count: usize) -> u32 {
    // Doubled, since a midpoint may lie between two elements.
    let (mut a, mut b) = (start + middle, middle + end);
    let mut power = 1;
    while (a >= count) == (b >= count) {
        if a >= count {
            (a, b) = (a - count, b - count);
        }
        (a, b) = (2 * a, 2 * b);
        power += 1;
    }
    power
}
