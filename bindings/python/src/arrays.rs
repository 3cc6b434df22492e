//! Programs over arrays of NumPy: the result is an array of the same shape.
//!
//! Contiguous arrays of `float64` are read in place. All others are read in pieces: strided arrays, arrays of other
//! types of real numbers, whose elements become floats, and arrays that are repeated to fit the shape of another one.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use numpy::ndarray::{ArrayView, Ix1, IxDyn};
use numpy::{
    Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyTuple};
use tabuada_lang::{
    Answer, Argument, Cell, Context, ErrorKind, Failure, Fuel, Limits, Mode, Program, Variables, parse_with,
};

use crate::errors::{self, Origin};
use crate::given;
use crate::options::Options;
use crate::work;

/// Elements that are computed at once: so many of each column, and of the results, fit the caches together.
const PIECE: usize = 4_096;

/// The least elements for a thread of its own: about a millisecond of work, where starting it takes some 30 µs.
const PART: usize = 32 * PIECE;

/// How often signals are looked for while threads compute.
const LOOK: Duration = Duration::from_millis(1);

/// The most dimensions that can be read with strides.
const DIMENSIONS: usize = 32;

/// An array of a type that is read as it is.
enum Borrowed<'py> {
    F64(PyReadonlyArrayDyn<'py, f64>),
    F32(PyReadonlyArrayDyn<'py, f32>),
    I64(PyReadonlyArrayDyn<'py, i64>),
    I32(PyReadonlyArrayDyn<'py, i32>),
    U64(PyReadonlyArrayDyn<'py, u64>),
    /// The bytes of truth values. As `bool`, a byte other than 0 and 1 would be undefined behaviour.
    Bool(PyReadonlyArrayDyn<'py, u8>),
}

/// Fills a piece with the next elements; gives the place of the first one that is no float.
type Fill<'a> = Box<dyn FnMut(&mut [f64]) -> Result<(), usize> + Send + 'a>;

/// A column of a program.
enum Column<'a> {
    /// Read in place.
    Whole(&'a [f64]),
    /// Read piece by piece.
    Pieces(Fill<'a>, Vec<f64>),
}

/// Why there is no result.
enum Trouble {
    /// An element has no value that an array of floats can hold.
    Element(usize, Problem),
    /// All of it has ended.
    Whole(ErrorKind),
}

enum Problem {
    Failure(Failure),
    /// The value has another type.
    Type(&'static str),
    /// An integer of this column is no float.
    Inexact(usize),
    /// An integer is beyond all floats.
    TooLarge,
}

/// The values of a program for arrays, at least one, and numbers.
///
/// # Errors
///
/// The exception of the first element that has no value, with its index.
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    source: &str,
    options: &Options,
    is_lenient: bool,
    given: &[(&str, Bound<'py, PyAny>)],
) -> PyResult<Bound<'py, PyAny>> {
    if options.mode != Mode::Python {
        let message = format!("arrays hold floats, which {} mode does not have", options.mode());
        return Err(errors::plain(py, "TypeError", "unsupported", &message));
    }
    look_up_functions(py)?;
    let (arrays, numbers): (Vec<_>, Vec<_>) = given.iter().partition(|(_, value)| given::is_array(value));
    let limits = options.limits();
    let Beside { variables, columns: fixed } = Beside::of(py, &numbers, options, &limits)?;
    let names: Vec<&str> = arrays.iter().map(|(name, _)| *name).chain(fixed.iter().map(|(name, _)| *name)).collect();
    let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let origin = Origin { text: source, options, names: &owned };
    let context = Context { variables: Some(&variables), ..options.context(&names) };
    let program = parse_with(source, &context, &Limits::default()).map_err(|error| origin.unread(py, &error))?;

    let arrays: Vec<_> = arrays.iter().map(|(name, value)| checked(name, value)).collect::<PyResult<_>>()?;
    let (shape, arrays) = of_one_shape(py, &names, arrays)?;
    let borrowed: Vec<_> = arrays.iter().map(Borrowed::new).collect::<PyResult<_>>()?;
    let fixed = fixed.into_iter().map(|(_, value)| Column::pieces(std::iter::repeat(value), Some));
    let columns: Vec<Column<'_>> = borrowed.iter().map(Borrowed::column).chain(fixed).collect();

    // NumPy's own function raises `MemoryError` where there is not enough. Every element is written, or none is shown.
    let out = py.import("numpy")?.call_method1(intern!(py, "empty"), (&shape,))?.cast_into::<PyArrayDyn<f64>>()?;
    let mut writable = out.readwrite();
    let results =
        writable.as_slice_mut().map_err(|error| errors::plain(py, "Error", "internal", &error.to_string()))?;
    let seed = if program.is_pure() { 0 } else { work::seed(py)? };
    let job = Job { program: &program, limits: &limits, is_lenient };
    let outcome = work::detached(py, |stop| job.run_in_parts(columns, results, seed, stop))?;
    drop(writable);
    let shape: Vec<usize> = shape.extract()?;
    let are_truths = outcome.map_err(|trouble| trouble.exception(&origin, py, &program, &names, &shape))?;
    let out = if are_truths { out.call_method1(intern!(py, "astype"), ("bool",))? } else { out.into_any() };
    // An array without dimensions becomes a number, as NumPy's own operators have it.
    if shape.is_empty() { out.get_item(PyTuple::empty(py)) } else { Ok(out) }
}

/// Lets the library look up NumPy's functions, once. It runs Python code for that, and panics if Ctrl+C ends it. Signals
/// are handled by the main thread alone, so another one does it.
///
/// # Errors
///
/// What the handler of a signal raised meanwhile.
fn look_up_functions(py: Python<'_>) -> PyResult<()> {
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.get().is_none() {
        let look_up = || Python::attach(|py| drop(numpy::dtype::<f64>(py)));
        // Without a thread, they are looked up when they are needed.
        py.detach(|| thread::Builder::new().spawn(look_up).map(|thread| thread.join().is_ok())).ok();
        let _ = DONE.set(());
        py.check_signals()?;
    }
    Ok(())
}

/// The numbers beside arrays.
struct Beside<'a> {
    /// Those with a literal: a program with constants is faster.
    variables: Variables,
    /// Infinities and nan, which have none: the same in every element.
    columns: Vec<(&'a str, f64)>,
}

impl<'a> Beside<'a> {
    fn of(
        py: Python<'_>,
        numbers: &[&(&'a str, Bound<'_, PyAny>)],
        options: &Options,
        limits: &Limits,
    ) -> PyResult<Self> {
        let mut beside = Self { variables: Variables::default(), columns: Vec::new() };
        for (name, value) in numbers {
            let argument = given::argument(name, value, options.mode, limits)?;
            if let Some(variables) = beside.variables.clone().with_number(name, &argument) {
                beside.variables = variables;
            } else if let Argument::Float(value) = argument {
                beside.columns.push((name, value));
            } else {
                let message =
                    format!("the variable '{name}': beside arrays, a variable is a float or an int of 64 bits");
                return Err(errors::plain(py, "TypeError", "malformed", &message));
            }
        }
        Ok(beside)
    }
}

impl Trouble {
    /// The same, of elements that are so many places later.
    fn after(self, places: usize) -> Self {
        match self {
            Self::Element(at, problem) => Self::Element(places + at, problem),
            Self::Whole(kind) => Self::Whole(kind),
        }
    }

    fn exception(
        self,
        origin: &Origin<'_>,
        py: Python<'_>,
        program: &Program,
        names: &[&str],
        shape: &[usize],
    ) -> PyErr {
        match self {
            Self::Whole(kind) => origin.failed(py, &Failure { kind, node: u32::MAX }, program.span(u32::MAX), None),
            Self::Element(at, Problem::Failure(failure)) => {
                origin.failed(py, &failure, program.span(failure.node), Some(index_of(at, shape)))
            }
            Self::Element(at, problem) => problem.exception(py, names, index_of(at, shape)),
        }
    }
}

impl Problem {
    fn exception(&self, py: Python<'_>, names: &[&str], index: Vec<usize>) -> PyErr {
        let (class, code, message) = match self {
            Self::Inexact(column) => {
                let name = names.get(*column).copied().unwrap_or_default();
                let message = format!("an integer of '{name}' is between two floats; .astype(float) rounds it");
                ("OverflowError", "overflow", message)
            }
            Self::TooLarge => ("OverflowError", "overflow", "the value is an integer beyond all floats".to_owned()),
            Self::Type(found) => ("TypeError", "type-error", format!("the value is a {found}; an array holds floats")),
            Self::Failure(failure) => ("Error", failure.kind.code(), failure.kind.to_string()),
        };
        errors::of_element(py, class, code, &message, index)
    }
}

/// The index of an element in an array of this shape.
fn index_of(at: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = at;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|length| {
            let place = rest % length.max(&1);
            rest /= length.max(&1);
            place
        })
        .collect();
    index.reverse();
    index
}

/// An array whose elements are real numbers in this machine's order of bytes.
fn checked<'py>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let refused = |what: &str| {
        let message = format!("the variable '{name}' is {what}");
        errors::plain(py, "TypeError", "malformed", &message)
    };
    // Other classes mean more than their numbers: masked arrays, arrays with units.
    let class = errors::type_name_of(value)?;
    if class != "ndarray" && class != "memmap" {
        // Of a masked one, that would show what is masked.
        let plain = if class == "MaskedArray" { ".filled(numpy.nan)" } else { "numpy.asarray(…)" };
        return Err(refused(&format!("a {class}; {plain} makes a plain array of it")));
    }
    let array = value.cast::<PyUntypedArray>()?;
    let dtype = array.dtype();
    let (kind, size): (String, usize) = (dtype.getattr("kind")?.extract()?, dtype.getattr("itemsize")?.extract()?);
    if !dtype.getattr("isnative")?.is_truthy()? {
        let native = dtype.call_method1("newbyteorder", ("=",))?;
        return checked(name, &value.call_method1("astype", (native,))?);
    }
    match (kind.as_str(), size) {
        ("f", 4 | 8) | ("i", 4 | 8) | ("u", 8) => Ok(value.clone()),
        ("b", _) => value.call_method1("view", ("uint8",)),
        // Floats hold all of these.
        ("f", 2) | ("i" | "u", 1 | 2 | 4) => value.call_method1("astype", ("float64",)),
        _ => {
            Err(refused(&format!("an array of {dtype}; arrays of bool, integers and floats of up to 64 bits are read")))
        }
    }
}

/// The common shape, and the arrays in it: repeated where NumPy's own operators would repeat them.
fn of_one_shape<'py>(
    py: Python<'py>,
    names: &[&str],
    arrays: Vec<Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Vec<Bound<'py, PyAny>>)> {
    let shapes: Vec<_> = arrays.iter().map(|array| array.getattr(intern!(py, "shape"))).collect::<PyResult<_>>()?;
    let first = shapes[0].clone();
    let mut same = true;
    for shape in &shapes[1..] {
        same &= first.eq(shape)?;
    }
    if same {
        return Ok((first, arrays));
    }
    let numpy = py.import("numpy")?;
    let shape = numpy.call_method1("broadcast_shapes", PyTuple::new(py, &shapes)?).map_err(|error| {
        if !error.is_instance_of::<PyValueError>(py) {
            return error;
        }
        let lengths = |shape: &Bound<'py, PyAny>| shape.extract::<Vec<usize>>().unwrap_or_default();
        let told: Vec<String> =
            names.iter().zip(&shapes).map(|(name, shape)| format!("'{name}' {:?}", lengths(shape))).collect();
        let message = format!("the shapes of the arrays cannot be combined: {}", told.join(", "));
        errors::plain(py, "ValueError", "malformed", &message)
    })?;
    let repeat = |array: &Bound<'py, PyAny>| numpy.call_method1("broadcast_to", (array, &shape));
    let arrays = arrays.iter().map(repeat).collect::<PyResult<_>>()?;
    Ok((shape, arrays))
}

impl<'py> Borrowed<'py> {
    /// Borrows an array that was checked; copies it first if its elements are not aligned.
    fn new(value: &Bound<'py, PyAny>) -> PyResult<Self> {
        let array = value.cast::<PyUntypedArray>()?;
        let size = array.dtype().itemsize() as isize;
        let is_regular = array.is_aligned() && array.strides().iter().all(|stride| stride % size == 0);
        if !is_regular || (array.ndim() > DIMENSIONS && !array.is_c_contiguous()) {
            let order = [("order", "C")].into_py_dict(value.py())?;
            return Self::new(&value.call_method("copy", (), Some(&order))?);
        }
        fn of<'py, T: Element>(value: &Bound<'py, PyAny>) -> Option<PyReadonlyArrayDyn<'py, T>> {
            value.cast::<PyArrayDyn<T>>().ok()?.try_readonly().ok()
        }
        of(value)
            .map(Self::F64)
            .or_else(|| of(value).map(Self::F32))
            .or_else(|| of(value).map(Self::I64))
            .or_else(|| of(value).map(Self::I32))
            .or_else(|| of(value).map(Self::U64))
            .or_else(|| of(value).map(Self::Bool))
            .ok_or_else(|| errors::plain(value.py(), "Error", "internal", "the array cannot be borrowed"))
    }

    fn column(&self) -> Column<'_> {
        match self {
            Self::F64(array) => in_order(array).map_or_else(|| strided(array, Some), Column::Whole),
            Self::F32(array) => strided(array, |value| Some(f64::from(value))),
            Self::I32(array) => strided(array, |value| Some(f64::from(value))),
            Self::Bool(array) => strided(array, |value| Some(f64::from(u8::from(value != 0)))),
            Self::I64(array) => {
                strided(array, |value| (value as f64 as i128 == i128::from(value)).then_some(value as f64))
            }
            Self::U64(array) => {
                strided(array, |value| (value as f64 as u128 == u128::from(value)).then_some(value as f64))
            }
        }
    }
}

