//! Rows of a CSV file (RFC 4180): splits them into blocks and answers them.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use csv::{ByteRecord, Reader, ReaderBuilder, WriterBuilder};
use serde::Deserialize;
use tabuada_lang::{Limits, Variables};

use super::cell::write_cell;
use super::pipeline::{Feeder, Gone, Hand, Misuse, Trouble};
use super::{BatchArgs, Output};
use crate::cli::object::write_answer;
use crate::engine::Question;
use crate::json::write_string;
use crate::ndjson::{Usual, write_error};

/// The default column of the expressions.
const COLUMN: &str = "expr";

/// The longest row: an unclosed quote must not read the rest of a file into memory.
const ROW_BYTES: u64 = 16 << 20;

/// The part of a header in which the separator is searched.
const HEADER_BYTES: usize = 64 << 10;

pub(super) type Rows = Vec<ByteRecord>;

/// Reads the header, and writes the header of the output.
pub(super) fn open(
    args: &BatchArgs,
    usual: Usual,
    mut input: Box<dyn Read + Send>,
    output: &mut impl Write,
) -> Result<(Reader<Tap>, Table), Trouble> {
    let beginning = first_line(&mut input).map_err(Trouble::Input)?;
    let separator = separator(&beginning);
    let input = Box::new(io::Cursor::new(beginning).chain(input));
    let tap = Tap { input, unfinished: 0, rows: Rows::new(), bytes: 0, feeder: None, is_gone: false };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(tap);
    let mut header = ByteRecord::new();
    reader.read_byte_record(&mut header).map_err(|error| Trouble::Input(error.into()))?;
    let table = Table::new(args, usual, header, separator)?;
    if table.output == Output::Csv {
        let names = table.row(table.header.iter().chain([&b"result"[..], b"error"]));
        output.write_all(&names).and_then(|()| output.write_all(b"\n")).map_err(Trouble::Output)?;
    }
    Ok((reader, table))
}

/// The input up to the end of its first line, or a little further. Of a very long line, only the beginning.
fn first_line(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut line, mut piece) = (Vec::new(), [0; 8 << 10]);
    while !line.contains(&b'\n') && line.len() < HEADER_BYTES {
        match input.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => line.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(line)
}

/// The separator of the columns: the comma, the semicolon or the tab that occurs most often in the first line, outside
/// quotes.
fn separator(text: &[u8]) -> u8 {
    let (mut is_quoted, mut counts) = (false, [(b',', 0), (b'\t', 0), (b';', 0)]);
    for byte in text.iter().take_while(|byte| **byte != b'\n') {
        is_quoted ^= *byte == b'"';
        for (separator, count) in &mut counts {
            *count += u32::from(!is_quoted && byte == separator);
        }
    }
    // Of several with the same count, the first.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| separator)
}

/// Reads until the input ends or the answers are no longer needed.
pub(super) fn feed(mut reader: Reader<Tap>, feeder: Feeder<Rows>) -> io::Result<()> {
    reader.get_mut().feeder = Some(feeder);
    let mut at = 0;
    loop {
        let mut row = ByteRecord::new();
        let is_row = reader.read_byte_record(&mut row)?;
        let bytes = reader.position().byte() - at;
        at += bytes;
        let tap = reader.get_mut();
        if !is_row || tap.is_gone {
            tap.hand_on();
            return Ok(());
        }
        tap.take(row, bytes);
    }
}

/// The input. Before a read that may wait for more input, it sends all rows read so far.
pub(super) struct Tap {
    input: Box<dyn Read + Send>,
    /// Bytes read since the last complete row.
    unfinished: u64,
    rows: Rows,
    /// The bytes of these rows.
    bytes: u64,
    feeder: Option<Feeder<Rows>>,
    is_gone: bool,
}

