//! HEIC and AVIF in child processes that crash, hang, take all memory or are ended from outside.
//!
//! A program of its own without a test harness: its children are this very program, with a misdeed before the decoder. A file
//! asks for a misdeed by what follows its picture.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use refocus_media::decoder_child::{self, Children, Tested};
use refocus_media::{DecodeLimits, Failure, FailureKind, Picture, Scale, decode, read_facts};

/// What a child may take here.
const PATIENCE: Duration = Duration::from_secs(5);

/// In the child, before the decoder.
fn misdeed(bytes: &[u8]) {
    let asks_for = |what: &str| bytes.ends_with(what.as_bytes());
    if asks_for("ABORT") {
        std::process::abort();
    } else if asks_for("PANIC") {
        panic!("misdeed");
    } else if asks_for("HANG") {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    } else if asks_for("SPIN") {
        loop {
            std::hint::spin_loop();
        }
    } else if asks_for("EXIT") {
        std::process::exit(0);
    } else if asks_for("EAT") {
        let mut eaten = Vec::new();
        loop {
            eaten.push(vec![1u8; 64 << 20]);
        }
    } else if asks_for("KILL") {
        signal("-KILL", std::process::id());
        std::thread::sleep(Duration::from_secs(600));
    } else if asks_for("TERM") {
        signal("-TERM", std::process::id());
        std::thread::sleep(Duration::from_secs(600));
    }
}

fn signal(what: &str, process: u32) {
    let status = std::process::Command::new("kill")
        .args([what, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

/// A picture that asks for a misdeed, in a box that readers pass over (ISO/IEC 14496-12, `free`).
fn asking(what: &str) -> Vec<u8> {
    let length = (8 + what.len() as u32).to_be_bytes();
    [file("avif/quarters.avif").as_slice(), &length, b"free", what.as_bytes()].concat()
}

fn decoded(bytes: &[u8]) -> Result<Picture, Failure> {
    decode(bytes, Scale::Full, &DecodeLimits::default())
}

fn children() -> Vec<u32> {
    let own = std::process::id().to_string();
    let listed = std::process::Command::new("ps")
        .args(["-o", "pid=,args=", "--ppid", &own])
        .output()
        .unwrap();
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter(|line| line.contains("--decoder-child"))
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect()
}

fn pictures_and_packets_are_those_of_the_decoders_themselves(own: &[(&str, Picture)]) {
    for (name, picture) in own {
        assert_eq!(&decoded(&file(name)).unwrap(), picture, "{name}");
    }
    assert_eq!(read_facts(&file("heif/turned.heic")).tags.rating, Some(4));
    assert_eq!(read_facts(&file("avif/turned.avif")).tags.rating, Some(4));
}

fn a_failure_in_words_is_the_decoders_own() {
    let whole = file("avif/quarters.avif");
    let failure = decoded(&whole[..whole.len() / 2]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Corrupt);
    assert!(failure.message.contains("AVIF"), "{failure}");
    let limits = DecodeLimits {
        max_pixels: 100,
        ..DecodeLimits::default()
    };
    let failure = decode(&whole, Scale::Full, &limits).unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}

/// The file is a failure that says what happened, and the next one is decoded.
fn each_misdeed_costs_its_file_alone() {
    for (what, kind, words) in [
        ("ABORT", FailureKind::Corrupt, "crashed"),
        ("PANIC", FailureKind::Corrupt, "misdeed"),
        ("EXIT", FailureKind::Corrupt, "crashed"),
        ("HANG", FailureKind::Interrupted, "still busy with it after 5 seconds"),
        ("SPIN", FailureKind::Interrupted, "still busy with it after 5 seconds"),
        (
            "EAT",
            FailureKind::TooLarge,
            "more memory than a picture of its size needs",
        ),
        ("KILL", FailureKind::OutOfMemory, "ended from outside"),
        ("TERM", FailureKind::Interrupted, "ended from outside"),
    ] {
        if what == "EAT" && !cfg!(target_os = "linux") {
            continue;
        }
        let start = Instant::now();
        let failure = decoded(&asking(what)).unwrap_err();
        println!("{what}: {failure} ({:.1} s)", start.elapsed().as_secs_f64());
        assert_eq!(failure.kind, kind, "{what}: {failure}");
        assert!(failure.message.contains(words), "{what}: {failure}");
        assert!(decoded(&asking("nothing")).is_ok(), "after {what}");
    }
}

fn a_child_that_is_ended_while_it_waits_costs_nothing() {
    decoded(&asking("nothing")).unwrap();
    let before = children();
    assert!(!before.is_empty());
    before.iter().for_each(|child| signal("-KILL", *child));
    assert!(decoded(&asking("nothing")).is_ok());
    assert!(
        children().iter().all(|child| !before.contains(child)),
        "the dead are collected"
    );
}

fn a_child_that_is_stopped_is_ended_and_its_file_can_be_tried_again() {
    decoded(&asking("nothing")).unwrap();
    children().into_iter().for_each(|child| signal("-STOP", child));
    let failure = decoded(&asking("nothing")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Interrupted, "{failure}");
    assert!(decoded(&asking("nothing")).is_ok());
}

fn many_threads_have_a_child_each_and_go_on_beside_one_that_hangs() {
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| decoded(&asking("HANG")));
        let start = Instant::now();
        let others: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..10).all(|_| decoded(&asking("nothing")).is_ok())))
            .collect();
        assert!(others.into_iter().all(|other| other.join().unwrap()));
        println!(
            "40 pictures beside a hanging one: {:.2} s",
            start.elapsed().as_secs_f64()
        );
        assert!(hanging.join().unwrap().is_err());
    });
    assert!(children().len() <= 5, "{:?}", children());
}

