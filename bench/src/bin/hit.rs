//! What an answer from memory takes inside the process, from the text to the answer, in nanoseconds: a hit as HTTP asks for
//! it, without HTTP.
//!
//!     hit [ROUNDS]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use tabuada::{Calculator, Caller, Counters, Origin, Question};
use tabuada_cache::Options;
use tabuada_lang::Mode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EACH: u32 = 100_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(15), |rounds| rounds.parse())?;
    let calculator = Calculator::new(Options::default(), 1, Counters::default())?;
    println!("| text | ns, median | least – most |\n|---|---|---|");
    for text in ["2+2", "(3*4+5)/7-2**3", "sin(1.5)**2+cos(1.5)**2"] {
        let ask = async || calculator.answer_for(Caller::default(), Question::new(text, Mode::default())).await;
        // Twice asked, it is kept, and so is its parsed text.
        for _ in 0..3 {
            ask().await;
        }
        assert!(matches!(ask().await.origin, Origin::Memory(_)), "{text} is in memory");
        let mut times = Vec::new();
        for _ in 0..rounds {
            let begun = Instant::now();
            for _ in 0..EACH {
                black_box(ask().await);
            }
            times.push(begun.elapsed().as_secs_f64() * 1e9 / f64::from(EACH));
        }
        times.sort_by(f64::total_cmp);
        println!("| `{text}` | {:.0} | {:.0} – {:.0} |", times[rounds / 2], times[0], times[rounds - 1]);
    }
    Ok(())
}
