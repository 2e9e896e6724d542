//! The table: what systems, storages and programs keep for themselves among a person's folders.
//!
//! Each row names where it is documented. Letters of both cases are the same: storages hand the same folder to one computer as
//! "@Recycle" and to another as "@RECYCLE". `*` stands for any run of characters.
//!
//! | file | rows of |
//! |---|---|
//! | `storages.rs` | network storages and clouds |
//! | `systems.rs` | systems, telephones, cameras |
//! | `programs.rs` | photo programs and programmers' tools |

use std::sync::LazyLock;

use super::{LeftOutGroup, LeftOutRule, Matches};

mod programs;
mod storages;
mod systems;

pub(super) static RULES: LazyLock<Vec<LeftOutRule>> =
    LazyLock::new(|| [storages::ROWS, systems::ROWS, programs::ROWS].concat());

const fn rule(
    group: LeftOutGroup,
    id: &'static str,
    name: &'static str,
    what: &'static str,
    source: &'static str,
    matches: Matches,
) -> LeftOutRule {
    LeftOutRule {
        group,
        id,
        name,
        what,
        source,
        matches,
    }
}
