//! The query of a URL, encoded as HTML forms are: `+` is a space, and `%2B` is `+`.

use percent_encoding::percent_decode;
use tabuada_lang::Language;

/// The query is not valid UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotText;

/// The value of a parameter: the last, if it is given more than once.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Result<Option<String>, NotText> {
    last(query, [name]).map(|[value]| value)
}

/// The values of several parameters, each as [`parameter`] gives it.
pub(super) fn last<const N: usize>(query: Option<&str>, names: [&str; N]) -> Result<[Option<String>; N], NotText> {
    let mut last = [const { None }; N];
    // The values before the last are decoded as well: they may be invalid.
    for value in values(query, names) {
        let (at, value) = value?;
        last[at] = Some(value);
    }
    Ok(last)
}

/// All values of a parameter, in order.
pub(super) fn parameters(query: Option<&str>, name: &str) -> Result<Vec<String>, NotText> {
    values(query, [name]).map(|value| value.map(|(_, value)| value)).collect()
}

/// The values of the parameters with one of these names, each with the index of its name.
fn values<const N: usize>(
    query: Option<&str>,
    names: [&str; N],
) -> impl Iterator<Item = Result<(usize, String), NotText>> {
    let place = move |given: &[u8]| names.iter().position(|name| name.as_bytes() == given);
    query.unwrap_or_default().as_bytes().split(|byte| *byte == b'&').filter_map(move |pair| {
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (given, value) = equals.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
        // Nearly all clients write names without escapes.
        let at = if is_coded(given) { decoded(given).map(|given| place(given.as_bytes())) } else { Ok(place(given)) };
        at.transpose().map(|at| Ok((at?, decoded(value)?)))
    })
}

/// The note on the usual mistake, to follow the message about a missing operator.
pub(super) fn about_plus(language: Language) -> &'static str {
    match language {
        Language::English => " (in a query + is a space; the sign is written %2B)",
        Language::Portuguese => " (numa query + é um espaço; o sinal se escreve %2B)",
    }
}

/// Whether a value of the query begins with a text and has a `+` among the blanks at its end. A client that escapes
/// signs elsewhere knows what a `+` is.
pub(super) fn is_missing_for_a_plus(query: &str, before: &str) -> bool {
    let gap = before.trim_end().len()..before.len();
    let is_it = |pair: &[u8]| {
        let equals = pair.iter().position(|byte| *byte == b'=');
        let value = equals.map_or(&[][..], |at| &pair[at + 1..]);
        // As long as the text, with the signs that became blanks there.
        let signs: Vec<u8> = percent_decode(value).collect();
        let is_of_it = decoded(value).is_ok_and(|text| text.starts_with(before));
        is_of_it && signs.get(gap.clone()).is_some_and(|blanks| blanks.contains(&b'+'))
    };
    !query.to_ascii_lowercase().contains("%2b") && query.as_bytes().split(|byte| *byte == b'&').any(is_it)
}

/// Whether a part has to be decoded.
fn is_coded(part: &[u8]) -> bool {
    part.iter().any(|byte| matches!(byte, b'+' | b'%'))
}

fn decoded(part: &[u8]) -> Result<String, NotText> {
    let mut decoded = Vec::with_capacity(part.len());
    // Each `+` is a space between two parts.
    for (at, word) in part.split(|byte| *byte == b'+').enumerate() {
        if at > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode(word));
    }
    String::from_utf8(decoded).map_err(|_| NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_operator_may_have_been_a_plus() {
        for (query, before, is_plus) in [
            ("expr=2+2", "2 ", true),
            ("mode=exact&expr=%C3%A9+2", "é ", true),
            ("expr=1&expr=2%20+2", "2  ", true),
            ("expr=2%202", "2 ", false),
            ("expr=2+*+2%202", "2 * 2 ", false),
            ("expr=2+2%2b1", "2 ", false),
            ("expr=2+2&other=%2B", "2 ", false),
            ("expr=3&other=2+2", "3 ", false),
            ("expr=%ff+2", "2 ", false),
            ("expr=22", "2", false),
            ("expr", "", false),
        ] {
            assert_eq!(is_missing_for_a_plus(query, before), is_plus, "{query}");
        }
    }

    #[test]
    fn parameters_are_read_as_forms_write_them() {
        for (query, value) in [
            ("key=2%2B2", Ok(Some("2+2"))),
            ("key=2+2", Ok(Some("2 2"))),
            ("limit=1&key=%CF%80", Ok(Some("π"))),
            ("key=a=b", Ok(Some("a=b"))),
            ("key=1&key=2", Ok(Some("2"))),
            ("k%65y=1", Ok(Some("1"))),
            ("key", Ok(Some(""))),
            ("keys=1", Ok(None)),
            ("", Ok(None)),
            ("key=100%", Ok(Some("100%"))),
            ("key=%ff", Err(NotText)),
            ("key=%ff&key=1", Err(NotText)),
            ("%ff=1&key=1", Err(NotText)),
        ] {
            let found = parameter(Some(query), "key");
            assert_eq!(found.as_ref().map(Option::as_deref), value.as_ref().copied(), "{query}");
        }
        assert_eq!(parameter(None, "key"), Ok(None));
        let all = parameters(Some("key=1&other=2&key=&key=3"), "key").unwrap();
        assert_eq!(all, ["1", "", "3"]);
    }
}
