//! Other spellings of a text. This file follows the documentation of the language, and does not use its lexer.

/// A piece of a text, with the blanks and comments before it.
struct Piece<'t> {
    /// Blanks and comments before it.
    blank: &'t str,
    text: &'t str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number in decimal digits alone.
    Digits,
    /// A number with a `.` but no digits after it.
    Decimal,
    Number,
    String,
    Word,
    /// A run of superscripts or a root sign, whose direct neighbours matter.
    Attached,
    Newline,
    Symbol,
}

const SYMBOLS: [&str; 14] = ["...", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", ":=", "@=", "->", "<>", "!"];

const SPELLINGS: [(&str, &str); 22] = [
    ("*", "×"),
    ("×", "⋅"),
    ("⋅", "·"),
    ("·", "*"),
    ("½", "(1/2)"),
    ("⅔", "(2/3)"),
    ("/", "÷"),
    ("÷", "/"),
    ("-", "−"),
    ("−", "-"),
    ("!=", "≠"),
    ("<=", "≤"),
    (">=", "≥"),
    ("=", "←"),
    ("%", " mod "),
    ("and", " ∧ "),
    ("or", " ∨ "),
    ("not", " ¬ "),
    ("in", " ∈ "),
    ("≠", "!="),
    ("pi", "π"),
    ("tau", "τ"),
];

/// The text with other spellings of operators, literals and blanks, with redundant brackets, and with all of these.
pub(crate) fn respellings(text: &str) -> Vec<String> {
    let pieces = pieces(text);
    let write = |each: &dyn Fn(&Piece<'_>, Option<&Piece<'_>>) -> String| -> String {
        pieces.iter().enumerate().map(|(at, piece)| each(piece, at.checked_sub(1).map(|at| &pieces[at]))).collect()
    };
    let is_expression =
        pieces.iter().all(|piece| piece.kind != Kind::Newline && !matches!(piece.text, ";" | "=" | "←" | "@=" | "`"));
    let wrap = |text: String| if is_expression { format!("({text}\n)") } else { text };
    vec![
        write(&|piece, _| format!("{}{}", piece.blank, operator(piece))),
        // A letter directly after a decimal number may be a digit in another base.
        write(&|piece, before| {
            let word_behind_number = piece.kind == Kind::Word && before.is_some_and(|before| before.kind != Kind::Word);
            format!("{}{}{}", piece.blank, if word_behind_number { " " } else { "" }, literal(piece))
        }),
        write(&|piece, before| format!("{}{}{}", piece.blank, gap(piece, before, " \u{2009}\t\u{a0}"), piece.text)),
        write(&|piece, before| format!("{}{}{}", piece.blank, gap(piece, before, " \\\n "), piece.text)),
        wrap(write(&|piece, _| format!("{}{}", piece.blank, bracketed(piece, piece.text.to_owned())))),
        wrap(write(&|piece, before| {
            let text = if operator(piece) == piece.text { bracketed(piece, literal(piece)) } else { operator(piece) };
            format!("{}{}{text}", piece.blank, gap(piece, before, "  "))
        })),
    ]
}

/// Another spelling of the same operator.
fn operator(piece: &Piece<'_>) -> String {
    let other = SPELLINGS.iter().find(|(spelled, _)| *spelled == piece.text);
    other.map_or(piece.text, |(_, other)| other).to_owned()
}

/// Another spelling of the same number.
fn literal(piece: &Piece<'_>) -> String {
    match (piece.kind, piece.text.parse::<u64>()) {
        (Kind::Digits, Ok(number)) => format!("0x{number:X}"),
        (Kind::Decimal, _) => format!("{}E-0", piece.text),
        _ => piece.text.to_owned(),
    }
}

fn bracketed(piece: &Piece<'_>, text: String) -> String {
    match piece.kind {
        Kind::Digits | Kind::Decimal | Kind::Number => format!("({text})"),
        _ => text,
    }
}

/// A blank, if one is allowed here: not beside superscripts and roots.
fn gap<'b>(piece: &Piece<'_>, before: Option<&Piece<'_>>, blank: &'b str) -> &'b str {
    let attached = |piece: &Piece<'_>| piece.kind == Kind::Attached;
    let newline = |piece: &Piece<'_>| piece.kind == Kind::Newline;
    match before {
        Some(before) if !attached(piece) && !attached(before) && !newline(piece) && !newline(before) => blank,
        _ => "",
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let blank = blank_length(rest);
        let (blank, behind) = rest.split_at(blank);
        if behind.is_empty() {
            return pieces;
        }
        let (length, kind) = piece(behind);
        let (text, behind) = behind.split_at(length);
        pieces.push(Piece { blank, text, kind });
        rest = behind;
    }
}

