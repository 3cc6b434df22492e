//! The query of a URL, as forms write it: `+` is a space, and `%2B` is `+`.

use percent_encoding::percent_decode;
use tabuada_lang::Language;

/// The query holds what is no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotText;

/// The value of a parameter, the last if it is given again.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Result<Option<String>, NotText> {
    let pairs = query.unwrap_or_default().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut found = None;
    for (given, value) in pairs {
        // Nearly everybody writes a name as it is.
        if given == name || decoded(given)? == name {
            found = Some(decoded(value)?);
        }
    }
    Ok(found)
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

fn decoded(part: &str) -> Result<String, NotText> {
    let part = part.replace('+', " ");
    percent_decode(part.as_bytes()).decode_utf8().map(|text| text.into_owned()).map_err(|_| NotText)
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
        ] {
            let found = parameter(Some(query), "key");
            assert_eq!(found.as_ref().map(Option::as_deref), value.as_ref().copied(), "{query}");
        }
        assert_eq!(parameter(None, "key"), Ok(None));
    }
}
