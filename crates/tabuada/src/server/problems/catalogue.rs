//! The catalogue of problems: code, status, and when they occur. A test keeps the table in `docs/http.md` equal.

use axum::http::StatusCode;

/// A kind of problem.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Kind {
    /// Stable, and for programs.
    pub(in crate::server) code: &'static str,
    /// The status of the answer.
    pub(in crate::server) status: StatusCode,
    /// When it occurs. Read by the test that keeps `docs/http.md` equal.
    #[cfg(test)]
    pub(in crate::server) when: &'static str,
}

#[cfg_attr(not(test), expect(unused_variables, reason = "`when` is for the test and for readers"))]
const fn kind(status: StatusCode, code: &'static str, when: &'static str) -> Kind {
    Kind {
        code,
        status,
        #[cfg(test)]
        when,
    }
}

/// All of them; those of expressions first.
pub(in crate::server) const CATALOGUE: &[Kind] = &{
    use StatusCode as S;
    const EXPRESSION: S = S::UNPROCESSABLE_ENTITY;
    [
        kind(EXPRESSION, "syntax", "the text is not an expression"),
        kind(EXPRESSION, "unsupported", "a feature that the language or this mode does not have"),
        kind(EXPRESSION, "ambiguous", "in [school notation](notation.md), a text with two `readings`"),
        kind(EXPRESSION, "unknown-name", "a name without a definition"),
        kind(EXPRESSION, "type-error", "an operation on a type that does not support it, or wrong arguments"),
        kind(EXPRESSION, "value-error", "a value of the right type, but outside the domain"),
        kind(EXPRESSION, "division-by-zero", "a division by zero"),
        kind(EXPRESSION, "overflow", "a result that a float cannot hold"),
        kind(EXPRESSION, "not-exact", "in exact mode, a result that is not a fraction"),
        kind(
            EXPRESSION,
            "no-convergence",
            "`integral`, `root`, `derivative` or a sum to infinity found no reliable answer",
        ),
        kind(EXPRESSION, "recursive", "a formula or a function that refers to itself"),
        kind(EXPRESSION, "too-long", "a text beyond 64 KiB"),
        kind(EXPRESSION, "too-deep", "brackets nested beyond 200"),
        kind(EXPRESSION, "too-large", "a number, a collection or an answer beyond its limit"),
        kind(EXPRESSION, "out-of-fuel", "more work than one expression may cost"),
        kind(EXPRESSION, "out-of-memory", "more memory than one expression may hold"),
        kind(S::SERVICE_UNAVAILABLE, "deadline", "not computed within 2 s; a later attempt may succeed"),
        kind(S::SERVICE_UNAVAILABLE, "internal", "a bug of ours"),
        kind(S::SERVICE_UNAVAILABLE, "overloaded", "the server is overloaded"),
        kind(S::BAD_REQUEST, "malformed", "the query, the body, the mode or the variables are invalid"),
        kind(S::NOT_FOUND, "not-found", "there is nothing at this address"),
        kind(S::METHOD_NOT_ALLOWED, "method-not-allowed", "the address does not support this method"),
        kind(S::REQUEST_TIMEOUT, "timeout", "the body did not arrive within 30 s"),
        kind(S::PAYLOAD_TOO_LARGE, "too-large", "a body beyond 1 MiB, or a batch of more than 10,000 lines"),
        kind(S::UNAUTHORIZED, "unauthorized", "an operator's route, without the operator's token"),
        kind(S::FORBIDDEN, "forbidden", "an operator's route, where no token is set and this client has no access"),
        kind(S::NOT_FOUND, "not-remembered", "there is no cached answer under this name"),
        kind(S::BAD_GATEWAY, "redis-refused", "Redis refuses the removal"),
    ]
};

/// The status of an error of an expression.
pub(in crate::server) fn status_of(code: &str) -> StatusCode {
    CATALOGUE.iter().find(|kind| kind.code == code).map_or(StatusCode::UNPROCESSABLE_ENTITY, |kind| kind.status)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn at(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
    }

    #[test]
    fn the_documented_table_is_this_one() {
        let page = fs::read_to_string(at("docs/http.md")).unwrap();
        let table: String = CATALOGUE
            .iter()
            .map(|Kind { code, status, when }| format!("| {} | `{code}` | {when} |\n", status.as_u16()))
            .collect();
        let table = format!("| status | code | |\n|---|---|---|\n{table}\n");
        assert!(page.contains(&table), "docs/http.md should hold\n\n{table}");
    }

    /// The codes that the sources use: a short word after a status, or the code of an error of the language.
    fn codes_in_use() -> BTreeSet<(Option<String>, String)> {
        let mut codes = BTreeSet::new();
        let is_code = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        let mut folders = vec![at("crates/tabuada/src/server")];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("catalogue.rs") {
                    continue;
                }
                for said in fs::read_to_string(path).unwrap().split("StatusCode::").skip(1) {
                    let Some((status, rest)) = said.split_once(',') else { continue };
                    let rest = rest.trim_start();
                    let rest = rest.strip_prefix("code:").map_or(rest, str::trim_start);
                    let Some((code, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
                        continue;
                    };
                    if is_code(code) {
                        codes.insert((Some(status.to_owned()), code.to_owned()));
                    }
                }
            }
        }
        let errors = fs::read_to_string(at("crates/lang/src/error.rs")).unwrap();
        let of_errors = errors.split("pub fn code(&self)").nth(1).unwrap().split("\n    }\n").next().unwrap();
        codes.extend(of_errors.split('"').skip(1).step_by(2).map(|code| (None, code.to_owned())));
        codes
    }

    #[test]
    fn every_code_is_in_it() {
        let used = codes_in_use();
        assert!(used.len() > 20, "{used:?}");
        for (status, code) in &used {
            let is_it = |kind: &&Kind| {
                let constant = kind.status.canonical_reason().unwrap().to_uppercase().replace(' ', "_");
                kind.code == code && status.as_ref().is_none_or(|status| *status == constant)
            };
            assert!(CATALOGUE.iter().any(|kind| is_it(&kind)), "{code} with {status:?} is missing");
        }
        for Kind { code, .. } in CATALOGUE {
            assert!(used.iter().any(|(_, used)| used == code), "{code} is used by nobody");
        }
    }
}
