//! The saved form, little endian throughout:
//!
//! ```text
//! "QWREPLAY"  version u32  examples u64
//! each: id length u64, id in UTF-8, first phase i64, sum f64, count u32, visits u64, unsolved visits u64
//! FNV-1a checksum u64 of all of the above
//! ```

use crate::example::Example;
use crate::{LoadError, MAX_COUNT};

const MAGIC: &[u8; 8] = b"QWREPLAY";
const VERSION: u32 = 1;
/// Magic, version and number of examples; then the checksum.
const MIN_LENGTH: usize = 8 + 4 + 8 + 8;

pub(crate) fn write(examples: &[Example]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(examples.len() as u64).to_le_bytes());
    for example in examples {
        bytes.extend_from_slice(&(example.id.len() as u64).to_le_bytes());
        bytes.extend_from_slice(example.id.as_bytes());
        bytes.extend_from_slice(&example.first_phase.to_le_bytes());
        bytes.extend_from_slice(&example.sum.to_le_bytes());
        bytes.extend_from_slice(&example.count.to_le_bytes());
        bytes.extend_from_slice(&example.visits.to_le_bytes());
        bytes.extend_from_slice(&example.unsolved_visits.to_le_bytes());
    }
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Example>, LoadError> {
    let mut reader = Reader { rest: bytes, length: bytes.len() };
    if reader.array()? != *MAGIC {
        return Err(LoadError::Magic);
    }
    let found = u32::from_le_bytes(reader.array()?);
    if found != VERSION {
        return Err(LoadError::Version { found, known: VERSION });
    }
    if bytes.len() < MIN_LENGTH {
        return Err(LoadError::Truncated { length: bytes.len() });
    }
    let (body, stored) = bytes.split_at(bytes.len() - 8);
    let stored = u64::from_le_bytes(Reader { rest: stored, length: bytes.len() }.array()?);
    let computed = checksum(body);
    if stored != computed {
        return Err(LoadError::Checksum { stored, computed });
    }
    reader.rest = &reader.rest[..reader.rest.len() - 8];
    // Nothing is reserved by this number: it is as untrusted as the rest.
    let num_examples = u64::from_le_bytes(reader.array()?);
    let mut examples = Vec::new();
    while (examples.len() as u64) < num_examples {
        examples.push(reader.example(examples.len())?);
    }
    match reader.rest.len() {
        0 => Ok(examples),
        length => Err(LoadError::Trailing { length }),
    }
}

/// FNV-1a: finds accidents, not forgeries.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], LoadError> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or(LoadError::Truncated { length: self.length })?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let (taken, rest) =
            self.rest.split_first_chunk().ok_or(LoadError::Truncated { length: self.length })?;
        self.rest = rest;
        Ok(*taken)
    }

    fn example(&mut self, index: usize) -> Result<Example, LoadError> {
        let invalid = |field| LoadError::Invalid { example: index, field };
        let length = usize::try_from(u64::from_le_bytes(self.array()?)).unwrap_or(usize::MAX);
        let id = str::from_utf8(self.take(length)?).map_err(|_| invalid("id"))?;
        let example = Example {
            id: id.to_owned(),
            first_phase: i64::from_le_bytes(self.array()?),
            sum: f64::from_le_bytes(self.array()?),
            count: u32::from_le_bytes(self.array()?),
            visits: u64::from_le_bytes(self.array()?),
            unsolved_visits: u64::from_le_bytes(self.array()?),
        };
        if example.first_phase < 0 {
            return Err(invalid("first phase"));
        }
        if !(1..=MAX_COUNT).contains(&example.count) {
            return Err(invalid("count"));
        }
        if !(0.0..=f64::from(example.count)).contains(&example.sum) {
            return Err(invalid("reward sum"));
        }
        if example.visits == 0 {
            return Err(invalid("visits"));
        }
        if example.unsolved_visits > example.visits || (example.unsolved_visits > 0) == (example.sum > 0.0) {
            return Err(invalid("unsolved visits"));
        }
        Ok(example)
    }
}
