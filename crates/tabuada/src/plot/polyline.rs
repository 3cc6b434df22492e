//! Reduces a line of many points to its visible part: cuts it to the picture and removes needless points.

use super::curve::distance;

/// In pixels: the removal of points may move the line by less than this.
const UNSEEN: f64 = 0.05;

/// A line that looks the same, for a line that goes up and down many times within a column of pixels. It keeps only the
/// highest and the lowest point in such a column, beginning with the one nearer to the point before; the line between
/// them covers the others.
pub(super) fn thinned(line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(line.len());
    for column in line.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        if turns(column) < 2 {
            kept.extend_from_slice(column);
            continue;
        }
        let before = kept.last().map_or(column[0].1, |(_, y)| *y);
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let ends = [column.iter().min_by(by_height), column.iter().max_by(by_height)].into_iter().flatten();
        let mut ends: Vec<(f64, f64)> = ends.copied().collect();
        ends.sort_by(|a, b| (a.1 - before).abs().total_cmp(&(b.1 - before).abs()));
        kept.extend(ends);
    }
    kept
}

/// How often a line changes its direction between up and down.
fn turns(line: &[(f64, f64)]) -> usize {
    let steps = line.windows(2).map(|pair| pair[1].1 - pair[0].1).filter(|step| *step != 0.0);
    let (mut turns, mut before) = (0, 0.0);
    for step in steps {
        turns += usize::from(step * before < 0.0);
        before = step.signum();
    }
    turns
}

/// The total length of several lines.
pub(super) fn length(lines: &[Vec<(f64, f64)>]) -> f64 {
    let steps = lines.iter().flat_map(|line| line.windows(2));
    steps.map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1)).sum()
}

/// A line that looks the same, with fewer points (Douglas and Peucker 1973).
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

/// The parts of a line between 0 and a height, cut at these edges.
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
    fn simplifying_a_line_keeps_only_its_corners() {
        let roof: Vec<(f64, f64)> = (0_i32..=20).map(|x| (f64::from(x), f64::from((x - 10).abs()))).collect();
        assert_eq!(simplified(&roof), [(0.0, 10.0), (10.0, 0.0), (20.0, 10.0)]);
        assert_eq!(simplified(&[(1.0, 1.0)]), [(1.0, 1.0)]);
        assert_eq!(simplified(&[]), []);
    }

    #[test]
    fn thinning_a_column_keeps_its_extremes() {
        let line = [(0.1, 3.0), (0.2, 9.0), (0.3, 0.0), (0.4, 7.0), (0.9, 5.0), (1.1, 2.0), (1.5, 4.0), (1.9, 1.0)];
        assert_eq!(thinned(&line), [(0.3, 0.0), (0.2, 9.0), (1.1, 2.0), (1.5, 4.0), (1.9, 1.0)]);
        let busy: Vec<(f64, f64)> = (0..8).map(|at| (f64::from(at) / 4.0, f64::from(at % 2))).collect();
        assert_eq!(thinned(&busy), [(0.0, 0.0), (0.75, 1.0), (1.75, 1.0), (1.0, 0.0)]);
        // A line that only rises or only falls keeps its points, and so does one with a single peak.
        let steep: Vec<(f64, f64)> = (0..50).map(|at| (f64::from(at) / 100.0, f64::from(at * at))).collect();
        assert_eq!(thinned(&steep), steep);
        assert_eq!(thinned(&[]), []);
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
