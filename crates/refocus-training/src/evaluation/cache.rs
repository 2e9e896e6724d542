//! Encodings kept in a file between evaluations, so that judging a new head does not encode the pictures again.
//!
//! The file: eight letters, then records of a 32-byte key (the hash of the model's id and of what the picture is), the
//! number of parts (u32, little-endian) and each part's length (u32) and bytes.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::EvaluationError;

const HEADER: &[u8; 8] = b"RFEVAL1\n";
/// What is cached of a picture has three parts; more would not be ours.
const MAX_PARTS: u32 = 16;

/// What stands for a picture in the cache.
pub type CacheKey = [u8; 32];

/// Encodings by key; in memory alone without a file.
#[derive(Debug, Default)]
pub struct EncodingCache {
    file: Option<PathBuf>,
    entries: HashMap<CacheKey, Vec<Vec<u8>>>,
    changed: bool,
}

impl EncodingCache {
    /// Reads the cache of a file; a file that is not there is an empty cache.
    ///
    /// # Errors
    /// [`EvaluationError::File`] if the file is none of ours or cannot be read.
    pub fn open(file: Option<&Path>) -> Result<Self, EvaluationError> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let entries = match std::fs::read(file) {
            Ok(bytes) => read(&bytes).ok_or_else(|| {
                EvaluationError::file(
                    "the cache cannot be used",
                    &"it is damaged, or no cache of encodings; name another file or delete it",
                    file,
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => HashMap::new(),
            Err(error) => return Err(EvaluationError::file("the cache cannot be read", &error, file)),
        };
        Ok(Self {
            file: Some(file.to_path_buf()),
            entries,
            changed: false,
        })
    }

    /// The parts that were kept of a picture.
    #[must_use]
    pub fn get(&self, key: &CacheKey) -> Option<&[Vec<u8>]> {
        self.entries.get(key).map(Vec::as_slice)
    }

    /// Keeps the parts of a picture. Without a file nobody will ask again, and nothing is kept.
    pub fn put(&mut self, key: CacheKey, parts: Vec<Vec<u8>>) {
        if self.file.is_some() {
            self.entries.insert(key, parts);
            self.changed = true;
        }
    }

    /// Writes the file if anything is new: beside it first, then in its place, so that it is always whole.
    ///
    /// # Errors
    /// [`EvaluationError::File`] if it cannot be written.
    pub fn save(&mut self) -> Result<(), EvaluationError> {
        let Some(file) = self.file.as_deref().filter(|_| self.changed) else {
            return Ok(());
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let write = || -> std::io::Result<()> {
            // By the standard library: tempfile's own errors name the temporary file.
            let folder = folder.unwrap_or(Path::new("."));
            let beside = tempfile::Builder::new().make_in(folder, |path| File::create_new(path))?;
            beside.as_file().write_all(&write(&self.entries))?;
            beside.persist(file)?;
            Ok(())
        };
        write().map_err(|error| EvaluationError::file("the cache cannot be written", &error, file))?;
        self.changed = false;
        Ok(())
    }
}

fn write(entries: &HashMap<CacheKey, Vec<Vec<u8>>>) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    for (key, parts) in entries {
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(&length(parts.len()));
        for part in parts {
            bytes.extend_from_slice(&length(part.len()));
            bytes.extend_from_slice(part);
        }
    }
    bytes
}

fn read(bytes: &[u8]) -> Option<HashMap<CacheKey, Vec<Vec<u8>>>> {
    fn take_u32(rest: &mut &[u8]) -> Option<u32> {
        let (number, after) = rest.split_first_chunk::<4>()?;
        *rest = after;
        Some(u32::from_le_bytes(*number))
    }
    let mut rest = bytes.strip_prefix(HEADER)?;
    let mut entries = HashMap::new();
    while let Some((key, after)) = rest.split_first_chunk::<32>() {
        rest = after;
        let count = take_u32(&mut rest).filter(|&count| count <= MAX_PARTS)?;
        let mut parts = Vec::new();
        for _ in 0..count {
            let length = take_u32(&mut rest)? as usize;
            let (part, after) = rest.split_at_checked(length)?;
            parts.push(part.to_vec());
            rest = after;
        }
        entries.insert(*key, parts);
    }
    rest.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("encodings");
        let mut cache = EncodingCache::open(Some(&file)).unwrap();
        cache.put([1; 32], vec![vec![1, 2, 3], Vec::new()]);
        cache.put([2; 32], vec![vec![9; 1000]]);
        cache.save().unwrap();
        let again = EncodingCache::open(Some(&file)).unwrap();
        assert_eq!(again.get(&[1; 32]).unwrap(), [vec![1, 2, 3], Vec::new()]);
        assert_eq!(again.get(&[2; 32]).unwrap(), [vec![9; 1000]]);
        assert!(again.get(&[3; 32]).is_none());
    }

    #[test]
    fn a_file_that_is_no_cache_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("letter.txt");
        for damaged in [
            b"Dear all,".to_vec(),
            [HEADER.as_slice(), &[0; 35]].concat(),
            [HEADER.as_slice(), &[255; 60]].concat(),
        ] {
            std::fs::write(&file, &damaged).unwrap();
            let error = EncodingCache::open(Some(&file)).unwrap_err();
            assert!(error.to_string().ends_with("letter.txt"), "{error}");
            assert_eq!(std::fs::read(&file).unwrap(), damaged);
        }
    }

    #[test]
    fn without_a_file_nothing_is_kept() {
        let mut cache = EncodingCache::open(None).unwrap();
        cache.put([1; 32], vec![vec![1]]);
        assert!(cache.get(&[1; 32]).is_none());
        assert!(cache.save().is_ok());
        let mut nowhere = EncodingCache::open(Some(Path::new("/no/such/folder/cache"))).unwrap();
        nowhere.put([1; 32], Vec::new());
        assert!(nowhere.save().is_err());
    }
}
