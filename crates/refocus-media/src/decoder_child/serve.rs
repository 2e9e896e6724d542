//! What a child does: one thread reads what the parent says, another decodes.
//!
//! The reading thread ends the process when the parent goes, also while a decoder hangs.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, sync_channel};

use refocus_workers::Worker;

use super::super::failure::Failure;
use super::super::memory_budget::Reserve;
use super::protocol::{Answer, GRANTED, Kind, RESERVE, Received, read_u8};
use super::{decode_here, memory_limit};

/// Exit status of a child that cannot go on.
const BROKEN: i32 = 3;

enum Heard {
    Request(Received),
    Granted,
}

/// Serves until the parent goes.
pub(super) fn serve(before: fn(&[u8])) -> ! {
    memory_limit::prepare();
    let (say, heard) = sync_channel(1);
    // The parent reads the end of the output as the end of the child.
    let decoding = Worker::start(
        "decoder",
        move || {
            let _ = answer_all(&heard, before);
            std::process::exit(BROKEN);
        },
        |_| std::process::exit(BROKEN),
    );
    if decoding.is_err() {
        std::process::exit(BROKEN);
    }
    let mut input = io::stdin().lock();
    loop {
        let next = read_u8(&mut input).and_then(|first| match first {
            GRANTED => Ok(Heard::Granted),
            other => Received::read(other, &mut input).map(Heard::Request),
        });
        // Closed by the parent, or not to be understood.
        let Ok(next) = next else { std::process::exit(0) };
        if say.send(next).is_err() {
            std::process::exit(BROKEN);
        }
    }
}

fn answer_all(heard: &Receiver<Heard>, before: fn(&[u8])) -> io::Result<()> {
    // The lock of standard output looks for line ends in what passes through it.
    let mut output = io::BufWriter::with_capacity(1 << 12, raw_output()?);
    while let Ok(Heard::Request(request)) = heard.recv() {
        // The decoder may hold the file once more.
        memory_limit::allow(request.bytes.len() as u64);
        let answer = answer(&request, before, heard, &mut output);
        let ends = matches!(answer, Answer::Panicked(_));
        answer.write(&mut output)?;
        if ends {
            return Ok(());
        }
    }
    Ok(())
}

/// Standard output without buffers.
#[cfg(unix)]
fn raw_output() -> io::Result<impl Write> {
    use std::os::fd::AsFd;
    Ok(std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn raw_output() -> io::Result<impl Write> {
    Ok(io::stdout().lock())
}

fn answer(request: &Received, before: fn(&[u8]), heard: &Receiver<Heard>, output: &mut impl Write) -> Answer {
    let mut reserve = AskParent { heard, output };
    let panicked = |reason: String| {
        Answer::Panicked(Failure::corrupt(format!(
            "The decoder gave up on it ({reason}). The file is damaged or unusual: open it in an image editor and save it anew."
        )))
    };
    let work = || match request.kind {
        Kind::Nothing => Answer::Nothing,
        Kind::Pixels(format) => {
            before(&request.bytes);
            match decode_here(format, &request.bytes, &request.limits, &mut reserve) {
                Ok(picture) => Answer::Picture(picture),
                Err(failure) => Answer::Failed(failure),
            }
        }
    };
    refocus_workers::contained(work).unwrap_or_else(panicked)
}

/// The budget of the parent, seen from its child.
struct AskParent<'a, W> {
    heard: &'a Receiver<Heard>,
    output: &'a mut W,
}

impl<W: Write> Reserve for AskParent<'_, W> {
    fn reserve(&mut self, bytes: u64) -> Result<(), Failure> {
        self.output.write_all(&[RESERVE])?;
        self.output.write_all(&bytes.to_le_bytes())?;
        self.output.flush()?;
        match self.heard.recv() {
            Ok(Heard::Granted) => {
                memory_limit::allow(bytes);
                Ok(())
            }
            Ok(Heard::Request(_)) | Err(_) => Err(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe))),
        }
    }
}
