use std::io::BufRead;
use tabuada_lang::*;
fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let Some((mode, text)) = line.split_once('\t') else { continue };
        let limits = Limits::default();
        let context = Context { mode: mode.parse().unwrap(), ..Context::default() };
        let program = match parse_with(text, &context, &limits) {
            Ok(p) => p,
            Err(e) => {
                println!("{line}\t!parse {:?}", e.kind);
                continue;
            }
        };
        let mut fuel = Fuel::new(limits.fuel);
        let start = std::time::Instant::now();
        let r = program.evaluate(&limits, &mut fuel);
        let t = start.elapsed();
        let out = match r {
            Ok(a) => format!("{} {}", a.type_name(), a.text()),
            Err(f) => format!("!{} {}", f.kind.code(), f.kind.message(Language::English)),
        };
        println!("{line}\t{}\t[{} fuel {:?}] {}", &out[..out.len().min(150)], fuel.spent(), t, program.canonical());
    }
}
