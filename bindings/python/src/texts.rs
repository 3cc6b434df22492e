//! Texts as programs, and a small table of those that were read lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use tabuada_lang::{Error, Limits, Notation, Program, parse_with};

use crate::options::Options;

/// Texts up to so many bytes are kept.
const KEPT_BYTES: usize = 512;
/// Texts in a generation of the table. With two generations and about 32 bytes for each byte of a text, the table stays
/// below 10 MB.
const GENERATION: usize = 256;

/// A text with the names that get their values for each evaluation.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) program: Program,
    /// The parameters, in order.
    pub(crate) names: Vec<String>,
    /// For each parameter, whether the text reads it.
    pub(crate) is_read: Vec<bool>,
    /// Whether no random function is used.
    pub(crate) is_pure: bool,
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// Those of [`parse_with`].
    pub(crate) fn read(text: &str, options: &Options, names: &[String]) -> Result<Self, Error> {
        let parameters: Vec<&str> = names.iter().map(String::as_str).collect();
        let program = parse_with(text, &options.context(&parameters), &Limits::default())?;
        let is_read = {
            let free = program.free_names();
            // The program has other names in their normal form.
            parameters.iter().map(|name| !name.is_ascii() || free.contains(name)).collect()
        };
        Ok(Self { is_pure: program.is_pure(), program, names: names.to_vec(), is_read })
    }
}

/// Two generations of texts: a text that is found in the older one joins the younger; when the younger one is full, the
/// older one is dropped.
#[derive(Default)]
struct Table {
    young: HashMap<Box<[u8]>, Arc<Text>>,
    old: HashMap<Box<[u8]>, Arc<Text>>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

impl Table {
    fn get(&mut self, key: &[u8]) -> Option<Arc<Text>> {
        if let Some(text) = self.young.get(key) {
            return Some(text.clone());
        }
        let (key, text) = self.old.remove_entry(key)?;
        self.put(key, text.clone());
        Some(text)
    }

    fn put(&mut self, key: Box<[u8]>, text: Arc<Text>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, text);
    }
}

/// Whatever the text and its options depend on, as bytes.
fn key_of(text: &str, options: &Options, names: &[String]) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() + 16);
    key.extend(options.mode().as_bytes());
    key.push(match options.notation {
        Notation::Python => 0,
        _ if options.decimal().is_none() => 1,
        _ => 2,
    });
    key.extend((names.len() as u32).to_le_bytes());
    for name in names {
        key.extend((name.len() as u32).to_le_bytes());
        key.extend(name.as_bytes());
    }
    key.extend(text.as_bytes());
    key
}

/// The program of a text whose parameters are `names`: from the table, or read now.
///
/// # Errors
///
/// Those of [`parse_with`].
pub(crate) fn find(py: Python<'_>, text: &str, options: &Options, names: &[String]) -> Result<Arc<Text>, Error> {
    let read = || Text::read(text, options, names).map(Arc::new);
    if text.len() + names.iter().map(String::len).sum::<usize>() > KEPT_BYTES {
        return py.detach(read);
    }
    let key = key_of(text, options, names);
    // The lock is held for moments only, and never while something else is awaited.
    let with_table = |work: &mut dyn FnMut(&mut Table)| {
        work(TABLE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default());
    };
    let mut found = None;
    with_table(&mut |table| found = table.get(&key));
    if let Some(found) = found {
        return Ok(found);
    }
    let text = read()?;
    let mut key = Some(key.into_boxed_slice());
    with_table(&mut |table| {
        if let Some(key) = key.take() {
            table.put(key, text.clone());
        }
    });
    Ok(text)
}
