//! What has been written in Python's notation, with where each piece of it comes from.

use std::borrow::Cow;

use crate::error::Span;

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
}

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
        let mut origins = Origins { pieces: Vec::with_capacity(self.pieces.len()) };
        for (at, (piece, span)) in self.pieces.iter().enumerate() {
            while let Some((_, inserted)) = before.next_if(|(piece, _)| *piece <= at) {
                origins.pieces.push((text.len() as u32, Span { start: span.start, end: span.start }));
                text.push_str(inserted);
            }
            origins.pieces.push((text.len() as u32, *span));
            text.push_str(piece);
            if !piece.is_empty() && piece != "\n" {
                text.push(' ');
            }
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
        let first = self.piece(span.start);
        let last = if span.end > span.start { self.piece(span.end - 1) } else { Span { end: first.start, ..first } };
        Span { start: first.start.min(last.start), end: last.end.max(first.start) }
    }

    fn piece(&self, at: u32) -> Span {
        let behind = self.pieces.partition_point(|(start, _)| *start <= at);
        behind.checked_sub(1).map_or_else(Span::default, |piece| self.pieces[piece].1)
    }
}
