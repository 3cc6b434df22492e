//! Answers in math.js's language: another language, the same cache, workers and budgets. The texts themselves are the
//! key, since an error tells where in its text it is.

use std::sync::Arc;

use tabuada_lang::mathjs::Stop;
use tabuada_lang::{ANSWER_VERSION, ErrorKind};

use super::{
    Calculator, Call, ComputeError, DEADLINE, INLINE_TEXT_BYTES, INLINE_TEXT_BYTES_OF_MANY, Key, Origin, Trouble,
    origin, saved,
};
use crate::engine::{self, MathjsProgram, Texts};
use crate::json::write_string;
use crate::peer::Peer;
use crate::record::Answer;
use crate::workers::NotDone;

/// What a client of math.js's service asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// One expression, or several that share a scope.
    pub(crate) texts: Vec<String>,
    /// Whether the expressions came as a list.
    pub(crate) is_list: bool,
    /// The significant digits.
    pub(crate) precision: Option<u32>,
}

impl Asked {
    /// The key of the answer: it differs from that of any text in another language.
    fn name(&self) -> Key {
        let list = if self.is_list { "-list" } else { "" };
        let digits = self.precision.map(|precision| precision.to_string()).unwrap_or_default();
        let variant = format!("{ANSWER_VERSION}@mathjs{list}{digits}");
        match &self.texts[..] {
            [text] if !self.is_list => Key::new(variant, text),
            texts => {
                let mut list = String::from("[");
                for (at, text) in texts.iter().enumerate() {
                    list.push_str(if at > 0 { "," } else { "" });
                    write_string(text, &mut list);
                }
                list.push(']');
                Key::new(variant, &list)
            }
        }
    }

    fn bytes(&self) -> usize {
        self.texts.iter().map(|text| text.len() + 1).sum()
    }
}

/// The answer to a client of math.js's service, and its origin.
#[derive(Debug)]
pub(crate) struct Told {
    /// The printed values, or the text of the error. `None`: the server is overloaded.
    pub(crate) outcome: Option<Result<Vec<String>, String>>,
    pub(crate) origin: Origin,
}

impl Told {
    fn failed(stop: &Stop) -> Self {
        Self { outcome: Some(Err(stop.message())), origin: Origin::Nowhere }
    }

    fn of(answer: &Answer, origin: Origin) -> Self {
        let outcome = match &answer.outcome {
            Ok(printed) => match printed.texts() {
                Texts::Many(texts) => Ok(texts),
                Texts::One(error) => Err(error),
            },
            Err(failure) => Err(Stop::Limit(failure.kind.clone()).message()),
        };
        Self { outcome: Some(outcome), origin }
    }
}

impl Calculator {
    /// The answer in math.js's language.
    pub(crate) async fn answer_mathjs(self: &Arc<Self>, peer: Peer, asked: Asked) -> Told {
        let name = asked.name();
        if let Some(found) = self.cache.get_if(&name, |_| true) {
            self.counters.asks().ends_in_the_cache(saved(&found));
            return Told::of(&found.value, origin(found.source, found.ttl));
        }
        let asking = self.counters.asks();
        let program = match self.read_mathjs(peer, &asked).await {
            Ok(Ok(program)) => Arc::new(program),
            // As everywhere, a text that cannot be read is not remembered.
            Ok(Err(stop)) => {
                asking.bypasses_it();
                return Told::failed(&stop);
            }
            Err(_) => {
                asking.bypasses_it();
                return Told { outcome: None, origin: Origin::Nowhere };
            }
        };
        let trial = {
            let (calculator, program) = (self.clone(), program.clone());
            async move || calculator.try_evaluate(peer, program).await
        };
        let in_full = {
            let calculator = self.clone();
            move || calculator.evaluate(peer, program)
        };
        let found = Box::pin(self.cache.get_or_try_then_compute(Call::new(&name), trial, in_full)).await;
        asking.ends_in_the_cache(found.as_ref().map_or(0, saved));
        match found {
            Ok(found) => Told::of(&found.value, origin(found.source, found.ttl)),
            Err(ComputeError::Computation(Trouble::Failed(failure))) => Told::failed(&Stop::Limit(failure.kind)),
            Err(ComputeError::Computation(Trouble::Overloaded)) => Told { outcome: None, origin: Origin::Nowhere },
            Err(_) => Told::failed(&Stop::Limit(ErrorKind::Internal)),
        }
    }

