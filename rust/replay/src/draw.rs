/// The `SplitMix64` increment, 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Draws k distinct positions, or all where there are fewer, each time with odds in proportion to the weights that remain.
///
/// Draw `j` hashes `(seed, j)` to 64 bits, maps them onto the total `t` of the remaining weights as `hash * t / 2^64`
/// rounded down, and takes the first remaining position whose running sum of weights, in the given order, exceeds that.
/// The hash is `mix(mix(seed) + (j + 1) * 0x9e3779b97f4a7c15)` modulo 2^64 with the finaliser of `SplitMix64` (Steele, Lea
/// and Flood, 2014) as `mix`. These two sentences fix every draw; a faster tree gives the same. Odds are off by less than
/// `t / 2^64`.
///
/// A weight of 0 is never drawn. The weights must sum to less than 2^64.
///
/// Runs in O(n + k log n) time and O(n) memory.
///
/// # Examples
///
/// ```
/// use qwenlong_replay::draw_weighted;
///
/// let drawn = draw_weighted(&[1, 1, 1_000_000], 2, 7);
/// assert_eq!(drawn[0], 2);
/// assert_eq!(draw_weighted(&[1, 1, 1_000_000], 3, 7)[..2], drawn); // a longer draw begins with the shorter
/// ```
#[must_use]
pub fn draw_weighted(weights: &[u64], k: usize, seed: u64) -> Vec<usize> {
    let mut tree = Fenwick::new(weights);
    let mut total: u64 = weights.iter().sum();
    let mut drawn = Vec::with_capacity(k.min(weights.len()));
    let mut index = 0;
    while drawn.len() < k && total > 0 {
        let position = tree.first_above(scale(hash(seed, index), total));
        tree.subtract(position, weights[position]);
        total -= weights[position];
        drawn.push(position);
        index += 1;
    }
    drawn
}

fn hash(seed: u64, index: u64) -> u64 {
    mix(mix(seed).wrapping_add(index.wrapping_add(1).wrapping_mul(GOLDEN)))
}

/// The finaliser of `SplitMix64`.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Uniform bits onto `0..total`.
fn scale(bits: u64, total: u64) -> u64 {
    ((u128::from(bits) * u128::from(total)) >> 64) as u64
}

/// Running sums that can be changed and searched in O(log n): node `i`, counted from 1, holds the sum of the `i & -i`
/// weights that end with it.
struct Fenwick {
    nodes: Vec<u64>,
}

impl Fenwick {
    fn new(weights: &[u64]) -> Self {
        let mut nodes = Vec::with_capacity(weights.len() + 1);
        nodes.push(0);
        nodes.extend_from_slice(weights);
        for node in 1..nodes.len() {
            let parent = node + (node & node.wrapping_neg());
            if parent < nodes.len() {
                nodes[parent] += nodes[node];
            }
        }
        Self { nodes }
    }

    fn subtract(&mut self, position: usize, weight: u64) {
        let mut node = position + 1;
        while node < self.nodes.len() {
            self.nodes[node] -= weight;
            node += node & node.wrapping_neg();
        }
    }

    /// The first position whose running sum exceeds `target`, which is below the total.
    fn first_above(&self, mut target: u64) -> usize {
        let mut node = 0;
        let mut stride = self.nodes.len().next_power_of_two();
        while stride > 0 {
            let next = node + stride;
            if next < self.nodes.len() && self.nodes[next] <= target {
                target -= self.nodes[next];
                node = next;
            }
            stride >>= 1;
        }
        node
    }
}
