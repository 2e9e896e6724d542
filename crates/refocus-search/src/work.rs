//! How much of the machine a job may use, and how it learns that nobody waits for it any more.

use std::ops::Range;
use std::sync::Mutex;

use refocus_workers::{fault, in_pool};

/// Photos between two looks at whether the job is still wanted: well under a millisecond of work.
/// A multiple of what is embedded at a time.
pub(super) const BLOCK: usize = 7 * refocus_model::focus_encoder::TILE;

/// The threads that share the photos.
const WORKER: &str = "refocus-rank";

/// Ranges a thread, see [`Work::over_photos`].
const RANGES: usize = 6;

/// Threads and cancellation of one job.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// Threads that share the photos; at least 1.
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
    /// Cuts `0..photos` into ranges of whole blocks, a few for each thread, and runs `job` on all of them, each with the state
    /// that `split` hands it in order. A thread takes the next range when it is done with one: whoever else uses the machine
    /// holds up a range and not half of the photos. Results come in the order of the ranges, which depend on nothing but the
    /// number of photos and threads. `None` if the job became stale. A panic on one of the threads goes on on this one: whoever asked
    /// for the job learns of it there.
    pub(super) fn over_photos<S: Send, R: Send>(
        &self,
        photos: usize,
        mut split: impl FnMut(&Range<usize>) -> S,
        job: impl Fn(Range<usize>, S) -> Option<R> + Sync,
    ) -> Option<Vec<R>> {
        let blocks = photos.div_ceil(BLOCK);
        let threads = self.threads.clamp(1, blocks.max(1));
        let ranges = if threads == 1 { 1 } else { blocks.min(RANGES * threads) };
        let parts = (0..ranges).map(|part| {
            let range =
                (blocks * part / ranges * BLOCK).min(photos)..(blocks * (part + 1) / ranges * BLOCK).min(photos);
            let state = split(&range);
            (part, range, state)
        });
        let waiting = Mutex::new(parts.collect::<Vec<_>>().into_iter());
        let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
        let work = || {
            let mut done = Vec::new();
            while let Some((part, range, state)) = next() {
                fault::point("ranking part");
                done.push((part, job(range, state)?));
            }
            Some(done)
        };
        let results = in_pool(|pool| {
            // A thread that could not be started has taken nothing.
            let workers: Vec<_> = (1..threads).filter_map(|_| pool.start(WORKER, work).ok()).collect();
            let mut results = work()?;
            for worker in workers {
                // A thread that panicked brings nothing, and has the pool end with its panic.
                results.extend(worker.join().unwrap_or_default()?);
            }
            Some(results)
        });
        let mut results = results.unwrap_or_else(|panic| panic.resume())?;
        results.sort_unstable_by_key(|(part, _)| *part);
        Some(results.into_iter().map(|(_, result)| result).collect())
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

    #[test]
    fn a_panic_on_one_of_the_threads_is_a_panic_of_the_job_and_no_stale_answer() {
        let work = Work {
            threads: 3,
            ..Work::default()
        };
        let job = |range: Range<usize>, ()| {
            assert!(!range.contains(&4000), "on purpose");
            Some(())
        };
        let panic = refocus_workers::attempt("job", || work.over_photos(5000, |_| (), job)).unwrap_err();
        assert_eq!(panic.message, "on purpose");
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