    async fn read_mathjs(self: &Arc<Self>, peer: Peer, asked: &Asked) -> Result<Result<MathjsProgram, Stop>, NotDone> {
        let readers = self.readers.by(peer);
        let most = if readers.has_waiters() { INLINE_TEXT_BYTES_OF_MANY } else { INLINE_TEXT_BYTES };
        if asked.bytes() <= most {
            return Ok(engine::read_mathjs(&asked.texts, asked.precision, &self.limits));
        }
        let (calculator, texts, precision) = (self.clone(), asked.texts.clone(), asked.precision);
        let work = move || engine::read_mathjs(&texts, precision, &calculator.limits);
        Box::pin(self.readers.by(peer).run(DEADLINE, work)).await
    }
}

#[cfg(test)]
mod tests {
    use tabuada_lang::Mode;

    use super::*;
    use crate::counters::Counters;
    use crate::engine::Evaluation;

    fn asked(texts: &[&str], precision: Option<u32>) -> Asked {
        Asked { texts: texts.iter().map(|text| (*text).to_owned()).collect(), is_list: texts.len() != 1, precision }
    }

    /// Every part of a request that makes another answer makes another key, and no text of another language has it.
    #[test]
    fn keys_differ_where_answers_do() {
        let one = asked(&["2+2"], None);
        let keys: Vec<Key> = [
            one.clone(),
            Asked { is_list: true, ..one.clone() },
            Asked { precision: Some(3), ..one },
            asked(&["2+", "2"], None),
            asked(&[], None),
            asked(&["[\"2+2\"]"], None),
        ]
        .iter()
        .map(Asked::name)
        .chain([Key::new(ANSWER_VERSION, "2+2")])
        .collect();
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{key:?}");
        }
        assert_eq!((keys[2].variant(), keys[2].text()), ("2@mathjs3", "2+2"));
    }

    /// What was answered once is remembered: values, errors and limits, not what cannot be read.
    #[tokio::test]
    async fn answers_are_remembered() {
        let calculator = Calculator::new(tabuada_cache::Options::default(), 1, Counters::default()).unwrap();
        for (texts, precision, outcome, is_kept) in [
            (&["2^53 + 1"][..], None, Ok(vec!["9.007199254740992e+15"]), true),
            (&["1/3"], Some(3), Ok(vec!["0.333"]), true),
            (&["a = 2", "a^2", "\"é\\n\""], None, Ok(vec!["2", "4", "\"é\\n\""]), true),
            (&[], None, Ok(vec![]), true),
            (&["foo"], None, Err("Error: Undefined symbol foo"), true),
            (&["f(x) = x < 2 ? x : f(x - 1) + f(x - 2); f(20)"], None, Ok(vec!["[6765]"]), true),
            (&["2 +"], None, Err("SyntaxError: Unexpected end of expression (char 4)"), false),
        ] {
            for round in 0..2 {
                let told = calculator.answer_mathjs(Peer::default(), asked(texts, precision)).await;
                let given = told.outcome.unwrap();
                let wanted = outcome.clone().map_err(str::to_owned);
                assert_eq!(given, wanted.map(|texts| texts.into_iter().map(str::to_owned).collect()), "{texts:?}");
                assert_eq!(matches!(told.origin, Origin::Memory(_)), is_kept && round == 1, "{texts:?}");
            }
        }
    }

    #[test]
    fn records_are_read_back_unchanged() {
        let limits = tabuada_lang::Limits::default();
        let texts = ["4", "\"a'b\\\"c\"", "é\u{301}\u{202e}\0\u{7f}", "x\r\n\t\\", "😀"].map(str::to_owned).to_vec();
        let thrown = Stop::Thrown("Error: Cannot convert \"<b>'\" to a number".to_owned());
        let limit = Stop::Limit(ErrorKind::OutOfFuel { limit: limits.fuel });
        for printed in [Ok(texts), Ok(vec![]), Err(thrown), Err(limit)] {
            let evaluation = Evaluation { outcome: Texts::of(printed), fuel: 5 };
            let answer = Answer::new(evaluation, Mode::Python, 1_700_000_000);
            let line = answer.encode(&limits).unwrap();
            let again = Answer::decode(&line, &limits).unwrap_or_else(|| panic!("{line}"));
            let told = |answer: &Answer| Told::of(answer, Origin::Redis).outcome;
            assert_eq!(told(&again), told(&answer), "{line}");
            assert_eq!(again.lifetime(), answer.lifetime(), "{line}");
        }
    }
}
