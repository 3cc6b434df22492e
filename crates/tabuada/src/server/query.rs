//! The query of a URL, as forms write it: `+` is a space, and `%2B` is `+`.

use percent_encoding::percent_decode;
use tabuada_lang::Language;

/// The query holds what is no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotText;

/// The value of a parameter, the last if it is given again.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Result<Option<String>, NotText> {
    // What stands before the last is read as well: it may be no text.
    values(query, name).try_fold(None, |_, value| value.map(Some))
}

/// The values of a parameter, one for each time that it is given.
pub(super) fn parameters(query: Option<&str>, name: &str) -> Result<Vec<String>, NotText> {
    values(query, name).collect()
}

fn values(query: Option<&str>, name: &str) -> impl Iterator<Item = Result<String, NotText>> {
    query.unwrap_or_default().as_bytes().split(|byte| *byte == b'&').filter_map(move |pair| {
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (given, value) = equals.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
        // Nearly everybody writes a name as it is.
        let is_it =
            if is_coded(given) { decoded(given).map(|given| given == name) } else { Ok(given == name.as_bytes()) };
        match is_it {
            Ok(false) => None,
            Ok(true) => Some(decoded(value)),
            Err(NotText) => Some(Err(NotText)),
        }
    })
}

/// The mistake that everybody makes once: behind the words about a text that could not be read.
pub(super) fn about_plus(query: Option<&str>, language: Language) -> &'static str {
    let has_plus = query.is_some_and(|query| query.contains('+'));
    match language {
        _ if !has_plus => "",
        Language::English => " (in a query + is a space; the sign is written %2B)",
        Language::Portuguese => " (numa query + é um espaço; o sinal se escreve %2B)",
    }
}

/// Whether a part stands for another text.
fn is_coded(part: &[u8]) -> bool {
    part.iter().any(|byte| matches!(byte, b'+' | b'%'))
}

fn decoded(part: &[u8]) -> Result<String, NotText> {
    let decoded = if part.contains(&b'+') {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).collect()
    } else {
        percent_decode(part).collect()
    };
    String::from_utf8(decoded).map_err(|_| NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

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