/// The elements of an array, if they lie in memory in their order.
fn in_order<'a, T: Element>(array: &'a PyReadonlyArrayDyn<'_, T>) -> Option<&'a [T]> {
    // A transposed array is a slice, too, but in another order.
    array.as_slice().ok().filter(|_| array.is_c_contiguous())
}

/// The elements of an array in order, as floats.
fn strided<'a, T: Element + Copy + Sync + Send>(
    array: &'a PyReadonlyArrayDyn<'_, T>,
    float: impl Fn(T) -> Option<f64> + Send + 'a,
) -> Column<'a> {
    if let Some(slice) = in_order(array) {
        return Column::pieces(slice.iter().copied(), float);
    }
    let view: ArrayView<'a, T, IxDyn> = array.as_array();
    // With a single dimension, the loop is shorter.
    match view.clone().into_dimensionality::<Ix1>() {
        Ok(line) => Column::pieces(line.into_iter().copied(), float),
        Err(_) => Column::pieces(view.into_iter().copied(), float),
    }
}

impl<'a> Column<'a> {
    fn pieces<T>(
        mut values: impl Iterator<Item = T> + Send + 'a,
        float: impl Fn(T) -> Option<f64> + Send + 'a,
    ) -> Self {
        let fill = move |piece: &mut [f64]| {
            for (at, (to, value)) in piece.iter_mut().zip(values.by_ref()).enumerate() {
                *to = float(value).ok_or(at)?;
            }
            Ok(())
        };
        Self::Pieces(Box::new(fill), Vec::new())
    }