/// Blanks outside ASCII: Unicode's blanks that do not end a line.
const WIDE_BLANKS: &[char] = &[
    '\u{a0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}',
    '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{202f}', '\u{205f}', '\u{3000}',
];

/// The length of blanks, comments, and newlines after a backslash.
fn blank_length(text: &str) -> usize {
    let mut length = 0;
    loop {
        let rest = &text[length..];
        length += match rest.as_bytes() {
            [b' ' | b'\t' | 0x0c, ..] => 1,
            _ if rest.starts_with(WIDE_BLANKS) => rest.chars().next().map_or(0, char::len_utf8),
            [b'\\', b'\r', b'\n', ..] => 3,
            [b'\\', b'\r' | b'\n', ..] => 2,
            [b'#', ..] => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            _ => return length,
        };
    }
}

fn piece(text: &str) -> (usize, Kind) {
    let bytes = text.as_bytes();
    let first = text.chars().next().unwrap_or(' ');
    match first {
        '\n' | '\r' => (1, Kind::Newline),
        '0'..='9' => number(text),
        '.' if bytes.get(1).is_some_and(u8::is_ascii_digit) => number(text),
        '"' | '\'' => (string_length(text), Kind::String),
        _ if is_superscript(first) || first == '√' => (run(text, |c| is_superscript(c) || c == '√'), Kind::Attached),
        _ if is_word(first) => {
            let length = run(text, is_word);
            let prefix = length <= 2 && text[..length].is_ascii() && matches!(bytes.get(length), Some(b'"' | b'\''));
            if prefix { (length + string_length(&text[length..]), Kind::String) } else { (length, Kind::Word) }
        }
        _ => {
            let symbol = SYMBOLS.iter().find(|symbol| text.starts_with(**symbol));
            (symbol.map_or(first.len_utf8(), |symbol| symbol.len()), Kind::Symbol)
        }
    }
}

fn number(text: &str) -> (usize, Kind) {
    let bytes = text.as_bytes();
    let digits = |from: usize| run(&text[from..], |c| c.is_ascii_digit() || c == '_');
    let radix = match bytes {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 10,
    };
    if radix != 10 {
        // A word may follow directly: `0xfor 1` is `15 or 1`.
        return (2 + run(&text[2..], |c| c.is_digit(radix) || c == '_'), Kind::Number);
    }
    let mut kind = Kind::Digits;
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
        kind = Kind::Decimal;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        if bytes.get(length + 1 + sign).is_some_and(u8::is_ascii_digit) {
            length += 1 + sign + digits(length + 1 + sign);
            kind = Kind::Number;
        }
    }
    if matches!(bytes.get(length), Some(b'j' | b'J')) {
        (length, kind) = (length + 1, Kind::Number);
    }
    (length, kind)
}

fn string_length(text: &str) -> usize {
    let quote = if text.starts_with("\"\"\"") || text.starts_with("'''") { &text[..3] } else { &text[..1] };
    let mut length = quote.len();
    while !text[length..].starts_with(quote) {
        let mut characters = text[length..].chars();
        let Some(character) = characters.next() else { break };
        length += character.len_utf8();
        if character == '\\' {
            length += characters.next().map_or(0, char::len_utf8);
        }
    }
    (length + quote.len()).min(text.len())
}

fn is_superscript(character: char) -> bool {
    let signs = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾";
    let letters = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ";
    signs.contains(character) || letters.contains(character)
}

fn is_word(character: char) -> bool {
    let operators = "½⅔−×·\u{387}⋅÷≠≤≥∧∨¬∈∉←√°∪∩∆∖";
    match character {
        '_' => true,
        _ if character.is_ascii() => character.is_ascii_alphanumeric(),
        _ => !is_superscript(character) && !operators.contains(character) && !WIDE_BLANKS.contains(&character),
    }
}

/// The length of the run of such characters at the beginning of the text.
fn run(text: &str, is_such: impl Fn(char) -> bool) -> usize {
    text.find(|character| !is_such(character)).unwrap_or(text.len())
}
