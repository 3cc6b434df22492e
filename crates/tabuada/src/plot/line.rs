//! A line of many points, made ready to be drawn: no point more than shows, and none outside the picture.

use super::curve::distance;

/// In pixels: what is left out strays less than this.
const UNSEEN: f64 = 0.05;

/// The same line, as far as one can see, with fewer points. (Douglas and Peucker 1973.)
pub(super) fn simplified(line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut is_kept = vec![false; line.len()];
    let mut stretches = vec![(0, line.len().saturating_sub(1))];
    for end in [0, line.len().saturating_sub(1)] {
        is_kept.get_mut(end).into_iter().for_each(|kept| *kept = true);
    }
    while let Some((first, last)) = stretches.pop() {
        let farthest = (first + 1..last)
            .map(|at| (at, distance(line[at], line[first], line[last])))
            .max_by(|(_, a), (_, b)| a.total_cmp(b));
        if let Some((at, _)) = farthest.filter(|(_, distance)| *distance > UNSEEN) {
            is_kept[at] = true;
            stretches.extend([(first, at), (at, last)]);
        }
    }
    line.iter().zip(is_kept).filter(|(_, kept)| *kept).map(|(point, _)| *point).collect()
}

/// The parts of a line that are within a height: it enters and leaves at its edges only.
pub(super) fn within(line: &[(f64, f64)], height: f64) -> Vec<Vec<(f64, f64)>> {
    let is_inside = |y: f64| (0.0..=height).contains(&y);
    if let [(x, y)] = *line {
        return if is_inside(y) { vec![vec![(x, y)]] } else { Vec::new() };
    }
    let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut is_open = false;
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        let edge = |y: f64| (a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0), y);
        let clipped = |end: &(f64, f64)| if is_inside(end.1) { *end } else { edge(end.1.clamp(0.0, height)) };
        if (a.1 < 0.0 && b.1 < 0.0) || (a.1 > height && b.1 > height) {
            is_open = false;
            continue;
        }
        if !is_open {
            parts.push(vec![clipped(a)]);
        }
        parts.last_mut().into_iter().for_each(|part| part.push(clipped(b)));
        is_open = is_inside(b.1);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_corners_and_nothing_else() {
        let roof: Vec<(f64, f64)> = (0_i32..=20).map(|x| (f64::from(x), f64::from((x - 10).abs()))).collect();
        assert_eq!(simplified(&roof), [(0.0, 10.0), (10.0, 0.0), (20.0, 10.0)]);
        assert_eq!(simplified(&[(1.0, 1.0)]), [(1.0, 1.0)]);
        assert_eq!(simplified(&[]), []);
    }

    #[test]
    fn a_line_ends_at_the_edges() {
        let line = [(0.0, 5.0), (10.0, -5.0), (20.0, -5.0), (30.0, 15.0), (40.0, 15.0), (50.0, 5.0)];
        let parts = [vec![(0.0, 5.0), (5.0, 0.0)], vec![(22.5, 0.0), (27.5, 10.0)], vec![(45.0, 10.0), (50.0, 5.0)]];
        assert_eq!(within(&line, 10.0), parts);
        assert_eq!(within(&[(1.0, 11.0)], 10.0), Vec::<Vec<_>>::new());
        assert_eq!(within(&[(1.0, 3.0)], 10.0), [[(1.0, 3.0)]]);
    }
}
