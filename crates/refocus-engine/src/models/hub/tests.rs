//! Downloads from a server on this machine that cuts, lies and stalls.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;

/// How the server treats the next requests for a file's bytes.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Honest,
    /// Sends so many bytes of each answer, then hangs up.
    CutAfter(usize),
    /// Sends everything from the start, whatever was asked for.
    NeverResumes,
}

struct Server {
    address: String,
    mood: Arc<Mutex<Mood>>,
    /// `Range` headers of the requests for files.
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

const COMMIT: &str = "0123abcd";

fn metadata(files: &HashMap<String, Vec<u8>>) -> String {
    let siblings: Vec<serde_json::Value> = files
        .iter()
        .map(|(name, bytes)| {
            if name.ends_with(".safetensors") {
                let sha256 = hex(&Sha256::digest(bytes));
                serde_json::json!({"rfilename": name, "size": bytes.len(), "blobId": "00",
                    "lfs": {"sha256": sha256, "size": bytes.len()}})
            } else {
                let mut hasher = sha1::Sha1::new();
                hasher.update(format!("blob {}\0", bytes.len()).as_bytes());
                hasher.update(bytes);
                serde_json::json!({"rfilename": name, "size": bytes.len(), "blobId": hex(&hasher.finalize())})
            }
        })
        .collect();
    serde_json::json!({"sha": COMMIT, "siblings": siblings, "cardData": {"license": "mit"}}).to_string()
}

impl Server {
    /// A hub with one repository, `someone/clip`.
    fn start(files: HashMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (mood, asked) = (Arc::new(Mutex::new(Mood::Honest)), Arc::new(Mutex::new(Vec::new())));
        let metadata = metadata(&files);
        let (own_mood, own_asked) = (Arc::clone(&mood), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().take(200).flatten() {
                let mood = *own_mood.lock().unwrap();
                let _ = answer(stream, &files, &metadata, mood, &own_asked);
            }
        });
        Self { address, mood, asked }
    }

    fn hub(&self) -> Hub {
        Hub::at(&self.address)
    }

    /// What the one repository offers.
    fn offer(&self) -> Offer {
        self.hub().look_up("someone/clip").unwrap()
    }

    /// Downloads all of an offer into a folder.
    fn fetch(&self, offer: &Offer, folder: &Path) -> Result<(), HubError> {
        self.hub().fetch(offer, folder, &never(), &mut |_, _| {})
    }

    /// How the next requests are treated.
    fn treats(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

fn answer(
    mut stream: TcpStream,
    files: &HashMap<String, Vec<u8>>,
    metadata: &str,
    mood: Mood,
    asked: &Mutex<Vec<Option<String>>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let path = lines
        .next()
        .transpose()?
        .and_then(|line| line.split(' ').nth(1).map(str::to_owned))
        .unwrap_or_default();
    let mut range = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            range = Some(value.trim().to_owned());
        }
    }
    let respond = |stream: &mut TcpStream, status: &str, body: &[u8], send: usize| {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body[..send.min(body.len())])
    };
    if path.starts_with("/api/models/someone/clip/revision/main") {
        return respond(&mut stream, "200 OK", metadata.as_bytes(), usize::MAX);
    }
    let name = path
        .strip_prefix(&format!("/someone/clip/resolve/{COMMIT}/"))
        .unwrap_or_default();
    let Some(bytes) = files.get(name) else {
        return respond(&mut stream, "404 Not Found", b"", 0);
    };
    asked.lock().unwrap().push(range.clone());
    let from: usize = range
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
        .unwrap_or(0);
    match mood {
        Mood::NeverResumes => respond(&mut stream, "200 OK", bytes, usize::MAX),
        Mood::CutAfter(send) => respond(&mut stream, "206 Partial Content", &bytes[from..], send),
        Mood::Honest if from > 0 => respond(&mut stream, "206 Partial Content", &bytes[from..], usize::MAX),
        Mood::Honest => respond(&mut stream, "200 OK", bytes, usize::MAX),
    }
}

fn files() -> HashMap<String, Vec<u8>> {
    let weights = (0..700_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    HashMap::from([
        ("config.json".to_owned(), b"{\"model_type\": \"clip\"}".to_vec()),
        ("model.safetensors".to_owned(), weights),
        ("pytorch_model.bin".to_owned(), vec![1; 100]),
        ("README.md".to_owned(), b"hello".to_vec()),
    ])
}

fn assert_downloaded(folder: &Path, name: &str) {
    assert_eq!(std::fs::read(folder.join(name)).unwrap(), files()[name]);
}

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

#[test]
fn an_offer_names_the_commit_sizes_and_hashes_of_what_a_checkpoint_needs() {
    let server = Server::start(files());
    let offer = server.offer();
    assert_eq!((offer.commit.as_str(), offer.licence.as_deref()), (COMMIT, Some("mit")));
    let mut names: Vec<&str> = offer.files.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["config.json", "model.safetensors"]);
    assert_eq!(offer.bytes(), 700_000 + 22);
    let missing = server.hub().look_up("someone/else").unwrap_err().to_string();
    assert!(
        missing.contains("no such repository") && missing.contains("someone/else"),
        "{missing}"
    );
}

