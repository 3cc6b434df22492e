//! How values are printed.

use std::rc::Rc;

use super::complex::Complex;
use super::digits::{write_javascript, write_number};
use super::stop::{Outcome, error};
use super::value::{Kind, Value};
use crate::error::ErrorKind;
use crate::limits::Budget;

/// How a value is printed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Style {
    /// As `math.format(value, precision)`.
    Format(Option<u32>),
    /// As JavaScript's `String(value)`, for the values in a result set.
    Javascript,
}

pub(super) fn javascript(value: f64) -> String {
    let mut text = String::new();
    write_javascript(value, &mut text);
    text
}

/// Appends a value.
pub(super) fn write(value: &Value, style: Style, out: &mut String, budget: &mut Budget) -> Outcome<()> {
    budget.charge(match value {
        // Their digits.
        Value::Number(_) => 80,
        Value::Complex(_) => 160,
        _ => 10,
    })?;
    match value {
        Value::Undefined => out.push_str("undefined"),
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => match style {
            Style::Format(precision) => write_number(*number, precision, out),
            Style::Javascript => write_javascript(*number, out),
        },
        Value::Complex(complex) => match style {
            Style::Format(precision) => write_complex(*complex, precision, out),
            Style::Javascript => write_complex_javascript(*complex, out),
        },
        Value::Text(text) => {
            budget.charge(text.len() as u64)?;
            match style {
                Style::Format(_) => write_text(text, out),
                Style::Javascript => out.push_str(text),
            }
        }
        Value::List(values, Kind::Array) if matches!(style, Style::Javascript) => write_array(values, out, budget)?,
        Value::List(values, _) => write_list(values, style, out, budget)?,
        Value::Builtin(_) | Value::Defined(_) if matches!(style, Style::Javascript) => {
            return error("Functions in a set of results are not supported");
        }
        Value::Builtin(_) => out.push_str("function"),
        Value::Defined(definition) => {
            out.push_str(&definition.name);
            out.push('(');
            out.push_str(&definition.parameters.join(", "));
            out.push(')');
        }
    }
    let (characters, limit) = (out.len() as u64, budget.limits.answer_characters);
    if characters > limit { Err(ErrorKind::AnswerTooLong { characters, limit }.into()) } else { Ok(()) }
}

fn write_list(values: &Rc<[Value]>, style: Style, out: &mut String, budget: &mut Budget) -> Outcome<()> {
    // `String(matrix)` formats its elements.
    let style = if let Style::Format(_) = style { style } else { Style::Format(None) };
    out.push('[');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(value, style, out, budget)?;
    }
    out.push(']');
    Ok(())
}

/// As JavaScript's `String(array)`.
fn write_array(values: &[Value], out: &mut String, budget: &mut Budget) -> Outcome<()> {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if !matches!(value, Value::Null | Value::Undefined) {
            write(value, Style::Javascript, out, budget)?;
        }
    }
    Ok(())
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn write_complex(complex: Complex, precision: Option<u32>, out: &mut String) {
    let Complex { mut re, mut im } = complex;
    let (exact_re, exact_im) = (re, im);
    if let Some(precision) = precision {
        // A part that the precision does not show beside the other.
        let epsilon = 10_f64.powi(-(precision.min(400) as i32));
        if (re / im).abs() < epsilon {
            re = 0.0;
        }
        if (im / re).abs() < epsilon {
            im = 0.0;
        }
    }
    let mut write = |part: f64| write_number(part, precision, out);
    if im == 0.0 {
        return write(exact_re);
    }
    if re != 0.0 {
        write(exact_re);
        out.push_str(if im < 0.0 { " - " } else { " + " });
        im = im.abs();
        if im != 1.0 {
            write_number(exact_im.abs(), precision, out);
        }
    } else if im == -1.0 {
        out.push('-');
    } else if im != 1.0 {
        write(exact_im);
    }
    out.push('i');
}

fn write_complex_javascript(complex: Complex, out: &mut String) {
    /// What is smaller is left out.
    const EPSILON: f64 = 1e-15;
    if complex.re.is_nan() || complex.im.is_nan() {
        return out.push_str("NaN");
    }
    if !complex.is_finite() {
        return out.push_str("Infinity");
    }
    let visible = |part: f64| if part.abs() < EPSILON { 0.0 } else { part };
    let (re, im) = (visible(complex.re), visible(complex.im));
    if im == 0.0 {
        return write_javascript(re, out);
    }
    if re != 0.0 {
        write_javascript(re, out);
        out.push_str(if im < 0.0 { " - " } else { " + " });
    } else if im < 0.0 {
        out.push('-');
    }
    if im.abs() != 1.0 {
        write_javascript(im.abs(), out);
    }
    out.push('i');
}
