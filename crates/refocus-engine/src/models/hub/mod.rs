//! What a hub says of a repository, and fetching its files.
//!
//! Sizes and hashes come from the hub's own metadata at the moment of asking, for one commit; the files of that commit are
//! then fetched, each into a `.part` file that a cut connection or a cancelled download leaves in place for the next try. A
//! file whose bytes do not have the announced hash is thrown away.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use refocus_model::clip::installed::wanted_files;

/// The hub that is asked where no other is named.
pub const HUB: &str = "https://huggingface.co";

/// A server that says nothing for so long is given up, and asked again.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tries without a single new byte before a download ends.
const TRIES: u32 = 4;
/// The wait before the second try; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Metadata that is longer than this is no metadata.
const LONGEST_METADATA: u64 = 32 << 20;
/// Bytes between two looks at whether the person has cancelled.
const STEP: usize = 128 << 10;

/// How a file's bytes are checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileCheck {
    /// SHA-256 of its bytes, hex.
    Sha256(String),
    /// The name that git gives its content, hex: SHA-1 over a header and the bytes. Small files have no other.
    GitBlob(String),
}

/// A file of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub check: FileCheck,
}

/// What a hub offers under a repository's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The repository.
    pub repository: String,
    /// The commit that the files are of.
    pub commit: String,
    /// The licence that its model card names.
    pub licence: Option<String>,
    /// The files that a checkpoint needs.
    pub files: Vec<OfferedFile>,
}

impl Offer {
    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// No connection, or an answer that is none.
    #[error("the hub could not be asked ({detail}); check the connection and try again: {address}")]
    NoAnswer {
        /// What went wrong.
        detail: String,
        /// What was asked.
        address: String,
    },
    /// The repository lacks weights in a form that is read.
    #[error("this repository holds no CLIP or SigLIP checkpoint in safetensors form: {0}")]
    NoCheckpoint(String),
    /// The connection was cut again and again.
    #[error(
        "the connection was cut after {done} of {bytes} bytes ({detail}); what is there is kept, try again to go on: {file}"
    )]
    Cut {
        /// What went wrong at last.
        detail: String,
        /// Bytes that are there.
        done: u64,
        /// Bytes of the file.
        bytes: u64,
        /// The file.
        file: String,
    },
    /// The bytes are not those that were announced.
    #[error("the file that came is not the announced one ({detail}) and was thrown away: {file}")]
    WrongBytes {
        /// What was announced and what came.
        detail: String,
        /// The file.
        file: String,
    },
    /// The person gave it up.
    #[error("the download was cancelled; what is there is kept")]
    Cancelled,
    /// The disk refused.
    #[error("the download could not be written ({detail}): {path}")]
    Disk {
        /// The system's words.
        detail: String,
        /// The file.
        path: String,
    },
}

/// A server that speaks the Hugging Face hub's protocol.
#[derive(Debug)]
pub struct Hub {
    address: String,
    agent: ureq::Agent,
}

#[derive(Deserialize)]
struct Metadata {
    sha: Option<String>,
    #[serde(default)]
    siblings: Vec<Sibling>,
    #[serde(rename = "cardData")]
    card: Option<Card>,
}

#[derive(Deserialize)]
struct Card {
    license: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    sha256: String,
    size: Option<u64>,
}

