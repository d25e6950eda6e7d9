//! Chance that can be done again: numbers that look random and follow from a seed.
//!
//! SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), because a figure that was drawn
//! must be drawn again from the seed that stands beside it, in ten years and in any language. Refused: a library's
//! generator, which may be another in the next version. Not for secrets.

/// A stream of numbers that follows from its seed.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The stream of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From nothing to one less than `count`, all as likely as each other (to one part in 2^64 / `count`).
    pub const fn below(&mut self, count: usize) -> usize {
        ((self.draw() as u128 * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_generator() {
        // The first numbers of seed 1234567, as published with Vigna's reference implementation.
        let mut chance = Chance::new(1_234_567);
        let drawn = [chance.draw(), chance.draw(), chance.draw()];
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn every_place_is_drawn_about_as_often() {
        let mut chance = Chance::new(1);
        let mut drawn = [0_u32; 7];
        for _ in 0..70_000 {
            drawn[chance.below(7)] += 1;
        }
        assert!(
            drawn.iter().all(|count| (9_700..10_300).contains(count)),
            "{drawn:?}"
        );
    }
}
