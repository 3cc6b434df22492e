//! The language of problems and hints: English, or Brazilian Portuguese if the client prefers it.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
pub(in crate::server) use tabuada_lang::Language;

use super::qvalues::{members, weighted};

/// The available language that the client prefers (RFC 9110, section 12.5.4); English by default.
pub(in crate::server) fn preferred(headers: &HeaderMap) -> Language {
    let mut best = (Language::English, 0.0);
    for (tag, weight) in members(headers, ACCEPT_LANGUAGE).map(weighted) {
        let primary = tag.split('-').next().unwrap_or_default();
        let language = match primary {
            "*" => Language::English,
            _ if primary.eq_ignore_ascii_case("en") => Language::English,
            _ if primary.eq_ignore_ascii_case("pt") => Language::Portuguese,
            _ => continue,
        };
        // Of equal weights, the first.
        if weight > best.1 {
            best = (language, weight);
        }
    }
    best.0
}

/// The value of `Content-Language`.
pub(in crate::server) fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Portuguese => "pt-BR",
    }
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
