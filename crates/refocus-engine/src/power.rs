//! Whether the computer runs on its battery.
//!
//! Linux describes mains, batteries and uninterruptible supplies in files; `starship-battery` reads the batteries alone there, and
//! some of them never say that they charge. On macOS, Windows and FreeBSD `starship-battery` asks the system.

use std::path::{Path, PathBuf};

/// Whether it can be told here at all.
pub const CAN_TELL: bool = cfg!(any(
    target_os = "linux",
    target_os = "macos",
    target_os = "windows",
    target_os = "freebsd"
));

/// Who says what the computer is powered by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PowerSource {
    /// The system.
    #[default]
    System,
    /// A folder as Linux has it at `/sys/class/power_supply` (kernel documentation, `sysfs-class-power`).
    Supplies(PathBuf),
}

/// Whether the computer runs on its battery; `None` where there is none, or where nobody says.
pub(super) fn on_battery(source: &PowerSource) -> Option<bool> {
    match source {
        PowerSource::System => of_system(),
        PowerSource::Supplies(folder) => of_supplies(folder),
    }
}

#[cfg(target_os = "linux")]
fn of_system() -> Option<bool> {
    of_supplies(Path::new("/sys/class/power_supply"))
}

#[cfg(any(target_os = "macos", target_os = "windows", target_os = "freebsd"))]
fn of_system() -> Option<bool> {
    use starship_battery::{Manager, State};
    let batteries = Manager::new().and_then(|manager| manager.batteries()).ok()?;
    let empties = batteries
        .filter_map(Result::ok)
        .map(|battery| battery.state() == State::Discharging);
    empties.reduce(|one, other| one || other)
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "macos",
    target_os = "windows",
    target_os = "freebsd"
)))]
fn of_system() -> Option<bool> {
    None
}

fn of_supplies(folder: &Path) -> Option<bool> {
    let mut discharging = None;
    for supply in std::fs::read_dir(folder).ok()?.filter_map(Result::ok) {
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
            let folder = supplies(&list);
            let source = PowerSource::Supplies(folder.path().to_path_buf());
            assert_eq!(on_battery(&source), expected, "{list:?}");
        }
        assert_eq!(on_battery(&PowerSource::Supplies("/nowhere".into())), None);
    }
}
