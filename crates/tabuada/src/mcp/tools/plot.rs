//! `plot`: the curves of functions of x, as a picture.

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Number;
use tabuada_lang::{ErrorKind, Language, Limits, Notation};

use super::Output;
use crate::answer::{Calculator, DEADLINE};
use crate::engine::random_seed;
use crate::mcp::arguments::{Arguments, Signature};
use crate::mcp::mistake::Mistake;
use crate::peer::Peer;
use crate::plot::{Plot, Refusal};

pub(super) const SIGNATURE: Signature = Signature {
    tool: "plot",
    arguments: &[
        ("expr", "a string with a function of x, such as x**2 - 2, or a list of them"),
        ("from", "a number, or an expression that is one, such as \"-2*pi\""),
        ("to", "a number, or an expression that is one, such as \"2*pi\""),
    ],
    example: r#"{"expr": "sin(x)/x", "from": "-2*pi", "to": "2*pi"}"#,
};

#[derive(Serialize)]
struct Seen<'s> {
    title: &'s str,
    description: &'s str,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum End {
    Number(Number),
    Text(String),
}

pub(super) async fn call(
    calculator: &Arc<Calculator>,
    peer: Peer,
    arguments: &Arguments<'_>,
) -> Result<Output, Mistake> {
    let exprs = match arguments.needed("expr")? {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    };
    let end = |name| {
        let end = arguments.optional(name)?;
        Ok::<_, Mistake>(end.map(|end| match end {
            End::Number(number) => number.to_string(),
            End::Text(text) => text,
        }))
    };
    let (from, to) = (end("from")?, end("to")?);
    let plot = Plot { from, to, ..Plot::new(exprs, Notation::Python, Language::English) };
    let begun = Instant::now();
    // A text that does not parse is answered without waiting for other pictures.
    let read = move || plot.read(&Limits::default()).map_err(|refusal| told(&plot, &refusal)).map(|_| plot);
    let plot = calculator.readers().by(peer).run(DEADLINE, read).await??;
    let work = move |stop: &dyn Fn() -> bool| {
        let picture = plot.picture(&Limits::default(), random_seed(), stop).map_err(|refusal| told(&plot, &refusal))?;
        let seen = Seen { title: picture.title(), description: picture.description() };
        let json = serde_json::to_string(&seen).unwrap_or_default();
        let png = picture.png(1.0, stop).ok_or_else(|| Mistake::of_kind(&ErrorKind::Deadline))?;
        Ok(Output { picture: Some(png), ..Output::of(json) })
    };
    calculator.workers().by(peer).run_while_awaited(DEADLINE, begun, work).await?
}

fn told(plot: &Plot, refusal: &Refusal) -> Mistake {
    match refusal {
        Refusal::Expression { at, error, fixes } => {
            let mistake = Mistake::of_text(error, &plot.exprs[*at], fixes);
            if plot.exprs.len() > 1 { mistake.of_expression(at + 1) } else { mistake }
        }
        Refusal::Stopped(kind) => Mistake::of_kind(kind),
        refusal => Mistake::of_arguments(&refusal.message(Language::English)),
    }
}
