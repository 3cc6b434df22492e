//! What the system knows of the process, under the names that every exporter uses: `process_…`. On Linux only.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
#[cfg(target_os = "linux")]
use prometheus_client::metrics::MetricType;
#[cfg(target_os = "linux")]
use prometheus_client::metrics::counter::ConstCounter;
#[cfg(target_os = "linux")]
use prometheus_client::metrics::gauge::ConstGauge;

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
        let Ok(seen) = Seen::now() else { return Ok(()) };
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
    fn now() -> procfs::ProcResult<Self> {
        let process = procfs::process::Process::myself()?;
        let stat = process.stat()?;
        let ticks = procfs::ticks_per_second() as f64;
        let files_max = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        Ok(Self {
            cpu_seconds: (stat.utime + stat.stime) as f64 / ticks,
            resident: (stat.rss * procfs::page_size()) as f64,
            virtual_memory: stat.vsize as f64,
            files: process.fd_count()? as f64,
            files_max: files_max.map_or(f64::INFINITY, |files| files as f64),
            started: procfs::boot_time_secs()? as f64 + stat.starttime as f64 / ticks,
        })
    }
}