/// The child of a program that is killed while its decoder spins ends as well.
fn nothing_is_left_when_the_program_is_killed() {
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .arg(SPINNING_PARENT)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(parent.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    let child: u32 = line.trim().parse().unwrap();
    assert!(is_running(child));
    parent.kill().unwrap();
    parent.wait().unwrap();
    let start = Instant::now();
    while is_running(child) {
        assert!(start.elapsed() < Duration::from_secs(30), "the child runs on");
        std::thread::sleep(Duration::from_millis(20));
    }
    println!(
        "the child of a killed program ended after {:.2} s",
        start.elapsed().as_secs_f64()
    );
}

const SPINNING_PARENT: &str = "--spinning-parent";

/// Decodes a picture that spins, and says which process does so.
fn spin() {
    std::thread::spawn(|| decoded(&asking("SPIN")));
    while children().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("{}", children()[0]);
    std::thread::sleep(Duration::from_secs(600));
}

fn is_running(process: u32) -> bool {
    let status = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", &process.to_string()])
        .output();
    let listed = String::from_utf8_lossy(&status.unwrap().stdout).trim().to_owned();
    !listed.is_empty() && !listed.starts_with('Z')
}

/// Whether the test runner's arguments (a filter, ignored tests alone) leave this test out.
fn is_left_out() -> bool {
    std::env::args().skip(1).any(|argument| {
        let filter = !argument.starts_with('-') && !"decoder_child".contains(&argument);
        filter || argument == "--ignored" || argument == "--list"
    })
}

fn main() {
    if decoder_child::is_child() {
        decoder_child::serve_if_asked_with(misdeed);
    }
    if is_left_out() {
        return;
    }
    // Before there are children: in this process.
    assert_eq!(decoder_child::self_test(), Ok(Tested::InProcess));
    let names = [
        "heif/quarters.heic",
        "heif/turned.heic",
        "heif/alpha.heic",
        "avif/turned.avif",
        "avif/alpha.avif",
    ];
    let own = names.map(|name| (name, decoded(&file(name)).unwrap()));
    decoder_child::use_children(Children {
        patience: PATIENCE,
        ..Children::default()
    });
    if std::env::args()
        .nth(1)
        .is_some_and(|argument| argument == SPINNING_PARENT)
    {
        return spin();
    }
    assert_eq!(decoder_child::self_test(), Ok(Tested::InChild));
    pictures_and_packets_are_those_of_the_decoders_themselves(&own);
    a_failure_in_words_is_the_decoders_own();
    each_misdeed_costs_its_file_alone();
    if cfg!(unix) {
        a_child_that_is_ended_while_it_waits_costs_nothing();
        a_child_that_is_stopped_is_ended_and_its_file_can_be_tried_again();
        nothing_is_left_when_the_program_is_killed();
    }
    many_threads_have_a_child_each_and_go_on_beside_one_that_hangs();
    println!("test result: ok");
}
