//! Other spellings of the language's characters and operators: look-alike characters, and the words and operators of
//! other languages. They are looked up only if a text could not be parsed. The fractions belong to the language itself.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

/// Characters that begin no name and no operator, each with the character that is meant.
const LOOKALIKES: [(&str, &str); 20] = [
    ("∙∗•‧・･˙⋆✕✖⨯⨉╳\u{2062}", "*"),
    ("∕⁄╱⧸➗", "/"),
    ("∶", ":"),
    ("–—―‐‑‒˗⁃➖", "-"),
    ("➕", "+"),
    ("∣❘", "|"),
    ("٪", "%"),
    ("⩽≦", "<="),
    ("⩾≧", ">="),
    ("≈≡≟", "=="),
    ("≢", "!="),
    ("∛", "³√"),
    ("∜", "⁴√"),
    ("∞", "inf"),
    ("∅", "{}"),
    ("⋀", "and"),
    ("⋁", "or"),
    ("˚", "°"),
    ("⋃", "∪"),
    ("⋂", "∩"),
];

/// Quotation marks other than Python's.
const QUOTES: &str = "‘’‚‛“”„‟«»‹›`´";

/// Blanks that Unicode does not count as white space.
const INVISIBLE: [char; 10] = [
    '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{2061}', '\u{feff}', '\u{ad}',
    '\u{180e}',
];

/// Characters for fractions, each with numerator and denominator.
const FRACTIONS: [(char, u8, u8); 19] = [
    ('½', 1, 2),
    ('⅓', 1, 3),
    ('⅔', 2, 3),
    ('¼', 1, 4),
    ('¾', 3, 4),
    ('⅕', 1, 5),
    ('⅖', 2, 5),
    ('⅗', 3, 5),
    ('⅘', 4, 5),
    ('⅙', 1, 6),
    ('⅚', 5, 6),
    ('⅐', 1, 7),
    ('⅛', 1, 8),
    ('⅜', 3, 8),
    ('⅝', 5, 8),
    ('⅞', 7, 8),
    ('⅑', 1, 9),
    ('⅒', 1, 10),
    ('↉', 0, 3),
];

/// Words that are infix operators elsewhere, each with the operator of this language.
const OPERATORS: [(&str, &str); 26] = [
    ("AND", "and"),
    ("And", "and"),
    ("OR", "or"),
    ("Or", "or"),
    ("ou", "or"),
    ("xor", "^"),
    ("XOR", "^"),
    ("MOD", "mod"),
    ("Mod", "mod"),
    ("modulo", "mod"),
    ("módulo", "mod"),
    ("div", "//"),
    ("DIV", "//"),
    ("plus", "+"),
    ("mais", "+"),
    ("minus", "-"),
    ("menos", "-"),
    ("times", "*"),
    ("vezes", "*"),
    ("over", "/"),
    ("sobre", "/"),
    ("IN", "in"),
    ("IF", "if"),
    ("ELSE", "else"),
    ("senão", "else"),
    ("Δ", "∆"),
];

/// The spelling that is meant by a character without a meaning here; `None` if that is uncertain.
pub(crate) fn meant(character: char) -> Option<String> {
    if character.is_ascii() {
        // VT is white space in Unicode; NUL and the other control characters have no meaning.
        return match character {
            '\u{b}' => Some(" ".to_owned()),
            '`' => Some("'".to_owned()),
            _ => None,
        };
    }
    if let Some((_, meant)) = LOOKALIKES.iter().find(|(all, _)| all.contains(character)) {
        return Some((*meant).to_owned());
    }
    if is_quote(character) {
        return Some("'".to_owned());
    }
    if character.is_whitespace() || INVISIBLE.contains(&character) {
        return Some(" ".to_owned());
    }
    if let Some(digit) = ascii_digit(character) {
        return Some(digit.to_string());
    }
    // Full-width and small forms, and mathematical letters. A superscript does not stand for its digit.
    if !matches!(character, '\u{fe50}'..='\u{fe6b}' | '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}') {
        return None;
    }
    let mut forms = character.nfkc();
    match (forms.next(), forms.next()) {
        (Some(form), None) if form.is_ascii_graphic() => Some(form.to_string()),
        _ => None,
    }
}

/// Whether the character is a quotation mark other than Python's.
pub(crate) fn is_quote(character: char) -> bool {
    QUOTES.contains(character)
}

/// The numerator and denominator of a fraction in one character: 1 and 2 for `½`.
pub(crate) fn fraction(character: char) -> Option<(u8, u8)> {
    FRACTIONS.iter().find(|(form, ..)| *form == character).map(|(_, numerator, denominator)| (*numerator, *denominator))
}

/// The operator for an infix word of another language.
pub(crate) fn operator(word: &str) -> Option<&'static str> {
    OPERATORS.iter().find(|(written, _)| *written == word).map(|(_, meant)| *meant)
}

/// The ASCII digit for a decimal digit of another script.
pub(crate) fn ascii_digit(character: char) -> Option<char> {
    let is_digit =
        |code: u32| char::from_u32(code).is_some_and(|c| get_general_category(c) == GeneralCategory::DecimalNumber);
    let code = character as u32;
    if character.is_ascii() || !is_digit(code) {
        return None;
    }
    // A script has its ten digits in a row, so the distance from the zero is the value.
    let run = (0..).take_while(|back| code.checked_sub(*back).is_some_and(is_digit)).count() as u32 - 1;
    char::from_digit(run % 10, 10)
}

/// The character for display: a blank in place of an invisible one, or of one that changes the direction of text.
pub(crate) fn shown(character: char) -> char {
    let reorders =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if character.is_control() || reorders { ' ' } else { character }
}
