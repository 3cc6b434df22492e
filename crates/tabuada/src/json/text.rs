//! Bytes to text, as in `json.loads`: guesses the encoding from the first bytes and decodes with `surrogatepass`. The
//! text is WTF-8, which is UTF-8 that may also contain surrogates of three bytes each.

use std::borrow::Cow;

/// The error for bytes that are invalid in the encoding that their beginning announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotText;

/// Decodes a body. Well-formed UTF-8, the usual case, is borrowed.
pub(crate) fn decode(body: &[u8]) -> Result<Cow<'_, [u8]>, NotText> {
    match encoding(body) {
        Encoding::Utf8 => utf8(body).map(Cow::Borrowed),
        Encoding::Utf16(order) => utf16(body, order).map(Cow::Owned),
        Encoding::Utf32(order) => utf32(body, order).map(Cow::Owned),
    }
}

enum Encoding {
    Utf8,
    Utf16(Order),
    Utf32(Order),
}

#[derive(Clone, Copy)]
enum Order {
    Big,
    Little,
}

/// The rule of `json.detect_encoding`: byte order marks first, then the positions of zero bytes near the beginning.
fn encoding(body: &[u8]) -> Encoding {
    use Encoding::{Utf8, Utf16, Utf32};
    use Order::{Big, Little};
    match body {
        [0x00, 0x00, 0xfe, 0xff, ..] => Utf32(Big),
        [0xff, 0xfe, 0x00, 0x00, ..] => Utf32(Little),
        [0xfe, 0xff, ..] => Utf16(Big),
        [0xff, 0xfe, ..] => Utf16(Little),
        [0xef, 0xbb, 0xbf, ..] => Utf8,
        [0, 0, _, _, ..] => Utf32(Big),
        [0, _, _, _, ..] => Utf16(Big),
        [_, 0, 0, 0, ..] => Utf32(Little),
        [_, 0, _, _, ..] => Utf16(Little),
        [0, _] => Utf16(Big),
        [_, 0] => Utf16(Little),
        _ => Utf8,
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

fn utf8(body: &[u8]) -> Result<&[u8], NotText> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut checked = 0;
    while let Err(error) = std::str::from_utf8(&body[checked..]) {
        checked += error.valid_up_to();
        match body[checked..] {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => checked += 3,
            _ => return Err(NotText),
        }
    }
    Ok(body)
}

fn utf16(body: &[u8], order: Order) -> Result<Vec<u8>, NotText> {
    let (units, []) = body.as_chunks::<2>() else { return Err(NotText) };
    let units = units.iter().map(|&unit| match order {
        Order::Big => u16::from_be_bytes(unit),
        Order::Little => u16::from_le_bytes(unit),
    });
    let mut text = Vec::with_capacity(body.len());
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(character) => push(&mut text, character),
            Err(lone) => push_surrogate(&mut text, lone.unpaired_surrogate()),
        }
    }
    Ok(without_mark(text))
}

fn utf32(body: &[u8], order: Order) -> Result<Vec<u8>, NotText> {
    let (units, []) = body.as_chunks::<4>() else { return Err(NotText) };
    let mut text = Vec::with_capacity(body.len() / 2);
    for &unit in units {
        let point = match order {
            Order::Big => u32::from_be_bytes(unit),
            Order::Little => u32::from_le_bytes(unit),
        };
        match (char::from_u32(point), u16::try_from(point)) {
            (Some(character), _) => push(&mut text, character),
            (None, Ok(surrogate)) => push_surrogate(&mut text, surrogate),
            (None, Err(_)) => return Err(NotText),
        }
    }
    Ok(without_mark(text))
}

/// Removes the byte order mark, as CPython does if the name of the codec leaves the byte order open. CPython chooses
/// such a codec exactly if the body begins with the mark.
fn without_mark(mut text: Vec<u8>) -> Vec<u8> {
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len());
    }
    text
}

pub(super) fn push(text: &mut Vec<u8>, character: char) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Appends a surrogate (U+D800 to U+DFFF) in its three bytes.
pub(super) fn push_surrogate(text: &mut Vec<u8>, surrogate: u16) {
    let low_six_bits = |value: u16| 0x80 | (value & 0x3f) as u8;
    text.extend_from_slice(&[0xed, low_six_bits(surrogate >> 6), low_six_bits(surrogate)]);
}

/// The number of characters (code points) in a piece of WTF-8.
pub(super) fn characters(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}
