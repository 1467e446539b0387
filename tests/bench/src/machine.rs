//! The machine: what it is, which core a measurement runs on, and how much memory it took.

use std::fs;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::BenchError;

/// The processor's name as the kernel knows it.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name| text.lines().find_map(|line| line.strip_prefix(name)?.split_once(": ").map(|(_, v)| v.trim()));
    let (model, family, number) = (field("model name"), field("cpu family"), field("model"));
    match (model, family, number) {
        (Some(model), Some(family), Some(number)) => format!("{model} (family {family}, model {number})"),
        _ => "unknown processor".into(),
    }
}

/// The cores that this program may run on.
pub struct Cores {
    all: CpuSet,
    /// The last of them: the first one serves most interrupts.
    one: CpuSet,
    count: usize,
}

impl Cores {
    pub fn allowed() -> Result<Cores, BenchError> {
        let failed = |source| BenchError::Cores { action: "list", source };
        let all = sched_getaffinity(Pid::from_raw(0)).map_err(failed)?;
        let cores: Vec<usize> = (0..CpuSet::count()).filter(|core| all.is_set(*core).unwrap_or(false)).collect();
        let mut one = CpuSet::new();
        if let Some(core) = cores.last() {
            one.set(*core).map_err(failed)?;
        }
        Ok(Cores { all, one, count: cores.len() })
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// This thread, and those that it starts from now on, on one core.
    pub fn pin(&self) -> Result<(), BenchError> {
        set(&self.one)
    }

    pub fn unpin(&self) -> Result<(), BenchError> {
        set(&self.all)
    }
}

fn set(cores: &CpuSet) -> Result<(), BenchError> {
    sched_setaffinity(Pid::from_raw(0), cores).map_err(|source| BenchError::Cores { action: "choose", source })
}

/// Largest resident memory of this process since [`forget_peak_memory`], in bytes.
pub fn peak_memory() -> Result<u64, BenchError> {
    status_field("VmHWM:")
}

/// Resident memory of this process now, in bytes.
pub fn memory() -> Result<u64, BenchError> {
    status_field("VmRSS:")
}

/// How many threads wanted a core in the last minute, on average.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Lets the kernel count the peak anew (proc_pid_clear_refs(5), value 5).
pub fn forget_peak_memory() -> Result<(), BenchError> {
    let path = "/proc/self/clear_refs";
    fs::write(path, "5").map_err(BenchError::file("write", path))
}

fn status_field(name: &'static str) -> Result<u64, BenchError> {
    let path = "/proc/self/status";
    let text = fs::read_to_string(path).map_err(BenchError::file("read", path))?;
    let field =
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    Ok(field.ok_or(BenchError::NothingMeasured)? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_thread_has_one_core_and_gets_the_others_back() {
        std::thread::spawn(|| {
            let cores = Cores::allowed().unwrap();
            cores.pin().unwrap();
            assert_eq!(Cores::allowed().unwrap().count(), 1);
            let inherited = std::thread::spawn(|| Cores::allowed().unwrap().count()).join().unwrap();
            assert_eq!(inherited, 1);
            cores.unpin().unwrap();
            assert_eq!(Cores::allowed().unwrap().count(), cores.count());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn the_peak_of_memory_is_seen_and_forgotten() {
        let size = 64 << 20;
        let page_filled = std::hint::black_box(vec![1u8; size]);
        assert!(memory().unwrap() as usize >= size);
        let peak = peak_memory().unwrap();
        assert!(peak as usize >= size);
        drop(page_filled);
        forget_peak_memory().unwrap();
        assert!(peak_memory().unwrap() < peak);
    }

    #[test]
    fn the_processor_has_a_name() {
        assert_ne!(processor(), "unknown processor");
    }
}
