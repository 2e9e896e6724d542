//! What a child may allocate: as much as its picture explains, and then some.
//!
//! Linux counts and enforces a process's address space (`RLIMIT_AS`, `setrlimit(2)`). macOS accepts the limit and ignores it, and
//! Windows would need a job object, for which no safe crate that is kept is known: there the child's own decoders keep to
//! [`DecodeLimits`](super::super::decode::DecodeLimits), and a child that takes more ends when the system has no more.

/// Room for the program itself: threads, buffers, and the addresses that an allocator reserves before it uses them (mimalloc takes
/// a gibibyte at a time). It also bounds what a decoder may take beyond what its picture explains.
const HEADROOM: u64 = 3 << 29;

/// How often the child may take what it said: tiles reach beyond the picture, and a decoder keeps reference frames.
const TIMES: u64 = 2;

/// Lets this process take at most `bytes`, with room to spare, in addition to what it has.
pub(super) fn allow(bytes: u64) {
    set(bytes.saturating_mul(TIMES).saturating_add(HEADROOM));
}

#[cfg(target_os = "linux")]
fn set(more: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(has) = address_space() else { return };
    let maximum = getrlimit(Resource::As).maximum;
    let wanted = has.saturating_add(more);
    let limit = Rlimit {
        current: Some(maximum.map_or(wanted, |maximum| wanted.min(maximum))),
        maximum,
    };
    // Without the limit the child still works.
    let _ = setrlimit(Resource::As, limit);
}

#[cfg(not(target_os = "linux"))]
fn set(_more: u64) {}

/// Bytes of this process's address space (`proc(5)`, `statm`).
#[cfg(target_os = "linux")]
fn address_space() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm")
        .ok()?
        .split(' ')
        .next()?
        .parse()
        .ok()?;
    pages.checked_mul(rustix::param::page_size() as u64)
}

/// A crash leaves no picture of the memory on the disk, and where memory ends the system takes this process first.
pub(super) fn prepare() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    {
        let _ = std::fs::write("/proc/self/oom_score_adj", "800");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_address_space_is_known() {
        assert!(address_space().unwrap() > 1 << 20);
    }
}
