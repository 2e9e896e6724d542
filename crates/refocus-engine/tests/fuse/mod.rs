//! A file system in user space with one folder of files, which can stop answering: what a network drive does whose server is away.
//!
//! The protocol is that of the kernel's `include/uapi/linux/fuse.h`, of which only what reading needs is spoken.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};

const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const STATFS: u32 = 17;
const RELEASE: u32 = 18;
const INIT: u32 = 26;
const OPENDIR: u32 = 27;
const READDIR: u32 = 28;
const RELEASEDIR: u32 = 29;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

const NO_SUCH_FILE: i32 = -2;
const NOT_IMPLEMENTED: i32 = -38;

/// The number of the folder; its files follow.
const ROOT: u64 = 1;

/// The largest request: a header and a write of 128 KiB, which never comes.
const LARGEST: usize = 256 * 1024;

/// The mounted file system; it ends with the test.
pub(crate) struct Mounted {
    place: PathBuf,
    hangs: Arc<(Mutex<bool>, Condvar)>,
}

impl Mounted {
    pub(crate) fn new(place: &Path, files: Vec<(String, Vec<u8>)>) -> Self {
        let device = File::options().read(true).write(true).open("/dev/fuse").unwrap();
        // The program that mounts has the device as its standard input, number 0.
        let status = Command::new("mount")
            .args([
                "-i",
                "-t",
                "fuse",
                "-o",
                "fd=0,rootmode=40000,user_id=0,group_id=0",
                "refocus-test",
            ])
            .arg(place)
            .stdin(Stdio::from(device.try_clone().unwrap()))
            .status()
            .unwrap();
        assert!(status.success(), "mounting needs root");
        let hangs = Arc::new((Mutex::new(false), Condvar::new()));
        let served = Arc::clone(&hangs);
        std::thread::spawn(move || serve(device, &files, &served));
        Self {
            place: place.to_path_buf(),
            hangs,
        }
    }

    /// Answers nothing from now on.
    pub(crate) fn hang(&self) {
        *self.hangs.0.lock().unwrap() = true;
    }

    /// Answers again, also what was asked meanwhile.
    pub(crate) fn go_on(&self) {
        *self.hangs.0.lock().unwrap() = false;
        self.hangs.1.notify_all();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.go_on();
        let _ = Command::new("umount").arg("--lazy").arg(&self.place).status();
    }
}

fn serve(mut device: File, files: &[(String, Vec<u8>)], hangs: &(Mutex<bool>, Condvar)) {
    let mut request = vec![0; LARGEST];
    loop {
        // A request that nobody reads can still be given up by who asked; one that was read cannot.
        let hang = hangs.0.lock().unwrap();
        drop(hangs.1.wait_while(hang, |hangs| *hangs).unwrap());
        let Ok(length) = device.read(&mut request) else { return };
        // It may have come to hang while this waited for a request.
        let hang = hangs.0.lock().unwrap();
        drop(hangs.1.wait_while(hang, |hangs| *hangs).unwrap());
        let request = &request[..length];
        let (operation, unique, node) = (u32_at(request, 4), &request[8..16], u64_at(request, 16));
        if matches!(operation, FORGET | INTERRUPT | BATCH_FORGET) {
            continue;
        }
        let (error, answer) = match answer(operation, node, &request[40..], files) {
            Ok(answer) => (0, answer),
            Err(error) => (error, Vec::new()),
        };
        let mut reply = Vec::new();
        reply.extend((16 + answer.len() as u32).to_le_bytes());
        reply.extend(i32::to_le_bytes(error));
        reply.extend(unique);
        reply.extend(answer);
        let _ = device.write(&reply);
    }
}

fn answer(operation: u32, node: u64, body: &[u8], files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, i32> {
    let file = |node: u64| files.get(node.checked_sub(ROOT + 1)? as usize);
    let mut out = Vec::new();
    match operation {
        INIT => {
            out.extend([7u32, 31, u32_at(body, 8), 0].map(u32::to_le_bytes).concat());
            out.extend([16u16, 12].map(u16::to_le_bytes).concat());
            out.extend([128 * 1024u32, 1].map(u32::to_le_bytes).concat());
            out.resize(64, 0);
        }
        LOOKUP => {
            let name = body.strip_suffix(&[0]).unwrap_or(body);
            let place = files.iter().position(|(known, _)| known.as_bytes() == name);
            let node = ROOT + 1 + place.ok_or(NO_SUCH_FILE)? as u64;
            // Nothing of it may be kept by the kernel: every look asks anew.
            out.extend([node, 0, 0, 0].map(u64::to_le_bytes).concat());
            out.extend([0; 8]);
            out.extend(attributes(node, file(node)));
        }
        GETATTR => {
            out.extend([0; 16]);
            out.extend(attributes(node, file(node)));
        }
        OPEN | OPENDIR => out.extend([0; 16]),
        READ => {
            let bytes = &file(node).ok_or(NO_SUCH_FILE)?.1;
            let (from, size) = (u64_at(body, 8) as usize, u32_at(body, 16) as usize);
            let from = from.min(bytes.len());
            out.extend(&bytes[from..bytes.len().min(from + size)]);
        }
        READDIR => {
            let (from, size) = (u64_at(body, 8) as usize, u32_at(body, 16) as usize);
            for (place, (name, _)) in files.iter().enumerate().skip(from) {
                let mut entry = [ROOT + 1 + place as u64, place as u64 + 1]
                    .map(u64::to_le_bytes)
                    .concat();
                entry.extend([name.len() as u32, 8].map(u32::to_le_bytes).concat());
                entry.extend(name.as_bytes());
                entry.resize(entry.len().next_multiple_of(8), 0);
                if out.len() + entry.len() > size {
                    break;
                }
                out.extend(entry);
            }
        }
        STATFS => out.resize(80, 0),
        RELEASE | RELEASEDIR => {}
        _ => return Err(NOT_IMPLEMENTED),
    }
    Ok(out)
}

fn attributes(node: u64, file: Option<&(String, Vec<u8>)>) -> Vec<u8> {
    let size = file.map_or(0, |(_, bytes)| bytes.len() as u64);
    let time = 1_700_000_000u64;
    let mut out = [node, size, size.div_ceil(512), time, time, time]
        .map(u64::to_le_bytes)
        .concat();
    let (mode, links) = if file.is_some() { (0o100_644, 1) } else { (0o040_755, 2) };
    out.extend(
        [0u32, 0, 0, mode, links, 0, 0, 0, 4096, 0]
            .map(u32::to_le_bytes)
            .concat(),
    );
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}
