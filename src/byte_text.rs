//! Bytes as people read them.

/// As in "812 B", "3.4 MB", "1.2 GB": thousands, and one decimal below ten.
#[must_use]
pub(crate) fn byte_text(bytes: u64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let amount = bytes as f64;
    // Rounded up into the next unit where it would be 1,000 of this one.
    match UNITS.iter().find(|(unit, _)| amount >= unit * 0.9995) {
        Some((unit, name)) => {
            let decimals = usize::from(amount / unit < 9.95);
            format!("{:.decimals$} {name}", amount / unit)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_unit_that_fits() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (999_999, "1.0 MB"),
            (3_412_400, "3.4 MB"),
            (48_200_000, "48 MB"),
            (1_234_000_000, "1.2 GB"),
            (2_500_000_000_000, "2.5 TB"),
        ] {
            assert_eq!(byte_text(bytes), text);
        }
    }
}
