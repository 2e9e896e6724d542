//! The window where there is no display.

use super::Program;

#[test]
fn without_a_display_the_window_says_so_in_one_line() {
    let program = Program::new();
    let output = program
        .command(&[])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.trim_end().lines().last().unwrap();
    assert!(last.starts_with("refocus: "), "{errors}");
    let of_the_builder = [".rs", "registry", env!("CARGO_MANIFEST_DIR")];
    assert!(!of_the_builder.iter().any(|part| last.contains(part)), "{last}");
    assert!(last.contains("DISPLAY"), "{last}");
}
