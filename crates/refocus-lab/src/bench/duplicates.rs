//! `refocus-lab bench duplicates`: photos that are nearly the same, in a made-up library.

use serde_json::{Value, json};

use refocus_engine::AlikeProbe;

pub(super) fn run(photos: usize, new: usize, threads: usize) -> anyhow::Result<Value> {
    let mut probe = AlikeProbe::new(photos, threads)?;
    let first = probe.look().map_err(anyhow::Error::msg)?;
    probe.add(new);
    let then = probe.look().map_err(anyhow::Error::msg)?;
    Ok(json!({
        "photos": photos,
        "threads": threads,
        "first_s": first.seconds,
        "new": new,
        "after_new_s": then.seconds,
        "groups": then.same,
        "bursts": then.bursts,
    }))
}
