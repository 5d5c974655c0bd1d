//! One-to-one assignment with the largest total.

/// The score each row has in the assignment with the largest total; 0 for a row without a column.
///
/// Shortest augmenting paths after Crouse (2016), as in `scipy.optimize.linear_sum_assignment`: also among assignments
/// of equal total the one that scipy finds, since sums of the same scores in another order may differ in their last
/// bit. O(m² n) where m is the smaller side.
pub(super) fn align(rows: usize, columns: usize, score: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut aligned = vec![0.0_f64; rows];
    if rows <= columns {
        for (row, column) in assign(rows, columns, |row, column| -score(row, column)).into_iter().enumerate()
        {
            aligned[row] = score(row, column).max(0.0);
        }
    } else {
        for (column, row) in assign(columns, rows, |column, row| -score(row, column)).into_iter().enumerate()
        {
            aligned[row] = score(row, column).max(0.0);
        }
    }
    aligned
}

/// The column of every row at the least total cost; there are no more rows than columns.
fn assign(rows: usize, columns: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut matching = Matching {
        column_of: vec![None; rows],
        row_of: vec![None; columns],
        row_price: vec![0.0; rows],
        column_price: vec![0.0; columns],
    };
    for row in 0..rows {
        let path = Path::from(row, &matching, &cost);
        matching.reprice(row, &path);
        matching.augment(row, &path);
    }
    matching.column_of.into_iter().flatten().collect()
}

/// A matching of the rows so far, with the prices that prove it the cheapest.
struct Matching {
    column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
}

impl Matching {
    fn reprice(&mut self, start: usize, path: &Path) {
        self.row_price[start] += path.length;
        for &column in &path.reached {
            let slack = path.length - path.distance[column];
            self.column_price[column] -= slack;
            if let Some(row) = self.row_of[column] {
                self.row_price[row] += slack;
            }
        }
    }

    /// Along the path every row takes the column the path came to; the row before it gets the one that becomes free.
    fn augment(&mut self, start: usize, path: &Path) {
        let mut column = path.end;
        loop {
            let row = path.before[column];
            self.row_of[column] = Some(row);
            let freed = self.column_of[row].replace(column);
            match freed {
                Some(freed) if row != start => column = freed,
                _ => return,
            }
        }
    }
}

/// The shortest way from a row to a column that is still free.
struct Path {
    length: f64,
    end: usize,
    /// The row from which each column is reached.
    before: Vec<usize>,
    distance: Vec<f64>,
    /// The columns that are nearer than the end, and the end.
    reached: Vec<usize>,
}

impl Path {
    fn from(start: usize, matching: &Matching, cost: impl Fn(usize, usize) -> f64) -> Self {
        let columns = matching.row_of.len();
        let (mut before, mut distance) = (vec![start; columns], vec![f64::INFINITY; columns]);
        let mut reached = Vec::new();
        // From the last to the first, and a free column goes before others as near: scipy's choice among equals.
        let mut waiting: Vec<usize> = (0..columns).rev().collect();
        let (mut row, mut length) = (start, 0.0);
        loop {
            let (mut nearest, mut least) = (0, f64::INFINITY);
            for (place, &column) in waiting.iter().enumerate() {
                let through =
                    length + cost(row, column) - matching.row_price[row] - matching.column_price[column];
                if through < distance[column] {
                    before[column] = row;
                    distance[column] = through;
                }
                let free = matching.row_of[column].is_none();
                if distance[column] < least || distance[column] <= least && free {
                    (nearest, least) = (place, distance[column]);
                }
            }
            let end = waiting.swap_remove(nearest);
            length = least;
            reached.push(end);
            match matching.row_of[end] {
                Some(next) => row = next,
                None => return Self { length, end, before, distance, reached },
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "sums of small whole numbers")]
mod tests {
    use super::*;

    #[test]
    fn the_largest_total_is_found_where_greed_fails() {
        let scores = [[0.9, 0.8], [0.8, 0.1]];
        assert_eq!(align(2, 2, |row, column| scores[row][column]), [0.8, 0.8]);
        let tall = [[0.9], [1.0], [0.2]];
        assert_eq!(align(3, 1, |row, column| tall[row][column]), [0.0, 1.0, 0.0]);
        assert_eq!(align(1, 3, |_, row| tall[row][0]), [1.0]);
        assert_eq!(align(2, 0, |_, _| 1.0), [0.0, 0.0]);
        assert_eq!(align(0, 2, |_, _| 1.0), [] as [f64; 0]);
    }

    /// The best total over all permutations.
    fn brute(scores: &[Vec<f64>], row: usize, taken: &mut Vec<bool>) -> f64 {
        if row == scores.len() {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        for column in 0..taken.len() {
            if !taken[column] {
                taken[column] = true;
                best = best.max(scores[row][column] + brute(scores, row + 1, taken));
                taken[column] = false;
            }
        }
        best
    }

    #[test]
    fn totals_are_those_of_all_permutations() {
        let mut seed = 7_u32;
        for case in 0..300 {
            let (rows, columns) = (1 + case % 4, 4 + case % 3);
            let scores: Vec<Vec<f64>> = (0..rows)
                .map(|_| {
                    (0..columns)
                        .map(|_| {
                            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                            f64::from(seed >> 29)
                        })
                        .collect()
                })
                .collect();
            let best = brute(&scores, 0, &mut vec![false; columns]);
            let wide: f64 = align(rows, columns, |row, column| scores[row][column]).iter().sum();
            let tall: f64 = align(columns, rows, |column, row| scores[row][column]).iter().sum();
            assert_eq!([wide, tall], [best; 2]);
        }
    }
}
