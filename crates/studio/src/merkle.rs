//! One hash for a list, by a Merkle tree as RFC 9162, section 2.1.1, makes it: a list that has an entry more, an entry less,
//! another entry or another order has another root.

use sha2::{Digest as _, Sha256};

/// SHA-256 of something.
pub type Hash = [u8; 32];

/// A tree that grows entry by entry. It keeps the roots of its complete parts alone: at most one for each bit of its length.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The largest part, that of the first entries, first.
    parts: Vec<Hash>,
    count: u64,
}

impl Tree {
    /// Adds an entry at the end.
    pub fn push(&mut self, entry: &[u8]) {
        let mut hash = digest(&[&[0], entry]);
        // Two parts of one size become one, as digits carry when a binary number is counted on.
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.parts.pop() {
                hash = node(&left, &hash);
            }
        }
        self.parts.push(hash);
        self.count += 1;
    }

    /// How many entries there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The root; that of an empty list is the hash of nothing.
    pub fn root(&self) -> Hash {
        let parts = self.parts.iter().rev().copied();
        parts.reduce(|right, left| node(&left, &right)).unwrap_or_else(|| digest(&[]))
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[1], left, right])
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}
