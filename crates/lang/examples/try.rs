use std::io::BufRead;
use tabuada_lang::*;
fn main() {
    let (limits, context) = (Limits::default(), Context::default());
    for line in std::io::stdin().lock().lines() {
        let text = line.unwrap();
        let value = |text: &str| match parse(text, &limits) {
            Ok(p) => match p.evaluate(&limits, &mut Fuel::new(limits.fuel)) {
                Ok(a) => a.text().to_owned(),
                Err(f) => f.kind.code().to_owned(),
            },
            Err(e) => e.kind.code().to_owned(),
        };
        let mut out = vec![];
        match parse(&text, &limits) {
            Err(e) => {
                for f in fixes(&text, &e, &context, &limits) {
                    let m = f.apply(&text);
                    out.push(format!("{m}  = {}", value(&m)));
                }
            }
            Ok(p) => {
                for h in p.hints(&text, &context, &limits) {
                    out.push(format!("[{}]", h.kind.code()));
                    for f in h.fixes {
                        let m = f.apply(&text);
                        out.push(format!("{m}  = {}", value(&m)));
                    }
                }
                if let Err(f) = p.evaluate(&limits, &mut Fuel::new(limits.fuel)) {
                    for f in p.fixes(&text, &f, &context, &limits) {
                        let m = f.apply(&text);
                        out.push(format!("{m}  = {}", value(&m)));
                    }
                }
            }
        }
        println!("{text:40} {:18} -> {}", value(&text), out.join("   |   "));
    }
}
