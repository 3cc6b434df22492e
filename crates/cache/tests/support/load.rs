//! Callers in the background. Whatever happens, each of their calls must get the right answer.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{Node, checked, eventually};

/// The number of callers for each node.
const LANES: u64 = 6;
/// The pause between two calls of a caller, since the servers need the two cores too.
const PAUSE: Duration = Duration::from_millis(2);
/// The time of an expensive computation: long enough for others to wait for it.
const EXPENSIVE: Duration = Duration::from_millis(20);

pub struct Load {
    is_over: Arc<AtomicBool>,
    waits: Arc<Mutex<Vec<Duration>>>,
    asking: JoinSet<()>,
}

impl Load {
    /// Starts callers on each node, for known and new, cheap and expensive values.
    pub fn on(nodes: &[Node]) -> Self {
        let (is_over, waits) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let mut asking = JoinSet::new();
        for (node, lane) in nodes.iter().flat_map(|node| (0..LANES).map(move |lane| (node.clone(), lane))) {
            let (is_over, waits) = (is_over.clone(), waits.clone());
            asking.spawn(async move {
                for round in 0.. {
                    let begun = Instant::now();
                    ask(&node, lane, round).await;
                    waits.lock().expect("no panic").push(begun.elapsed());
                    if is_over.load(SeqCst) {
                        return;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        Self { is_over, waits, asking }
    }

    pub fn answers(&self) -> usize {
        self.waits.lock().expect("no panic").len()
    }

    /// Waits for so many more answers.
    pub async fn goes_on(&self, answers: usize) {
        let before = self.answers();
        eventually("calls are answered", || self.answers() >= before + answers).await;
    }

    /// Ends the load, in which every call must have been answered; gives the times in ascending order.
    pub async fn ends(self) -> Vec<Duration> {
        self.is_over.store(true, SeqCst);
        self.asking.join_all().await;
        let mut waits = std::mem::take(&mut *self.waits.lock().expect("no panic"));
        waits.sort();
        waits
    }
}

/// The call of a round. The callers of all nodes ask for the same key at about the same time.
async fn ask(node: &Node, lane: u64, round: u64) {
    let known = format!("{}", round % 16);
    match (round + lane) % 4 {
        0 => node.cheap(&known).await,
        1 => node.expensive(&known).await,
        2 => node.cheap(&format!("{round}+{lane}")).await,
        _ => {
            let text = format!("{}*{}", round / 4, lane / 2);
            let compute = async |value| {
                tokio::time::sleep(EXPENSIVE).await;
                Ok(value)
            };
            checked(&text, node.ask(&text, compute).await)
        }
    };
}
