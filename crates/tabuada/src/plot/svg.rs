//! A drawing as a complete SVG, for an `<img>` or as a page of its own.
//!
//! Every colour is an attribute, because a page's content security policy may forbid styles but not attributes. The
//! style only replaces colours in dark mode, and its class names are unlikely to occur in a page. `data-x`, `data-y`
//! and `data-frame` (left, top, width and height in pixels) of the root tell scripts which part of the plane is shown
//! where.

use std::fmt::Write;

use super::drawing::{Anchor, DOT, Drawing, Ink, Mark};
use super::palette::{DARK, LIGHT, of, width_of};

/// The text alternative of a picture.
pub(super) struct Words<'w> {
    pub(super) title: &'w str,
    pub(super) description: &'w str,
    /// A language tag.
    pub(super) language: &'w str,
}

pub(super) fn written(drawing: &Drawing, words: &Words<'_>) -> String {
    let Drawing { width, height, font, corner, view, marks } = drawing;
    let mut out = String::with_capacity(16 << 10);
    out.push_str("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
    push(&mut out, format_args!(" lang=\"{}\" width=\"{width}\" height=\"{height}\"", words.language));
    push(&mut out, format_args!(" viewBox=\"0 0 {width} {height}\" font-size=\"{font}\" fill=\"none\""));
    // `{:?}` writes very large numbers with an exponent.
    push(&mut out, format_args!(" data-x=\"{:?} {:?}\" data-y=\"{:?} {:?}\"", view.x.0, view.x.1, view.y.0, view.y.1));
    let [left, top, across, down] = [corner.0, corner.1, view.width, view.height].map(short);
    push(&mut out, format_args!(" data-frame=\"{left} {top} {across} {down}\""));
    out.push_str(" font-family=\"system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif\">\n<title>");
    escaped(&mut out, words.title);
    out.push_str("</title>\n<desc>");
    escaped(&mut out, words.description);
    out.push_str("</desc>\n<style>@media (prefers-color-scheme:dark){");
    let inks = [Ink::Ground, Ink::Minor, Ink::Grid, Ink::Axis, Ink::Number, Ink::Name, Ink::Text].into_iter();
    let curves = (0..super::drawing::CURVES_MAX).map(Ink::Curve);
    for ink in inks.chain(curves) {
        let property = if is_filled(ink) { "fill" } else { "stroke" };
        push(&mut out, format_args!(".{}{{{property}:{}}}", class(ink), of(&DARK, ink)));
    }
    for curve in 0..super::drawing::CURVES_MAX {
        let (fill, stroke) = (of(&DARK, Ink::Ground), of(&DARK, Ink::Curve(curve)));
        push(&mut out, format_args!(".tabuada-open-{curve}{{fill:{fill};stroke:{stroke}}}"));
    }
    out.push_str("}</style>\n");
    let (name, ground) = (class(Ink::Ground), of(&LIGHT, Ink::Ground));
    push(&mut out, format_args!("<rect class=\"{name}\" width=\"100%\" height=\"100%\" fill=\"{ground}\"/>\n"));
    for mark in marks {
        match mark {
            Mark::Line { ink, lines, dashes } => line(&mut out, *ink, lines, dashes),
            Mark::Dots { curve, places, is_open } => dots(&mut out, *curve, places, *is_open),
            Mark::Text { ink, anchor, at, text } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let (name, fill) = (class(*ink), of(&LIGHT, *ink));
                push(&mut out, format_args!("<text class=\"{name}\" fill=\"{fill}\" text-anchor=\"{anchor}\""));
                push(&mut out, format_args!(" x=\"{}\" y=\"{}\">", short(at.0), short(at.1)));
                escaped(&mut out, text);
                out.push_str("</text>\n");
            }
        }
    }
    out.push_str("</svg>\n");
    out
}

fn line(out: &mut String, ink: Ink, lines: &[Vec<(f64, f64)>], dashes: &[f64]) {
    let (name, stroke, width) = (class(ink), of(&LIGHT, ink), width_of(ink));
    push(out, format_args!("<path class=\"{name}\" stroke=\"{stroke}\" stroke-width=\"{width}\""));
    if let Ink::Minor | Ink::Grid | Ink::Axis = ink {
        out.push_str(" shape-rendering=\"crispEdges\"");
    }
    if let Ink::Curve(_) = ink {
        out.push_str(" stroke-linecap=\"round\" stroke-linejoin=\"round\"");
        let dashes = dashes.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        if !dashes.is_empty() {
            push(out, format_args!(" stroke-dasharray=\"{dashes}\""));
        }
    }
    out.push_str(" d=\"");
    for line in lines {
        for (at, (x, y)) in line.iter().enumerate() {
            // The points after the first one are those of lines.
            out.push_str(match at {
                0 => "M",
                1 => "L",
                _ => " ",
            });
            push(out, format_args!("{} {}", short(*x), short(*y)));
        }
        if line.len() == 1 {
            // A single point becomes a line of length 0 with round ends.
            out.push_str("h0");
        }
    }
    out.push_str("\"/>\n");
}

/// Dots, open ones as circles around the background.
fn dots(out: &mut String, curve: usize, places: &[(f64, f64)], is_open: bool) {
    let stroke = of(&LIGHT, Ink::Curve(curve));
    if is_open {
        let ground = of(&LIGHT, Ink::Ground);
        push(out, format_args!("<path class=\"tabuada-open-{curve}\" stroke=\"{stroke}\" stroke-width=\"1.5\""));
        push(out, format_args!(" fill=\"{ground}\" d=\""));
        for (x, y) in places {
            push(out, format_args!("M{} {}a{DOT} {DOT} 0 1 0 {} 0", short(x - DOT), short(*y), 2.0 * DOT));
            push(out, format_args!("a{DOT} {DOT} 0 1 0 {} 0z", -2.0 * DOT));
        }
    } else {
        let (name, width) = (class(Ink::Curve(curve)), 2.0 * DOT);
        push(out, format_args!("<path class=\"{name}\" stroke=\"{stroke}\" stroke-width=\"{width}\""));
        out.push_str(" stroke-linecap=\"round\" d=\"");
        for (x, y) in places {
            push(out, format_args!("M{} {}h0", short(*x), short(*y)));
        }
    }
    out.push_str("\"/>\n");
}

fn is_filled(ink: Ink) -> bool {
    matches!(ink, Ink::Ground | Ink::Number | Ink::Name | Ink::Text)
}

fn class(ink: Ink) -> String {
    match ink {
        Ink::Ground => "tabuada-ground".to_owned(),
        Ink::Minor => "tabuada-minor".to_owned(),
        Ink::Grid => "tabuada-grid".to_owned(),
        Ink::Axis => "tabuada-axis".to_owned(),
        Ink::Number => "tabuada-number".to_owned(),
        Ink::Name => "tabuada-name".to_owned(),
        Ink::Text => "tabuada-text".to_owned(),
        Ink::Curve(curve) => format!("tabuada-curve-{curve}"),
    }
}

/// Rounds to hundredths of a pixel.
fn short(pixels: f64) -> f64 {
    (pixels * 100.0).round() / 100.0
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = out.write_fmt(text);
}

/// Appends a text escaped for XML, with substitutes for characters that XML does not allow.
fn escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            character if character.is_control() => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            character => out.push(character),
        }
    }
}