impl Tap {
    fn take(&mut self, row: ByteRecord, bytes: u64) {
        self.unfinished = 0;
        self.rows.push(row);
        self.bytes += bytes;
        if self.feeder.as_ref().is_some_and(|feeder| self.bytes >= feeder.block_bytes() as u64) {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        if let Some(feeder) = self.feeder.as_mut().filter(|_| !self.rows.is_empty()) {
            let bytes = std::mem::take(&mut self.bytes);
            self.is_gone |= feeder.send(std::mem::take(&mut self.rows), bytes).is_err();
        }
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.hand_on();
        if self.unfinished > ROW_BYTES {
            let why = format!("a row is longer than {} MiB: is a quote not closed?", ROW_BYTES >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let read = if self.is_gone { 0 } else { self.input.read(buffer)? };
        self.unfinished += read as u64;
        Ok(read)
    }
}

/// How every row is answered.
pub(super) struct Table {
    header: ByteRecord,
    separator: u8,
    expression: Expression,
    /// The columns that hold variables: their positions, and their names in JSON.
    variables: Vec<(usize, String)>,
    usual: Usual,
    explain: bool,
    output: Output,
}

enum Expression {
    /// The same expression for all rows.
    Same(String),
    /// The expression in this column.
    Column(usize),
}

impl Table {
    fn new(args: &BatchArgs, usual: Usual, header: ByteRecord, separator: u8) -> Result<Self, Trouble> {
        let names = header.iter().map(|name| std::str::from_utf8(name).map(str::trim).map(str::to_owned));
        let names: Vec<_> = names.collect::<Result<_, _>>().map_err(|_| Trouble::Misused(Misuse::NotUtf8))?;
        let expression = match &args.expr {
            Some(text) => Expression::Same(text.clone()),
            None => {
                let wanted = args.column.as_deref().unwrap_or(COLUMN);
                let at = names.iter().position(|name| name == wanted);
                Expression::Column(at.ok_or_else(|| Trouble::Misused(Misuse::NoColumn(wanted.to_owned())))?)
            }
        };
        let is_expression = |at: usize| matches!(expression, Expression::Column(column) if column == at);
        let variables = names.iter().enumerate().filter(|(at, _)| !is_expression(*at));
        let variables = variables.filter_map(|(at, name)| Some((at, variable(name)?))).collect();
        let BatchArgs { explain, output, .. } = *args;
        Ok(Self { header, separator, expression, variables, usual, explain, output })
    }

    /// Whether a comma is a decimal sign, as in spreadsheets where it does not separate columns.
    fn has_commas(&self) -> bool {
        self.separator == b';'
    }

    /// A row in CSV, without its line break.
    fn row<'c>(&self, cells: impl Iterator<Item = &'c [u8]>) -> Vec<u8> {
        let mut writer = WriterBuilder::new().delimiter(self.separator).from_writer(Vec::new());
        // Writing to memory cannot fail.
        let _ = writer.write_record(cells);
        let mut line = writer.into_inner().unwrap_or_default();
        line.pop();
        line
    }

    /// Answers every row.
    pub(super) fn answer(&self, rows: &[ByteRecord], hand: &mut Hand) -> Result<(), Gone> {
        rows.iter().try_for_each(|row| self.answer_row(row, hand))
    }

    fn answer_row(&self, row: &ByteRecord, hand: &mut Hand) -> Result<(), Gone> {
        let fuel = match self.cells(row) {
            Ok(cells) => self.evaluate(&cells, hand),
            Err(why) => {
                write_error("malformed", &why, None, &mut hand.line);
                0
            }
        };
        if self.output == Output::Csv {
            let line = self.with_answer(row, &hand.line);
            return hand.done_with(&line, fuel);
        }
        hand.done(fuel)
    }

    /// The texts of a row.
    fn cells<'r>(&self, row: &'r ByteRecord) -> Result<Vec<&'r str>, String> {
        if row.len() != self.header.len() {
            return Err(format!("the row has {} fields and the header {}", row.len(), self.header.len()));
        }
        row.iter()
            .map(std::str::from_utf8)
            .collect::<Result<_, _>>()
            .map_err(|_| "the row is not valid UTF-8".to_owned())
    }

    /// Writes the answer to a row; gives its fuel.
    fn evaluate(&self, cells: &[&str], hand: &mut Hand) -> u64 {
        let mut variables = String::from("{");
        for (at, name) in &self.variables {
            variables.push_str(name);
            variables.push(':');
            write_cell(cells[*at], self.has_commas(), &mut variables);
            variables.push(',');
        }
        if variables.ends_with(',') {
            variables.pop();
        }
        variables.push('}');
        let text = match &self.expression {
            Expression::Same(text) => text,
            Expression::Column(at) => cells[*at],
        };
        let question = Question { variables: Some(variables.into()), ..self.usual.question(text) };
        write_answer(&mut hand.engine, &question, &Limits::default(), self.explain, &mut hand.line).fuel
    }

    /// The row with its answer, in CSV: as many fields as the header has, and two more.
    fn with_answer(&self, cells: &ByteRecord, answer: &str) -> Vec<u8> {
        /// The parts of an answer's JSON object that CSV needs.
        #[derive(Default, Deserialize)]
        struct Object<'o> {
            #[serde(borrow, default)]
            text: Cow<'o, str>,
            #[serde(borrow, default)]
            shown: Option<Cow<'o, str>>,
            #[serde(borrow, default, rename = "type")]
            type_name: Cow<'o, str>,
            #[serde(default)]
            result: serde_json::Value,
            #[serde(borrow, default)]
            error: Option<Complaint<'o>>,
        }
        #[derive(Deserialize)]
        struct Complaint<'o> {
            #[serde(borrow)]
            message: Cow<'o, str>,
        }
        // This program has just written it.
        let object: Object<'_> = serde_json::from_str(answer).unwrap_or_default();
        let result: Cow<'_, str> = match (&*object.type_name, object.result.as_str(), object.shown) {
            // Without its quotes, which CSV does not need.
            ("str", Some(string), _) => string.into(),
            (_, _, Some(shown)) => shown,
            // With the decimal sign of the cells.
            ("float" | "decimal", ..) if self.has_commas() => object.text.replace('.', ",").into(),
            _ => object.text,
        };
        let error = object.error.map(|error| error.message).unwrap_or_default();
        let given = cells.iter().chain(std::iter::repeat(&b""[..])).take(self.header.len());
        self.row(given.chain([result.as_bytes(), error.as_bytes()]))
    }
}

/// The name of a variable in JSON; `None` if no variable can have it.
fn variable(name: &str) -> Option<String> {
    let mut json = String::new();
    write_string(name, &mut json);
    Variables::from_json(&format!("{{{json}:0}}"), &Limits::default()).is_ok().then_some(json)
}
