//! The value of a CSV cell: a number in its own spelling, or else a string.

use std::borrow::Cow;

/// Appends the JSON form of a cell's value. The decimal sign is a point, or also a comma with `has_commas`.
///
/// An int has digits without leading zeros, and may have a sign. A float has a decimal sign or an exponent. Blanks around
/// a number are ignored. `007`, `1.234,5` and `nan` are strings.
pub(super) fn write_cell(cell: &str, has_commas: bool, out: &mut String) {
    let text = cell.trim();
    let pointed = (has_commas && text.matches(',').count() == 1 && !text.contains('.')).then(|| text.replace(',', "."));
    match number(pointed.as_deref().unwrap_or(text)) {
        Some(number) => out.push_str(&number),
        None => crate::json::write_string(cell, out),
    }
}

/// A number in JSON's spelling.
fn number(text: &str) -> Option<Cow<'_, str>> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    let has_zeros_before = whole.len() > 1 && whole.starts_with('0');
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        !digits.is_empty() && are_digits(digits)
    };
    let is_number = has_digits
        && !has_zeros_before
        && are_digits(whole)
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(is_exponent);
    if !is_number {
        return None;
    }
    let is_as_json = !text.starts_with('+') && !whole.is_empty() && fraction != Some("");
    if is_as_json {
        return Some(text.into());
    }
    let filled = |digits: &str| if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    let mut number = format!("{sign}{}", filled(whole));
    if let Some(fraction) = fraction {
        number.push('.');
        number.push_str(&filled(fraction));
    }
    if let Some(exponent) = exponent {
        number.push('e');
        number.push_str(exponent);
    }
    Some(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_number_if_python_would_print_one_so_and_else_a_string() {
        for (cell, json) in [
            ("3", "3"),
            ("-3", "-3"),
            ("+3", "3"),
            ("0", "0"),
            (" 12 ", "12"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("0.1", "0.1"),
            ("0.10", "0.10"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("5.", "5.0"),
            ("1e5", "1e5"),
            ("+1.E-05", "1.0e-05"),
            ("007", "\"007\""),
            ("00", "\"00\""),
            ("00.5", "\"00.5\""),
            ("1,5", "\"1,5\""),
            ("1_000", "\"1_000\""),
            ("", "\"\""),
            ("-", "\"-\""),
            (".", "\".\""),
            ("e5", "\"e5\""),
            ("1e", "\"1e\""),
            ("nan", "\"nan\""),
            ("1+1", "\"1+1\""),
            (" a \"b\"", "\" a \\\"b\\\"\""),
            ("٣", "\"٣\""),
        ] {
            let mut out = String::new();
            write_cell(cell, false, &mut out);
            assert_eq!(out, json, "{cell:?}");
            serde_json::from_str::<serde_json::Value>(&out).unwrap();
        }
    }

    #[test]
    fn a_comma_is_a_decimal_sign_where_it_separates_nothing() {
        for (cell, json) in [
            ("1,5", "1.5"),
            (" -0,25 ", "-0.25"),
            (",5", "0.5"),
            ("1,5e3", "1.5e3"),
            ("1.5", "1.5"),
            ("3", "3"),
            // It is unclear which of the two signs separates the thousands.
            ("1.234,56", "\"1.234,56\""),
            ("1,234,567", "\"1,234,567\""),
            ("a,b", "\"a,b\""),
            (",", "\",\""),
        ] {
            let mut out = String::new();
            write_cell(cell, true, &mut out);
            assert_eq!(out, json, "{cell:?}");
        }
    }
}
