//! Batches through the model.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::event::Lost;
use refocus_media::{Failure, FailureKind};
use refocus_model::Prepared;
use refocus_workers::{WorkerPanic, attempt, fault};

use super::counters::{Counters, Stage};
use super::decoding::{Decoded, failure_of};
use super::run::Tools;
use super::writer_command::{FileOutcome, WriterCommand};

/// The encoder threads.
const ENCODE: &str = "refocus-encode";

/// How long an encoder waits for its batch to fill.
const PATIENCE: Duration = Duration::from_millis(40);

/// An encoder thread: one single-threaded forward pass a batch; several encoders work on different photos.
pub(super) fn encode_all(
    tools: &Tools,
    counters: &Arc<Counters>,
    decoded: &Receiver<Decoded>,
    to_writer: &Sender<WriterCommand>,
) {
    while let Ok(first) = decoded.recv() {
        let mut batch = vec![first];
        while batch.len() < tools.batch {
            match decoded.recv_timeout(PATIENCE) {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        if tools.control.is_cancelled() || tools.shared.stopping() {
            return;
        }
        for one in encode_batch(tools, counters, batch) {
            if to_writer.send(one).is_err() {
                return;
            }
        }
    }
}

/// Encodes a batch; where the batch as a whole fails, each photo by itself, so that one photo never fails its neighbours.
fn encode_batch(tools: &Tools, counters: &Arc<Counters>, batch: Vec<Decoded>) -> Vec<WriterCommand> {
    let mut photos = Vec::with_capacity(batch.len());
    let mut inputs: Vec<Prepared> = Vec::with_capacity(batch.len());
    for Decoded { work, facts, prepared } in batch {
        photos.push((work, facts));
        inputs.push(prepared);
    }
    let encoded = attempt(ENCODE, || {
        fault::point("encode");
        counters.timed(Stage::Tower, || tools.model.encode(&inputs))
    });
    let results: Vec<Result<Vec<u8>, Failure>> = match encoded {
        Ok(Ok(encodings)) if encodings.len() == inputs.len() => encodings.into_iter().map(Ok).collect(),
        Ok(_) => inputs.iter().map(|input| encode_one(tools, counters, input)).collect(),
        Err(panic) => encode_apart(tools, counters, &inputs, panic),
    };
    photos
        .into_iter()
        .zip(results)
        .map(|((work, facts), result)| {
            let outcome = match result {
                Ok(encoding) => FileOutcome::New { facts, encoding },
                Err(failure) => FileOutcome::Failed(failure),
            };
            WriterCommand::file(counters, work, outcome)
        })
        .collect()
}

/// Encodes the photos of a batch that met an internal error one by one: it costs the photos that meet it again. Where all do, it
/// is not about a photo, and the run ends with it.
fn encode_apart(
    tools: &Tools,
    counters: &Counters,
    inputs: &[Prepared],
    of_batch: WorkerPanic,
) -> Vec<Result<Vec<u8>, Failure>> {
    let alone: Vec<Result<Result<Vec<u8>, Failure>, WorkerPanic>> = inputs
        .iter()
        .map(|input| {
            attempt(ENCODE, || {
                fault::point("encode");
                encode_one(tools, counters, input)
            })
        })
        .collect();
    if alone.len() > 1 && alone.iter().all(Result::is_err) {
        of_batch.resume();
    }
    if alone.iter().all(Result::is_ok) && counters.first_panic() {
        let told = "Photos had to be encoded a second time; indexing goes on";
        tools.shared.worker_failed(&of_batch, told, Lost::One);
    }
    alone
        .into_iter()
        .map(|one| one.unwrap_or_else(|panic| Err(failure_of(tools, counters, &panic))))
        .collect()
}

fn encode_one(tools: &Tools, counters: &Counters, input: &Prepared) -> Result<Vec<u8>, Failure> {
    let result = counters.timed(Stage::Tower, || tools.model.encode(std::slice::from_ref(input)));
    match result {
        Ok(mut encodings) => encodings.pop().ok_or_else(|| "it gave no encoding".to_owned()),
        Err(error) => Err(error.to_string()),
    }
    .map_err(|detail| Failure {
        kind: FailureKind::OutOfMemory,
        message: format!(
            "the model could not encode this photo ({detail}); choose Retry when the machine is less busy"
        ),
    })
}