    /// The elements from `start` on, at most so many; `None` if the column is read piece by piece.
    fn part(&self, start: usize, length: usize) -> Option<Column<'a>> {
        match *self {
            Self::Whole(rows) => Some(Self::Whole(&rows[start..rows.len().min(start + length)])),
            Self::Pieces(..) => None,
        }
    }

    /// Makes the next elements ready, from `start` on.
    fn prepare(&mut self, count: usize) -> Result<(), usize> {
        match self {
            Self::Whole(_) => Ok(()),
            Self::Pieces(fill, piece) => {
                piece.resize(count, 0.0);
                fill(piece)
            }
        }
    }

    fn rows(&self, start: usize, count: usize) -> &[f64] {
        match self {
            Self::Whole(rows) => rows.get(start..start + count).unwrap_or_default(),
            Self::Pieces(_, piece) => piece,
        }
    }
}

/// A program over all elements.
struct Job<'a> {
    program: &'a Program,
    limits: &'a Limits,
    /// Elements without a value become nan.
    is_lenient: bool,
}

impl Job<'_> {
    /// Computes all results, on as many threads as there is work for, and gives what [`run`](Self::run) gives. `stop` is
    /// called about every millisecond.
    fn run_in_parts(
        &self,
        columns: Vec<Column<'_>>,
        results: &mut [f64],
        seed: u64,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, Trouble> {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let length = results.len().div_ceil(threads.min(results.len() / PART).max(1));
        let part = |start: usize| columns.iter().map(|column| column.part(start, length)).collect::<Option<Vec<_>>>();
        let parts: Option<Vec<_>> = (0..results.len()).step_by(length.max(1)).map(part).collect();
        // What is random is drawn in the order of the elements.
        let Some(parts) = parts.filter(|parts| parts.len() > 1 && self.program.is_pure()) else {
            return self.run(columns, results, &mut Fuel::with_stop(u64::MAX, stop).seeded(seed));
        };
        // Parts from this one on need not be computed: an earlier one has no result.
        let unneeded = AtomicUsize::new(usize::MAX);
        let (unneeded, waiting) = (&unneeded, thread::current());
        thread::scope(|scope| {
            let compute = |(number, (part, results)): (usize, (Vec<Column<'_>>, &mut [f64]))| {
                let outcome =
                    self.run(part, results, &mut Fuel::with_stop(u64::MAX, &|| number >= unneeded.load(Relaxed)));
                if outcome.is_err() {
                    unneeded.fetch_min(number + 1, Relaxed);
                }
                outcome.map_err(|trouble| trouble.after(number * length))
            };
            let work = parts.into_iter().zip(results.chunks_mut(length)).enumerate();
            let running: Vec<_> = work
                .map(|part| {
                    let waiting = waiting.clone();
                    scope.spawn(move || {
                        let outcome = compute(part);
                        waiting.unpark();
                        outcome
                    })
                })
                .collect();
            while !running.iter().all(|part| part.is_finished()) {
                thread::park_timeout(LOOK);
                if stop() {
                    unneeded.store(0, Relaxed);
                }
            }
            let mut are_truths = true;
            for part in running {
                are_truths &= part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            Ok(are_truths)
        })
    }

    /// Computes all results; gives whether every one of them is a truth value.
    fn run(&self, mut columns: Vec<Column<'_>>, results: &mut [f64], fuel: &mut Fuel<'_>) -> Result<bool, Trouble> {
        let mut are_truths = !results.is_empty();
        for (piece, results) in results.chunks_mut(PIECE).enumerate() {
            let (start, count) = (piece * PIECE, results.len());
            for (number, column) in columns.iter_mut().enumerate() {
                let inexact = |at| Trouble::Element(start + at, Problem::Inexact(number));
                column.prepare(count).map_err(inexact)?;
            }
            let rows: Vec<&[f64]> = columns.iter().map(|column| column.rows(start, count)).collect();
            let rest = self.program.columns_into(&rows, results, self.limits, fuel).map_err(Trouble::Whole)?;
            if rest.is_of_floats() {
                are_truths = false;
                continue;
            }
            let mut cells = rest.cells();
            for (at, to) in results.iter_mut().enumerate() {
                let cell = cells(*to);
                are_truths &= matches!(cell, Cell::Bool(_));
                *to = match float(&cell) {
                    Ok(value) => value,
                    Err(_) if self.is_lenient => f64::NAN,
                    Err(problem) => return Err(Trouble::Element(start + at, problem)),
                };
            }
        }
        Ok(are_truths)
    }
}

/// The value of an element as a float.
fn float(cell: &Cell<'_>) -> Result<f64, Problem> {
    match cell {
        Cell::Float(value) => Ok(*value),
        Cell::Bool(value) => Ok(f64::from(u8::from(*value))),
        Cell::Failure(failure) => Err(Problem::Failure((*failure).clone())),
        Cell::Answer(answer) => float_of(answer),
    }
}

fn float_of(answer: &Answer) -> Result<f64, Problem> {
    if let Some(value) = answer.as_f64().or_else(|| answer.as_bool().map(|value| f64::from(u8::from(value)))) {
        return Ok(value);
    }
    match answer.type_name() {
        // The nearest float, as `float()` gives it.
        "int" => match answer.text().parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(Problem::TooLarge),
        },
        "none" => Err(Problem::Type("NoneType")),
        found => Err(Problem::Type(found)),
    }
}
