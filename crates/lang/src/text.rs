//! Texts made of many short pieces.

/// Appends a piece, usually of a few bytes.
///
/// `push_str` calls the C library's `memcpy`, which with musl takes 25 ns for a single byte.
pub(crate) fn push(text: &mut String, piece: &str) {
    const FEW: usize = 8;
    if piece.len() > FEW {
        return text.push_str(piece);
    }
    piece.chars().for_each(|character| text.push(character));
}
