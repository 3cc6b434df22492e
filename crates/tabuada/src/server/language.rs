//! In which language a client is told what went wrong: English, or Brazilian Portuguese if it prefers that.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
pub(super) use tabuada_lang::Language;

/// The language that the client likes best of those there are (RFC 9110, section 12.5.4); English if it names none.
pub(super) fn preferred(headers: &HeaderMap) -> Language {
    let mut best = (Language::English, 0.0);
    let lists = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|list| list.to_str().ok());
    for range in lists.flat_map(|list| list.split(',')) {
        let (tag, weight) = range.split_once(';').map_or((range, 1.0), |(tag, weight)| (tag, quality(weight)));
        let primary = tag.trim().split('-').next().unwrap_or_default();
        let language = match primary {
            "*" => Language::English,
            _ if primary.eq_ignore_ascii_case("en") => Language::English,
            _ if primary.eq_ignore_ascii_case("pt") => Language::Portuguese,
            _ => continue,
        };
        // Of equals, the first.
        if weight > best.1 {
            best = (language, weight);
        }
    }
    best.0
}

/// The value of `Content-Language`.
pub(super) fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Portuguese => "pt-BR",
    }
}

/// `q=0.5`; what cannot be read counts for nothing.
fn quality(parameter: &str) -> f32 {
    let value = parameter.trim().strip_prefix("q=").or_else(|| parameter.trim().strip_prefix("Q="));
    value.and_then(|value| value.trim().parse().ok()).filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_best_is_spoken() {
        for (accepted, language) in [
            ("", "en"),
            ("pt-BR", "pt-BR"),
            ("pt", "pt-BR"),
            ("PT-pt", "pt-BR"),
            ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
            ("en-GB,en;q=0.9,pt;q=0.5", "en"),
            ("en;q=0.4, pt;q=0.6", "pt-BR"),
            ("de, pt;q=0.1", "pt-BR"),
            ("de", "en"),
            ("pt;q=0", "en"),
            ("pt;q=x", "en"),
            ("*, pt;q=0.5", "en"),
            ("pt, en", "pt-BR"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(tag(preferred(&headers)), language, "{accepted}");
        }
        assert_eq!(tag(preferred(&HeaderMap::new())), "en");
    }
}
