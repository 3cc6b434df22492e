//! What the system knows of the process, under the names that every exporter uses: `process_…`. On Linux only.

use std::fmt;
#[cfg(target_os = "linux")]
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
#[cfg(target_os = "linux")]
use prometheus_client::metrics::MetricType;
#[cfg(target_os = "linux")]
use prometheus_client::metrics::counter::ConstCounter;
#[cfg(target_os = "linux")]
use prometheus_client::metrics::gauge::ConstGauge;
#[cfg(target_os = "linux")]
use rustix::param::{clock_ticks_per_second, page_size};
#[cfg(target_os = "linux")]
use rustix::process::{Resource, getrlimit};

/// Values that are read when the metrics are.
#[derive(Debug)]
pub(super) struct Process;

#[cfg(not(target_os = "linux"))]
impl Collector for Process {
    fn encode(&self, _: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        // Without access to /proc there is nothing to report.
        let Some(seen) = Seen::now() else { return Ok(()) };
        let help = "Seconds of CPU time, the user's and the system's.";
        let kind = MetricType::Counter;
        ConstCounter::new(seen.cpu_seconds).encode(encoder.encode_descriptor(
            "process_cpu_seconds",
            help,
            None,
            kind,
        )?)?;
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Bytes of memory that is resident.", seen.resident),
            ("process_virtual_memory_bytes", "Bytes of virtual memory.", seen.virtual_memory),
            ("process_open_fds", "Files that are open, connections included.", seen.files),
            ("process_max_fds", "Files that may be open.", seen.files_max),
            ("process_start_time_seconds", "When the process started, in seconds since 1970.", seen.started),
        ] {
            ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
struct Seen {
    cpu_seconds: f64,
    resident: f64,
    virtual_memory: f64,
    files: f64,
    files_max: f64,
    started: f64,
}

#[cfg(target_os = "linux")]
#[expect(clippy::cast_precision_loss, reason = "a scraper has floats alone, and no bit of a page or a tick is lost")]
impl Seen {
    /// Reads the files that proc(5) describes.
    fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The second field is the program's name in brackets, which may contain anything; the third is behind it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let (user, system, started, virtual_memory, pages) =
            (field(14)?, field(15)?, field(22)?, field(23)?, field(24)?);
        let ticks = clock_ticks_per_second() as f64;
        let system_stat = fs::read_to_string("/proc/stat").ok()?;
        let booted: f64 = system_stat.lines().find_map(|line| line.strip_prefix("btime ")?.parse().ok())?;
        Some(Self {
            cpu_seconds: (user + system) / ticks,
            resident: pages * page_size() as f64,
            virtual_memory,
            // Without the folder itself.
            files: (fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1)) as f64,
            files_max: getrlimit(Resource::Nofile).current.map_or(f64::INFINITY, |files| files as f64),
            started: booted + started / ticks,
        })
    }
}