impl Hub {
    /// A hub at an address.
    #[must_use]
    pub fn at(address: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .user_agent(concat!("refocus/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            address: address.trim_end_matches('/').to_owned(),
            agent: config.into(),
        }
    }

    /// Asks for the files, sizes and hashes of a repository's newest commit.
    ///
    /// # Errors
    /// [`HubError::NoAnswer`] or [`HubError::NoCheckpoint`].
    pub fn look_up(&self, repository: &str) -> Result<Offer, HubError> {
        let address = format!("{}/api/models/{repository}/revision/main?blobs=true", self.address);
        let no_answer = |detail: String| HubError::NoAnswer {
            detail,
            address: address.clone(),
        };
        let mut response = self
            .agent
            .get(&address)
            .call()
            .map_err(|error| no_answer(explain(&error)))?;
        let body = response.body_mut().with_config().limit(LONGEST_METADATA).read_to_vec();
        let body = body.map_err(|error| no_answer(explain(&error)))?;
        let metadata: Metadata = serde_json::from_slice(&body).map_err(|error| no_answer(error.to_string()))?;
        let commit = metadata
            .sha
            .filter(|sha| !sha.is_empty() && sha.chars().all(|c| c.is_ascii_hexdigit()))
            .ok_or_else(|| no_answer("it names no commit".to_owned()))?;
        let names: Vec<&str> = metadata.siblings.iter().map(|file| file.rfilename.as_str()).collect();
        let wanted = wanted_files(&names).ok_or_else(|| HubError::NoCheckpoint(repository.to_owned()))?;
        let mut files = Vec::with_capacity(wanted.len());
        for file in metadata
            .siblings
            .iter()
            .filter(|file| wanted.contains(&file.rfilename.as_str()))
        {
            let lacks = || no_answer(format!("it tells no size and hash of {}", file.rfilename));
            let (bytes, check) = match (&file.lfs, &file.blob_id) {
                (Some(large), _) => (large.size.or(file.size), FileCheck::Sha256(large.sha256.to_lowercase())),
                (None, Some(blob)) => (file.size, FileCheck::GitBlob(blob.to_lowercase())),
                (None, None) => return Err(lacks()),
            };
            files.push(OfferedFile {
                name: file.rfilename.clone(),
                bytes: bytes.ok_or_else(lacks)?,
                check,
            });
        }
        let licence = metadata.card.and_then(|card| card.license);
        Ok(Offer {
            repository: repository.to_owned(),
            commit,
            licence: licence.and_then(|licence| licence.as_str().map(str::to_owned)),
            files,
        })
    }

    /// Fetches the files of an offer into a folder. `progress`: bytes that are there and bytes in all.
    ///
    /// # Errors
    /// Any [`HubError`]; what was fetched stays for the next try, except bytes that are not the announced ones.
    pub fn fetch(
        &self,
        offer: &Offer,
        folder: &Path,
        cancelled: &AtomicBool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), HubError> {
        std::fs::create_dir_all(folder).map_err(|error| disk(folder, &error))?;
        // Files of an older commit do not go with those of this one.
        let commit_file = folder.join("commit.part");
        let before = std::fs::read_to_string(&commit_file).unwrap_or_default();
        if before != offer.commit {
            for entry in std::fs::read_dir(folder)
                .map_err(|error| disk(folder, &error))?
                .flatten()
            {
                std::fs::remove_file(entry.path()).map_err(|error| disk(&entry.path(), &error))?;
            }
            std::fs::write(&commit_file, &offer.commit).map_err(|error| disk(&commit_file, &error))?;
        }
        let total = offer.bytes();
        let mut finished = 0;
        for file in &offer.files {
            let whole = folder.join(&file.name);
            if !whole.exists() {
                let part = folder.join(format!("{}.part", file.name));
                let address = format!(
                    "{}/{}/resolve/{}/{}",
                    self.address, offer.repository, offer.commit, file.name
                );
                self.fetch_file(file, &address, &part, cancelled, &mut |done| {
                    progress(finished + done, total);
                })?;
                check(file, &part)?;
                std::fs::rename(&part, &whole).map_err(|error| disk(&whole, &error))?;
            }
            finished += file.bytes;
            progress(finished, total);
        }
        std::fs::remove_file(&commit_file).map_err(|error| disk(&commit_file, &error))
    }

    /// Fetches what is missing of one file; a cut connection is taken up where it was cut.
    fn fetch_file(
        &self,
        file: &OfferedFile,
        address: &str,
        part: &Path,
        cancelled: &AtomicBool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), HubError> {
        let (mut failures, mut wait) = (0, FIRST_WAIT);
        loop {
            let before = part.metadata().map_or(0, |metadata| metadata.len());
            if before == file.bytes {
                return Ok(());
            }
            let detail = match self.fetch_rest(file, address, part, cancelled, progress) {
                Ok(()) => "it ended early".to_owned(),
                Err(Attempt::Over(error)) => return Err(error),
                Err(Attempt::Cut(detail)) => detail,
            };
            let done = part.metadata().map_or(0, |metadata| metadata.len());
            if done == file.bytes {
                return Ok(());
            }
            if done > file.bytes {
                let _ = std::fs::remove_file(part);
                return Err(HubError::WrongBytes {
                    detail: format!("more than the announced {} bytes", file.bytes),
                    file: file.name.clone(),
                });
            }
            (failures, wait) = if done > before {
                (0, FIRST_WAIT)
            } else {
                (failures + 1, 2 * wait)
            };
            if failures >= TRIES {
                return Err(HubError::Cut {
                    detail,
                    done,
                    bytes: file.bytes,
                    file: file.name.clone(),
                });
            }
            std::thread::sleep(wait);
        }
    }

    fn fetch_rest(
        &self,
        file: &OfferedFile,
        address: &str,
        part: &Path,
        cancelled: &AtomicBool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Attempt> {
        let over = |error: std::io::Error| Attempt::Over(disk(part, &error));
        let mut done = part.metadata().map_or(0, |metadata| metadata.len());
        let request = self.agent.get(address).header("Accept-Encoding", "identity");
        let request = match done {
            0 => request,
            _ => request.header("Range", format!("bytes={done}-")),
        };
        let request = request.config().timeout_recv_body(Some(PATIENCE)).build();
        let response = request.call().map_err(|error| match error {
            // Nothing beyond the end: what is there is longer than the hub's file.
            ureq::Error::StatusCode(416) => {
                let _ = std::fs::remove_file(part);
                Attempt::Cut("the hub has fewer bytes than are there".to_owned())
            }
            ureq::Error::StatusCode(status @ 400..500) => Attempt::Over(HubError::NoAnswer {
                detail: format!("it answers {status}"),
                address: address.to_owned(),
            }),
            error => Attempt::Cut(explain(&error)),
        })?;
        let resumed = response.status().as_u16() == 206;
        let mut options = OpenOptions::new();
        options.create(true).write(true);
        // A server that does not resume sends the whole file once more.
        let mut out = if resumed {
            options.append(true).open(part)
        } else {
            done = 0;
            options.truncate(true).open(part)
        }
        .map_err(over)?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; STEP];
        loop {
            if cancelled.load(Ordering::Relaxed) {
                return Err(Attempt::Over(HubError::Cancelled));
            }
            let read = match body.read(&mut buffer) {
                Ok(0) => return out.sync_all().map_err(over),
                Ok(read) => read,
                Err(error) => return Err(Attempt::Cut(error.to_string())),
            };
            out.write_all(buffer.get(..read).unwrap_or_default()).map_err(over)?;
            done += read as u64;
            progress(done.min(file.bytes));
        }
    }
}

/// How a try to fetch the rest of a file ended, where it did not end well.
enum Attempt {
    /// Worth another try.
    Cut(String),
    /// Not worth one.
    Over(HubError),
}

fn disk(path: &Path, error: &std::io::Error) -> HubError {
    HubError::Disk {
        detail: error.to_string(),
        path: path.display().to_string(),
    }
}

fn explain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(404 | 401) => "there is no such repository, or it is not open to everyone".to_owned(),
        ureq::Error::StatusCode(status) => format!("it answers {status}"),
        other => other.to_string(),
    }
}

