//! Whether the computer runs on its battery.

use std::path::Path;

/// Where Linux describes what the computer is powered by.
pub const POWER_SUPPLIES: &str = "/sys/class/power_supply";

/// Whether it can be told here at all.
pub const CAN_TELL: bool = cfg!(target_os = "linux");

/// Whether the computer runs on its battery; `None` where there is none, or where the system does not say. `supplies` is a
/// folder like [`POWER_SUPPLIES`] (kernel documentation, `sysfs-class-power`).
pub(super) fn on_battery(supplies: &Path) -> Option<bool> {
    let mut discharging = None;
    for supply in std::fs::read_dir(supplies).ok()?.filter_map(Result::ok) {
        let says = |what: &str| {
            let text = std::fs::read_to_string(supply.path().join(what)).unwrap_or_default();
            text.trim().to_owned()
        };
        // The battery of a mouse or a pen says nothing about the computer.
        if says("scope") == "Device" {
            continue;
        }
        match says("type").as_str() {
            "Battery" | "UPS" => {
                let empties = says("status") == "Discharging";
                discharging = Some(discharging.unwrap_or(false) || empties);
            }
            // Mains, and the kinds of USB that can charge.
            "" => {}
            _ if says("online") == "1" => return Some(false),
            _ => {}
        }
    }
    discharging
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supplies(list: &[(&str, &[(&str, &str)])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, files) in list {
            let supply = folder.path().join(name);
            std::fs::create_dir(&supply).unwrap();
            for (file, text) in *files {
                std::fs::write(supply.join(file), format!("{text}\n")).unwrap();
            }
        }
        folder
    }

    #[test]
    fn a_battery_that_empties_without_mains_is_what_counts() {
        let (empties, charges) = (
            [("type", "Battery"), ("status", "Discharging")],
            [("type", "Battery"), ("status", "Charging")],
        );
        let (plugged, unplugged) = (
            [("type", "Mains"), ("online", "1")],
            [("type", "Mains"), ("online", "0")],
        );
        let mouse = [("type", "Battery"), ("status", "Discharging"), ("scope", "Device")];
        for (list, expected) in [
            (vec![], None),
            (vec![("mouse", mouse.as_slice())], None),
            (vec![("AC", plugged.as_slice())], Some(false)),
            (vec![("AC", unplugged.as_slice()), ("BAT0", &empties)], Some(true)),
            (vec![("AC", plugged.as_slice()), ("BAT0", &charges)], Some(false)),
            // Some batteries never say that they charge.
            (vec![("AC", plugged.as_slice()), ("BAT0", &empties)], Some(false)),
            (vec![("BAT0", charges.as_slice()), ("BAT1", &empties)], Some(true)),
            (vec![("BAT0", charges.as_slice()), ("mouse", &mouse)], Some(false)),
        ] {
            assert_eq!(on_battery(supplies(&list).path()), expected, "{list:?}");
        }
        assert_eq!(on_battery(Path::new("/nowhere")), None);
    }
}
