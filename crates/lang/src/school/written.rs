//! What has been written in Python's notation, with where each piece of it comes from.

use std::borrow::Cow;

use crate::error::Span;
use crate::text::push;

/// Pieces of a text in Python's notation, with a blank between each two.
#[derive(Default)]
pub(super) struct Written<'t> {
    pieces: Vec<(Cow<'t, str>, Span)>,
    /// What stands before pieces that were written earlier.
    before: Vec<(usize, &'static str)>,
}

/// Which part of a text in Python's notation comes from which part of the original.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    /// Where each piece begins, and its part of the original.
    pieces: Vec<(u32, Span)>,
    /// The piece at every sixteenth byte, from which a piece is found in a few steps.
    marks: Vec<u32>,
}

/// Bytes between two marks.
const MARK: usize = 16;

impl<'t> Written<'t> {
    /// Writes a piece; gives its index.
    pub(super) fn push(&mut self, text: impl Into<Cow<'t, str>>, span: Span) -> usize {
        self.pieces.push((text.into(), span));
        self.pieces.len() - 1
    }

    /// How many pieces there are: the index of the next.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Writes `text` before a piece that has been written, or is the next.
    pub(super) fn insert(&mut self, piece: usize, text: &'static str) {
        self.before.push((piece, text));
    }

    /// Writes another text for a piece.
    pub(super) fn replace(&mut self, piece: usize, text: impl Into<Cow<'t, str>>) {
        if let Some((written, _)) = self.pieces.get_mut(piece) {
            *written = text.into();
        }
    }

    /// The text, and where it comes from.
    pub(super) fn finish(mut self) -> (String, Origins) {
        self.before.sort_by_key(|(piece, _)| *piece);
        let mut before = self.before.into_iter().peekable();
        let mut text = String::with_capacity(self.pieces.len() * 4);
        let mut origins = Origins { pieces: Vec::with_capacity(self.pieces.len()), marks: Vec::new() };
        for (at, (piece, span)) in self.pieces.iter().enumerate() {
            while let Some((_, inserted)) = before.next_if(|(piece, _)| *piece <= at) {
                origins.pieces.push((text.len() as u32, Span { start: span.start, end: span.start }));
                push(&mut text, inserted);
            }
            origins.pieces.push((text.len() as u32, *span));
            push(&mut text, piece);
            if !piece.is_empty() && piece != "\n" {
                text.push(' ');
            }
        }
        let mut piece = 0;
        for at in (0..=text.len()).step_by(MARK) {
            while origins.pieces.get(piece + 1).is_some_and(|(start, _)| *start as usize <= at) {
                piece += 1;
            }
            origins.marks.push(piece as u32);
        }
        (text, origins)
    }
}

impl Origins {
    /// The part of the original from which a part of Python's text comes.
    pub(crate) fn of(&self, span: Span) -> Span {
        // What comes with the text stands nowhere in it.
        if span == Span::default() {
            return span;
        }
        let first = self.piece(span.start).1;
        let last = if span.end > span.start { self.piece(span.end - 1).1 } else { Span { end: first.start, ..first } };
        Span { start: first.start.min(last.start), end: last.end.max(first.start) }
    }

    /// The part of the original that a change of a part of Python's text concerns; exact inside what both write alike.
    pub(crate) fn of_change(&self, span: Span, python: &str, original: &str) -> Span {
        let place = |at: u32| {
            let (start, part) = self.piece(at);
            let end = self.pieces.partition_point(|(start, _)| *start <= at);
            let end = self.pieces.get(end).map_or(python.len(), |(start, _)| *start as usize);
            let piece = python.get(start as usize..end).unwrap_or("").trim_end();
            match at - start {
                0 => part.start,
                inside if inside as usize >= piece.len() => part.end,
                inside if piece == part.of(original) => part.start + inside,
                _ => part.end,
            }
        };
        let start = place(span.start);
        let end = match span.end > span.start {
            // Behind the last piece, not before the next.
            true => place(span.end - 1).max(self.piece(span.end - 1).1.end).min(place(span.end).max(start)),
            false => start,
        };
        Span { start, end: end.max(start) }
    }

    fn piece(&self, at: u32) -> (u32, Span) {
        let mark = self.marks.get(at as usize / MARK).or(self.marks.last());
        let from = mark.map_or(0, |mark| *mark as usize);
        let behind = self.pieces[from..].iter().position(|(start, _)| *start > at);
        let behind = behind.map_or(self.pieces.len(), |steps| from + steps);
        behind.checked_sub(1).map_or_else(Default::default, |piece| self.pieces[piece])
    }
}
