//! Long texts, and texts made of many short pieces, without functions of the C library that are slow with musl.

use std::cmp::Ordering;
use std::fmt::{Display, Result, Write};

/// Appends a piece, usually of a few bytes.
///
/// `push_str` calls the C library's `memcpy`, which with musl takes 25 ns for a single byte.
pub(crate) fn push(text: &mut String, piece: &str) {
    const FEW: usize = 16;
    if piece.len() > FEW {
        return text.push_str(piece);
    }
    piece.chars().for_each(|character| text.push(character));
}

/// The text of a value, as `to_string` makes it.
pub(crate) fn of(value: &impl Display) -> String {
    let mut text = Pieces(String::new());
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{value}");
    text.0
}

/// The order of two texts, by their code points.
///
/// `cmp` calls the C library's `memcmp`, which with musl takes one byte at a time.
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    const PIECE: usize = 64;
    // A comparison of the arrays would be a call of `memcmp` again; this is one of vectors.
    let is_same = |(a, b): &(&[u8; PIECE], &[u8; PIECE])| a.iter().zip(*b).fold(0, |bits, (a, b)| bits | (a ^ b)) == 0;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let pieces = a.as_chunks::<PIECE>().0.iter().zip(b.as_chunks::<PIECE>().0);
    let same = PIECE * pieces.take_while(is_same).count();
    a[same..].cmp(&b[same..])
}

struct Pieces(String);

impl Write for Pieces {
    fn write_str(&mut self, piece: &str) -> Result {
        push(&mut self.0, piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ordered_as_their_characters_are() {
        let texts = [
            "",
            "a",
            "1234567",
            "12345678",
            "12345679",
            "123456789",
            "12345678é",
            "12345678😀",
            "é",
            "éé€€",
            "éé€",
            "😀",
        ];
        let long: Vec<String> = texts.iter().map(|text| format!("{}{text}", "é".repeat(70))).collect();
        let texts = || texts.into_iter().chain(long.iter().map(String::as_str));
        for (a, b) in texts().flat_map(|a| texts().map(move |b| (a, b))) {
            assert_eq!(order(a, b), a.chars().cmp(b.chars()), "{a:?} {b:?}");
        }
    }

    #[test]
    fn short_and_long_pieces_are_appended() {
        let mut text = String::new();
        for piece in ["", "a", "é€😀", "fifteen letters", "sixteen letters!", "more than sixteen letters: €"] {
            push(&mut text, piece);
        }
        assert_eq!(text, "aé€😀fifteen letterssixteen letters!more than sixteen letters: €");
        assert_eq!(of(&format_args!("{}|{:?}", 1.5, [2, 3])), "1.5|[2, 3]");
    }
}
