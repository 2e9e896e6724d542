//! Which sidecar the turn of a photo stands in.
//!
//! Refocus follows `tiff:Orientation` only in sidecars in which it wrote it, and for the very file that it meant: other programs write
//! there what the file says itself, or what they made of a raw file of the same name.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::RotateError;
use super::packet::{self, Packet};
use super::splice::Splice;
use crate::companions::{companions, facts_of_sidecar, is_raw_name};
use crate::orientation::Orientation;
use crate::scan::{PICTURE_EXTENSIONS, RAW_EXTENSIONS};
use crate::xmp;

/// What Refocus makes where no sidecar is.
const NEW: &str = "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">
 <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">
  <rdf:Description rdf:about=\"\"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end=\"w\"?>
";

/// "a.jpg.xmp" of "a.jpg".
fn behind_the_name(photo: &Path) -> PathBuf {
    let mut name: OsString = photo.file_name().unwrap_or_default().to_owned();
    name.push(".xmp");
    photo.with_file_name(name)
}

/// What the photo's name ends with, in small letters: for which file a turn is meant.
fn ending(photo: &Path) -> String {
    let ending = photo.extension().and_then(OsStr::to_str);
    ending.unwrap_or_default().to_ascii_lowercase()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut packet = Vec::new();
    std::fs::File::open(path)?
        .take(xmp::MOST_BYTES as u64 + 1)
        .read_to_end(&mut packet)?;
    Ok(packet)
}

/// The orientation in which a photo's sidecar shows it, where Refocus wrote that.
pub(crate) fn governing_orientation(photo: &Path) -> Option<Orientation> {
    let ending = ending(photo);
    let behind = behind_the_name(photo);
    let places = [
        behind.with_extension("XMP"),
        photo.with_extension("XMP"),
        photo.with_extension("xmp"),
    ];
    std::iter::once(behind).chain(places).find_map(|place| {
        // Most photos have none: nothing more than a look is spent on them.
        let bytes = read(&place).ok()?;
        let packet = Packet::read(&bytes)?;
        (packet.meant_for(&bytes).as_deref() == Some(ending.as_str()))
            .then(|| packet.orientation(&bytes))
            .flatten()
    })
}

/// Whether Refocus wrote an orientation into the sidecar at `path`.
#[must_use]
pub fn names_a_turn(path: &Path) -> bool {
    let bytes = read(path).unwrap_or_default();
    Packet::read(&bytes).is_some_and(|packet| packet.meant_for(&bytes).is_some())
}

/// The names that a photo can have whose turn stands in the sidecar at `path`. Most of them are not there.
#[must_use]
pub fn photos_beside(path: &Path) -> Vec<PathBuf> {
    let all = PICTURE_EXTENSIONS.iter().chain(&RAW_EXTENSIONS);
    let endings = all.flat_map(|ending| [(*ending).to_owned(), ending.to_uppercase()]);
    let of_stem = endings.map(|ending| path.with_extension(ending));
    std::iter::once(path.with_extension("")).chain(of_stem).collect()
}

/// The change of the sidecar that shows a photo in this orientation. `governs`: it is another one than the file's own.
pub(super) fn splice(photo: &Path, to: Orientation, governs: bool) -> Result<Splice, RotateError> {
    let place = place(photo);
    let before = match read(&place) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(RotateError::NotWritten { source, path: place }),
    };
    let meant_for = governs.then(|| ending(photo));
    let unfit = |detail: &str| RotateError::Unfit {
        detail: detail.to_owned(),
        path: place.clone(),
    };
    let bytes = before.as_deref().unwrap_or(NEW.as_bytes());
    if bytes.len() > xmp::MOST_BYTES {
        return Err(unfit("this sidecar is too large to be changed"));
    }
    let changed = packet::with_orientation(bytes, to, meant_for.as_deref());
    let changed = changed.ok_or_else(|| unfit("this sidecar is not as sidecars are, and stays as it is"))?;
    let read_back = Packet::read(&changed);
    let is_right = read_back.is_some_and(|packet| {
        packet.orientation(&changed) == Some(to) && packet.meant_for(&changed).as_deref() == meant_for.as_deref()
    });
    if !is_right || before.is_some() && facts_of_sidecar(bytes) != facts_of_sidecar(&changed) {
        return Err(unfit(
            "this sidecar cannot be changed without losing something, and stays as it is",
        ));
    }
    // What Refocus made for a turn alone goes with the turn.
    let blank = |to| packet::with_orientation(NEW.as_bytes(), to, Some(&ending(photo)));
    let only_a_turn = Packet::read(bytes)
        .and_then(|packet| packet.orientation(bytes))
        .and_then(blank)
        .is_some_and(|made| Some(made.as_slice()) == before.as_deref());
    let after = (governs || !only_a_turn).then_some(changed.as_slice());
    Ok(Splice::between(&place, before.as_deref(), after, None))
}

/// The sidecar that a turn is written to: the one that there is for this file, else a new one.
fn place(photo: &Path) -> PathBuf {
    let behind = behind_the_name(photo);
    let upper = behind.with_extension("XMP");
    if let Some(there) = [behind.clone(), upper].into_iter().find(|place| place.exists()) {
        return there;
    }
    let without = [photo.with_extension("xmp"), photo.with_extension("XMP")];
    let is_raw = is_raw_name(photo);
    let others = companions(photo);
    let shares = others.iter().any(|other| is_raw_name(other));
    // Beside a raw file such a sidecar is the raw file's.
    let own = without
        .iter()
        .find(|place| place.exists() && (is_raw || others.contains(place) && !shares));
    match own {
        Some(own) => own.clone(),
        // The name that the programs look for which develop raw files.
        None if is_raw && !without.iter().any(|place| place.exists()) => photo.with_extension("xmp"),
        None => behind,
    }
}