/// Whether the bytes are the announced ones; those that are not are removed.
fn check(file: &OfferedFile, part: &Path) -> Result<(), HubError> {
    let read = |update: &mut dyn FnMut(&[u8])| -> std::io::Result<()> {
        let mut source = File::open(part)?;
        let mut buffer = vec![0; STEP];
        loop {
            match source.read(&mut buffer)? {
                0 => return Ok(()),
                read => update(buffer.get(..read).unwrap_or_default()),
            }
        }
    };
    let (kind, announced, found) = match &file.check {
        FileCheck::Sha256(announced) => {
            let mut hasher = Sha256::new();
            read(&mut |bytes| hasher.update(bytes)).map_err(|error| disk(part, &error))?;
            ("SHA-256", announced, hex(&hasher.finalize()))
        }
        FileCheck::GitBlob(announced) => {
            let mut hasher = sha1::Sha1::new();
            hasher.update(format!("blob {}\0", file.bytes).as_bytes());
            read(&mut |bytes| hasher.update(bytes)).map_err(|error| disk(part, &error))?;
            ("git hash", announced, hex(&hasher.finalize()))
        }
    };
    if *announced == found {
        return Ok(());
    }
    let _ = std::fs::remove_file(part);
    Err(HubError::WrongBytes {
        detail: format!("its {kind} is {found}, the hub announced {announced}"),
        file: file.name.clone(),
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests;
