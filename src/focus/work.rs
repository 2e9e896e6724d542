//! How much of the machine a job may use, and how it learns that nobody waits for it any more.

use std::ops::Range;

/// Photos between two looks at whether the job is still wanted: well under a millisecond of work.
/// A multiple of what is embedded at a time.
pub(super) const BLOCK: usize = 7 * crate::model::focus_encoder::TILE;

/// Threads and cancellation of one job.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// Threads that share the photos, each with a fixed part of them; at least 1.
    pub threads: usize,
    /// Whether the job has become stale. Asked between blocks; a job that is stale ends with no result.
    pub stale: &'a (dyn Fn() -> bool + Sync),
}

impl Default for Work<'_> {
    /// All cores, never stale.
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            stale: &|| false,
        }
    }
}

impl Work<'_> {
    /// Cuts `0..photos` into one range of whole blocks for each thread and runs `job` on all of them at once, each
    /// with the state that `split` hands it in order. `None` if the job became stale or a thread failed.
    pub(super) fn over_photos<S: Send, R: Send>(
        &self,
        photos: usize,
        mut split: impl FnMut(&Range<usize>) -> S,
        job: impl Fn(Range<usize>, S) -> Option<R> + Sync,
    ) -> Option<Vec<R>> {
        let blocks = photos.div_ceil(BLOCK);
        let threads = self.threads.clamp(1, blocks.max(1));
        let mut parts = (0..threads).map(|thread| {
            let range =
                (blocks * thread / threads * BLOCK).min(photos)..(blocks * (thread + 1) / threads * BLOCK).min(photos);
            let state = split(&range);
            (range, state)
        });
        let (own, own_state) = parts.next()?;
        let others = parts.collect::<Vec<_>>();
        std::thread::scope(|scope| {
            let job = &job;
            let handles = others
                .into_iter()
                .map(|(range, state)| {
                    std::thread::Builder::new()
                        .name("refocus-rank".to_owned())
                        .spawn_scoped(scope, move || job(range, state))
                        .ok()
                })
                .collect::<Vec<_>>();
            let mut results = vec![job(own, own_state)?];
            for handle in handles {
                results.push(handle?.join().ok()??);
            }
            Some(results)
        })
    }

    /// The blocks of a range, ending early with `None` once the job is stale.
    pub(super) fn blocks(&self, range: Range<usize>) -> impl Iterator<Item = Option<Range<usize>>> {
        let end = range.end;
        range.step_by(BLOCK).map(move |start| {
            if (self.stale)() {
                None
            } else {
                Some(start..(start + BLOCK).min(end))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_photo_is_visited_once_whatever_the_number_of_threads() {
        for threads in [1, 2, 3, 7, 64] {
            for photos in [0, 1, 255, 256, 257, 5000] {
                let work = Work {
                    threads,
                    ..Work::default()
                };
                let parts = work
                    .over_photos(
                        photos,
                        |_| (),
                        |range, ()| {
                            work.blocks(range)
                                .collect::<Option<Vec<_>>>()
                                .map(|b| b.concat_ranges())
                        },
                    )
                    .unwrap();
                assert_eq!(parts.concat(), (0..photos).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_stale_job_ends_without_a_result() {
        let work = Work {
            threads: 2,
            stale: &|| true,
        };
        let result = work.over_photos(
            5000,
            |_| (),
            |range, ()| {
                for block in work.blocks(range) {
                    block?;
                }
                Some(())
            },
        );
        assert!(result.is_none());
    }

    trait ConcatRanges {
        fn concat_ranges(self) -> Vec<usize>;
    }

    impl ConcatRanges for Vec<Range<usize>> {
        fn concat_ranges(self) -> Vec<usize> {
            self.into_iter().flatten().collect()
        }
    }
}
