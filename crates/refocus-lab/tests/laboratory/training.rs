//! `refocus-lab train`: what it refuses before hours of work.

use crate::Laboratory;

#[test]
fn training_does_not_write_over_the_projections_that_it_starts_from() {
    let lab = Laboratory::new();
    let projections = lab.path("projections.safetensors");
    std::fs::write(&projections, b"not read before the refusal").unwrap();
    let output = lab.run(&[
        "--projections",
        projections.to_str().unwrap(),
        "train",
        "--out",
        lab.path("focus-encoder.safetensors").to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains(projections.to_str().unwrap()) && errors.contains("--out"),
        "{errors}"
    );
    assert_eq!(std::fs::read(&projections).unwrap(), b"not read before the refusal");
}
