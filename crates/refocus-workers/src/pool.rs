//! Named threads that borrow from whoever starts them.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::panicked::{WorkerPanic, attempt};

/// Threads that end before what they borrow does.
#[derive(Clone, Debug)]
pub struct Pool<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    first: Arc<Mutex<Option<WorkerPanic>>>,
}

/// One thread of a pool, with what it will return.
#[derive(Debug)]
pub struct PoolWorker<'scope, T>(ScopedJoinHandle<'scope, Result<T, WorkerPanic>>);

/// Runs `work`, which may start threads, and waits for all of them. A panic of `work` itself goes on once they have ended: they
/// must be released by what `work` drops while it unwinds.
///
/// # Errors
/// The first panic of a thread, whether or not it was joined.
pub fn in_pool<'env, T>(work: impl for<'scope> FnOnce(Pool<'scope, 'env>) -> T) -> Result<T, WorkerPanic> {
    let first: Arc<Mutex<Option<WorkerPanic>>> = Arc::default();
    let of_pool = Arc::clone(&first);
    let result = std::thread::scope(|scope| work(Pool { scope, first: of_pool }));
    let panicked = first.lock().unwrap_or_else(PoisonError::into_inner).take();
    panicked.map_or(Ok(result), Err)
}

impl<'scope> Pool<'scope, '_> {
    /// Starts a thread.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start<T: Send + 'scope>(
        &self,
        name: impl Into<String>,
        work: impl FnOnce() -> T + Send + 'scope,
    ) -> io::Result<PoolWorker<'scope, T>> {
        self.start_or(name, work, |_| {})
    }

    /// Starts a thread that calls `failed` where it panics, so that the others are released: they may wait for what it will
    /// never bring.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start_or<T: Send + 'scope>(
        &self,
        name: impl Into<String>,
        work: impl FnOnce() -> T + Send + 'scope,
        failed: impl FnOnce(&WorkerPanic) + Send + 'scope,
    ) -> io::Result<PoolWorker<'scope, T>> {
        let name = name.into();
        let (own_name, first) = (name.clone(), Arc::clone(&self.first));
        let thread = Builder::new().name(name).spawn_scoped(self.scope, move || {
            let result = attempt(&own_name, work);
            if let Err(panic) = &result {
                first
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert_with(|| panic.clone());
                let _ = attempt(&own_name, || failed(panic));
            }
            result
        })?;
        Ok(PoolWorker(thread))
    }
}

impl<T> PoolWorker<'_, T> {
    /// Whether it has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits for what the thread returns.
    ///
    /// # Errors
    /// Its panic.
    pub fn join(self) -> Result<T, WorkerPanic> {
        let name = self.0.thread().name().unwrap_or_default().to_owned();
        self.0
            .join()
            .unwrap_or_else(|payload| Err(WorkerPanic::new(&name, payload.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_panic_of_one_thread_ends_the_pool_with_an_error_and_not_with_a_panic() {
        let numbers = [1, 2, 3];
        let sum = in_pool(|pool| {
            let threads: Vec<_> = numbers
                .iter()
                .map(|number| pool.start("add", move || *number))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.unwrap().join().unwrap())
                .sum::<i32>()
        });
        assert_eq!(sum, Ok(6));
        let (release, released) = channel();
        let panic = in_pool(|pool| {
            pool.start_or("bad", || panic!("on purpose"), move |_| release.send(()).unwrap())
                .unwrap();
            // Waits for what the other thread will never bring, and is released by its end.
            pool.start("waits", move || released.recv().unwrap()).unwrap().join()
        });
        let panic = panic.unwrap_err();
        assert_eq!((panic.worker.as_str(), panic.message.as_str()), ("bad", "on purpose"));
    }
}
