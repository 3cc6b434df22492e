//! The picture of a shared link: an expression and its value on squared paper.

use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Stroke, Transform};
use ttf_parser::Face;

use super::drawing::Anchor;
use super::png::{PLAIN, encoded, lettering};

/// The size that chats show whole, in pixels.
pub(crate) const CARD: (u32, u32) = (1_200, 630);
const MARGIN: f32 = 80.0;
const SQUARE: f32 = 42.0;

/// The page's light colours.
const GROUND: [u8; 3] = [0xf6, 0xf2, 0xe8];
const LINE: [u8; 3] = [0xe3, 0xe4, 0xdf];
const QUIET: [u8; 3] = [0x56, 0x61, 0x6d];
const INK: [u8; 3] = [0x1c, 0x2a, 0x38];
const ACCENT: [u8; 3] = [0x1f, 0x6b, 0x55];

/// The expression above its value, as PNG; `None` if there is no memory for it. Long texts become small.
pub(crate) fn card(expression: &str, value: &str) -> Option<Vec<u8>> {
    let mut pixels = Pixmap::new(CARD.0, CARD.1)?;
    pixels.fill(colour(GROUND));
    squares(&mut pixels);
    let face = Face::parse(PLAIN, 0).ok()?;
    let value = format!("= {value}");
    for (text, size, baseline, ink) in
        [(expression, 72.0, 230.0, QUIET), (&value, 136.0, 400.0, INK), ("Tabuada", 40.0, 560.0, ACCENT)]
    {
        let written = |size| lettering(&face, text, size, Anchor::Start, (f64::from(MARGIN), baseline));
        let room = CARD.0 as f32 - 2.0 * MARGIN;
        let Some(path) = written(size) else { continue };
        let width = path.bounds().width();
        let path = if width > room { written(size * f64::from(room / width)) } else { Some(path) };
        if let Some(path) = path {
            pixels.fill_path(&path, &paint(ink), FillRule::Winding, Transform::identity(), None);
        }
    }
    encoded(&pixels).ok()
}

fn squares(pixels: &mut Pixmap) {
    let (width, height) = (CARD.0 as f32, CARD.1 as f32);
    let mut path = PathBuilder::new();
    let mut at = SQUARE / 2.0;
    while at < width {
        path.move_to(at, 0.0);
        path.line_to(at, height);
        path.move_to(0.0, at);
        path.line_to(width, at);
        at += SQUARE;
    }
    if let Some(path) = path.finish() {
        let stroke = Stroke { width: 2.0, ..Stroke::default() };
        pixels.stroke_path(&path, &paint(LINE), &stroke, Transform::identity(), None);
    }
}

fn colour([red, green, blue]: [u8; 3]) -> Color {
    Color::from_rgba8(red, green, blue, u8::MAX)
}

fn paint(ink: [u8; 3]) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour(ink));
    paint
}
