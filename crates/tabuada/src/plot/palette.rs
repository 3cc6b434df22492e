//! Colours and line widths. Colour-blind readers can distinguish the curves' colours (Okabe and Ito 2008; lighter ones
//! for the dark background).

use super::drawing::{CURVES_MAX, Ink};

/// The colours of one scheme, light or dark.
pub(super) struct Palette {
    ground: &'static str,
    minor: &'static str,
    grid: &'static str,
    axis: &'static str,
    number: &'static str,
    text: &'static str,
    curves: [&'static str; CURVES_MAX],
}

pub(super) const LIGHT: Palette = Palette {
    ground: "#ffffff",
    minor: "#f2f3f5",
    grid: "#dfe2e7",
    axis: "#8b92a0",
    number: "#5b6270",
    text: "#1d2129",
    curves: ["#0072b2", "#d55e00", "#00805d", "#b0508a", "#a06a00", "#4a4ad0"],
};

pub(super) const DARK: Palette = Palette {
    ground: "#15181e",
    minor: "#1c2027",
    grid: "#2e343e",
    axis: "#6f7787",
    number: "#a4acba",
    text: "#eceff4",
    curves: ["#56b4e9", "#ff9248", "#2fd1a0", "#e79ac6", "#f0c23c", "#a5a8ff"],
};

pub(super) fn of(palette: &Palette, ink: Ink) -> &'static str {
    match ink {
        Ink::Ground => palette.ground,
        Ink::Minor => palette.minor,
        Ink::Grid => palette.grid,
        Ink::Axis => palette.axis,
        Ink::Number | Ink::Name => palette.number,
        Ink::Text => palette.text,
        Ink::Curve(curve) => palette.curves[curve % CURVES_MAX],
    }
}

/// The width of an ink's lines, in pixels.
pub(super) fn width_of(ink: Ink) -> f64 {
    if let Ink::Curve(_) = ink { 2.0 } else { 1.0 }
}
