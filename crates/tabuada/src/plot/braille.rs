//! Curves as Braille characters, for a terminal. A character has two columns and four rows of dots.

use super::Characters;
use super::curve::View;
use super::ticks::rounded;

/// The first of the 256 Braille characters. Each dot adds one bit to it.
const BLANK: u32 = 0x2800;
/// The bits of a character's dots, by column and row.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// The colours of the curves, from the 16 that every terminal has.
const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 31];
/// The smallest drawing, in characters, however small the terminal is.
const LEAST: (usize, usize) = (10, 4);

/// The dots of a character, and the curve drawn there last.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    dots: u8,
    curve: usize,
}

/// The part of the terminal for the curves, and the texts beside it.
pub(super) struct Sheet {
    columns: usize,
    rows: usize,
    /// The highest and the lowest y.
    labels: [String; 2],
    margin: usize,
    pub(super) view: View,
    cells: Vec<Cell>,
    is_coloured: bool,
}

impl Sheet {
    /// An empty sheet for these parts of the axes.
    pub(super) fn new(room: Characters, x: (f64, f64), y: (f64, f64)) -> Self {
        let labels = [rounded(y.1), rounded(y.0)];
        let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
        let columns = room.columns.saturating_sub(margin + 2).max(LEAST.0);
        // One row above for the names, two below for the axis and its ends.
        let rows = room.rows.saturating_sub(3).max(LEAST.1);
        let view = View { x, y, width: (columns * 2 - 1) as f64, height: (rows * 4 - 1) as f64 };
        let cells = vec![Cell::default(); columns * rows];
        Self { columns, rows, labels, margin, view, cells, is_coloured: room.is_coloured }
    }

    pub(super) fn draw(&mut self, curve: usize, pieces: &[Vec<(f64, f64)>]) {
        for piece in pieces {
            for (from, to) in piece.iter().zip(piece.iter().skip(1).chain(piece.last())) {
                let (across, down) = (to.0 - from.0, to.1 - from.1);
                let steps = across.abs().max(down.abs()).ceil().max(1.0) as usize;
                for step in 0..=steps {
                    let part = step as f64 / steps as f64;
                    self.dot(curve, from.0 + across * part, from.1 + down * part);
                }
            }
        }
    }

    /// Draws a dot, unless it is outside the sheet.
    fn dot(&mut self, curve: usize, x: f64, y: f64) {
        let (x, y) = (x.round(), y.round());
        if x < 0.0 || y < 0.0 || x > self.view.width || y > self.view.height {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        let cell = &mut self.cells[y / 4 * self.columns + x / 2];
        cell.dots |= DOTS[x % 2][y % 4];
        cell.curve = curve;
    }

    /// The whole text: the names of the curves, the curves with their axes, and a notice if there are no curves.
    pub(super) fn written(&self, names: &[String], notice: Option<&str>) -> String {
        let mut out = " ".repeat(self.margin + 2);
        for (curve, name) in names.iter().enumerate() {
            self.coloured(curve, name, &mut out);
            out.push_str("  ");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        for row in 0..self.rows {
            let label = match row {
                0 => &*self.labels[0],
                _ if row + 1 == self.rows => &*self.labels[1],
                _ => "",
            };
            out.push_str(&format!("{label:>0$} │", self.margin));
            self.write_row(row, &mut out);
            out.push('\n');
        }
        let (from, to) = (rounded(self.view.x.0), rounded(self.view.x.1));
        out.push_str(&format!("{:1$} └{2}\n", "", self.margin, "─".repeat(self.columns)));
        let room = self.columns.saturating_sub(from.chars().count());
        out.push_str(&format!("{:1$}  {from}{to:>room$}\n", "", self.margin));
        if let Some(notice) = notice {
            out.push_str(&format!("{notice}\n"));
        }
        out
    }

    fn write_row(&self, row: usize, out: &mut String) {
        let nought = |at: f64, dots: usize| (at >= 0.0).then(|| at.round() as usize / dots);
        let is_level = nought(self.view.down(0.0), 4) == Some(row);
        let upright = nought(self.view.across(0.0), 2);
        let mut line = String::new();
        for (column, cell) in self.cells[row * self.columns..][..self.columns].iter().enumerate() {
            if cell.dots > 0 {
                let dots = char::from_u32(BLANK + u32::from(cell.dots)).unwrap_or(' ');
                self.coloured(cell.curve, dots.encode_utf8(&mut [0; 4]), &mut line);
                continue;
            }
            line.push(match (is_level, upright == Some(column)) {
                (true, true) => '┼',
                (true, false) => '─',
                (false, true) => '│',
                (false, false) => ' ',
            });
        }
        out.push_str(line.trim_end());
    }

    fn coloured(&self, curve: usize, text: &str, out: &mut String) {
        if self.is_coloured {
            let colour = COLOURS[curve % COLOURS.len()];
            out.push_str(&format!("\u{1b}[{colour}m{text}\u{1b}[0m"));
        } else {
            out.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(pieces: &[Vec<(f64, f64)>]) -> String {
        let room = Characters { columns: 15, rows: 7, is_coloured: false };
        let mut sheet = Sheet::new(room, (-1.0, 1.0), (-10.0, 10.0));
        sheet.draw(0, pieces);
        sheet.written(&["x".to_owned()], None)
    }

    #[test]
    fn dots_and_labels_have_their_positions() {
        // Ten characters are 20 dots wide, four are 16 high.
        let drawn = sheet(&[vec![(0.0, 0.0)], vec![(19.0, 15.0)], vec![(2.0, 4.0), (3.0, 4.0)], vec![(20.0, 0.0)]]);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(
            lines,
            [
                "     x",
                " 10 │⠁    │",
                "    │ ⠉   │",
                "    │─────┼────",
                "−10 │     │   ⢀",
                "    └──────────",
                "     −1       1",
            ]
        );
    }
}