#[test]
fn a_whole_download_has_the_announced_bytes_and_leaves_no_parts() {
    let server = Server::start(files());
    let folder = tempfile::tempdir().unwrap();
    let offer = server.offer();
    let mut last = (0, 0);
    server
        .hub()
        .fetch(&offer, folder.path(), &never(), &mut |done, all| last = (done, all))
        .unwrap();
    assert_eq!(last, (offer.bytes(), offer.bytes()));
    assert_downloaded(folder.path(), "model.safetensors");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_cut_connection_is_taken_up_where_it_was_cut() {
    let server = Server::start(files());
    server.treats(Mood::CutAfter(300_000));
    let folder = tempfile::tempdir().unwrap();
    let offer = server.offer();
    server.fetch(&offer, folder.path()).unwrap();
    assert_downloaded(folder.path(), "model.safetensors");
    let asked = server.asked.lock().unwrap().clone();
    let resumed: Vec<&String> = asked.iter().flatten().collect();
    assert_eq!(resumed, ["bytes=300000-", "bytes=600000-"]);
}

#[test]
fn a_server_that_always_hangs_up_ends_the_download_and_the_next_one_goes_on() {
    let server = Server::start(files());
    let folder = tempfile::tempdir().unwrap();
    let offer = server.offer();
    server.treats(Mood::CutAfter(0));
    let error = server.fetch(&offer, folder.path()).unwrap_err();
    assert!(matches!(error, HubError::Cut { .. }), "{error}");
    server.treats(Mood::Honest);
    server.fetch(&offer, folder.path()).unwrap();
}

#[test]
fn a_cancelled_download_keeps_its_bytes_and_is_resumed() {
    let server = Server::start(files());
    let folder = tempfile::tempdir().unwrap();
    let offer = server.offer();
    let cancelled = never();
    let error = server
        .hub()
        .fetch(&offer, folder.path(), &cancelled, &mut |done, _| {
            if done > 200_000 {
                cancelled.store(true, Ordering::Relaxed);
            }
        })
        .unwrap_err();
    assert!(matches!(error, HubError::Cancelled), "{error}");
    let kept = folder.path().join("model.safetensors.part").metadata().unwrap().len();
    assert!((200_000..700_000).contains(&kept), "{kept}");
    server.fetch(&offer, folder.path()).unwrap();
    let asked = server.asked.lock().unwrap().clone();
    assert!(asked.contains(&Some(format!("bytes={kept}-"))), "{asked:?}");
}

#[test]
fn a_server_that_does_not_resume_is_taken_from_the_start() {
    let server = Server::start(files());
    let folder = tempfile::tempdir().unwrap();
    let offer = server.offer();
    std::fs::write(folder.path().join("commit.part"), COMMIT).unwrap();
    std::fs::write(folder.path().join("model.safetensors.part"), [9; 1000]).unwrap();
    server.treats(Mood::NeverResumes);
    server.fetch(&offer, folder.path()).unwrap();
    assert_downloaded(folder.path(), "model.safetensors");
}

#[test]
fn bytes_with_another_hash_are_thrown_away() {
    let server = Server::start(files());
    let folder = tempfile::tempdir().unwrap();
    let mut offer = server.offer();
    for wrong in [FileCheck::Sha256("00".repeat(32)), FileCheck::GitBlob("00".repeat(20))] {
        for file in &mut offer.files {
            if file.name == "model.safetensors" {
                file.check = wrong.clone();
            }
        }
        let error = server.fetch(&offer, folder.path()).unwrap_err();
        assert!(matches!(error, HubError::WrongBytes { .. }), "{error}");
        assert!(!folder.path().join("model.safetensors").exists());
        assert!(!folder.path().join("model.safetensors.part").exists());
    }
}

#[test]
fn parts_of_an_older_commit_are_not_mixed_with_a_newer_one() {
    let server = Server::start(files());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("commit.part"), "older").unwrap();
    std::fs::write(folder.path().join("model.safetensors.part"), [9; 1000]).unwrap();
    std::fs::write(folder.path().join("config.json"), b"older").unwrap();
    let offer = server.offer();
    server.fetch(&offer, folder.path()).unwrap();
    assert_downloaded(folder.path(), "config.json");
    assert!(server.asked.lock().unwrap().iter().all(Option::is_none));
}
