use std::time::Instant;
use tabuada_lang::{Context, Fuel, Limits, parse_with};
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap()
}
fn main() {
    for (mode, n, base, text) in [
        ("python", 100_000, "k", "sin(k)"),
        ("python", 100_000, "k*0.37", "sec(k*0.37)"),
        ("python", 100_000, "k*0.37", "cot(k*0.37)"),
        ("python", 100_000, "k*0.37", "sin((k*0.37)°)"),
        ("python", 100_000, "k*0.37", "tan((k*0.37)°)"),
        ("python", 100_000, "k", "sin(k°)"),
        ("python", 10_000, "k*1e300", "sin((k*1e300)°)"),
        ("python", 10_000, "k*1e-280", "sin((k*1e-280)°)"),
        ("python", 10_000, "k*1e-310", "sin((k*1e-310)°)"),
        ("python", 10_000, "k*1e300", "sec(k*1e300)"),
        ("python", 10_000, "k*1e6", "cot(k*1e6)"),
        ("python", 10_000, "k*0.37", "asec(1+k*0.37)"),
        ("python", 10_000, "k*1e290", "asec(k*1e290)"),
        ("python", 10_000, "k*0.37", "acsc(1+k*0.37)"),
        ("python", 10_000, "k*0.37", "acot(k*0.37)"),
        ("python", 10_000, "k*0.37", "round_half_up(k*0.37, 2)"),
        ("python", 10_000, "k*0.125", "round_half_up(k*0.125, 2)"),
        ("python", 10_000, "k/2**60", "round_half_up(k/2**60, 60)"),
        ("python", 10_000, "k*1e290", "round_half_up(k*1e290, -280)"),
        ("python", 10_000, "k*1e290", "round(k*1e290, -280)"),
        ("python", 300, "k", "percentile(range(1000), k/3)"),
        ("decimal:28", 3_000, "k*0.37", "sin(k*0.37)"),
        ("decimal:28", 3_000, "k*0.37", "sin((k*0.37)°)"),
        ("decimal:28", 3_000, "k*0.37", "tan((k*0.37)°)"),
        ("decimal:28", 3_000, "k*0.37", "cot(k*0.37)"),
        ("decimal:28", 3_000, "k*0.37", "asec(1+k*0.37)"),
        ("decimal:28", 3_000, "k*0.37", "acsc(1+k*0.37)"),
        ("decimal:28", 3_000, "k*0.37", "acot(1+k*0.37)"),
        ("decimal:28", 1_000, "k*1e-800", "csc((k*1e-800)°)"),
        ("decimal:28", 1_000, "k*1e-50", "csc(k*1e-50)"),
        ("decimal:28", 30, "k*1e-99999", "csc((k*1e-99999)°)"),
        ("decimal:28", 30, "k*1e99999", "asec(k*1e99999)"),
        ("decimal:28", 30, "10**100000+k", "sin((10**100000+k)°)"),
        ("decimal:1000", 30, "k*0.37", "sin((k*0.37)°)"),
        ("decimal:1000", 30, "k*0.37", "acsc(1+k*0.37)"),
        ("decimal:1000", 30, "k*1e-500", "csc(k*1e-500)"),
        ("exact", 10_000, "k*30", "sin((k*30)°)"),
    ] {
        let limits = Limits { fuel: 1 << 40, ..Limits::default() };
        let run = |body: &str| {
            let text = format!("sum(({body}, 0)[1], k, 1, {n})");
            let program =
                parse_with(&text, &Context { mode: mode.parse().unwrap(), ..Context::default() }, &limits).unwrap();
            let mut best = f64::INFINITY;
            let mut spent = 0;
            for _ in 0..3 {
                let mut fuel = Fuel::new(limits.fuel);
                let _ = Instant::now();
                let start = cpu();
                program.evaluate(&limits, &mut fuel).unwrap();
                best = best.min(cpu() - start);
                spent = fuel.spent();
            }
            (best / n as f64, spent as f64 / n as f64)
        };
        let ((a, b), (c, d)) = (run(base), run(text));
        println!("{mode:12} {text:32} {:9.0} ns {:9.1} units {:6.1} ns/unit", c - a, d - b, (c - a) / (d - b));
    }
}
