//! Receipts and slips: codes that stand for what somebody said, in place of a name.
//!
//! A receipt is derived from the id of its response, a slip is drawn by chance and handed out before anything is said.
//! Neither is stored: what is kept is a keyed digest, by which a code that is shown finds what it stands for, and nothing
//! in the database leads back from there to the code.

use super::keys;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Letters and digits of slips that no handwriting confuses: no 0, O, 1, I, L, U or V. They are 29, a prime, so that the
/// check letter finds every letter that was misread and every two that changed places.
const LETTERS: &[u8; 29] = b"23456789ABCDEFGHJKMNPQRSTWXYZ";
/// Letters of a slip that are drawn by chance: 53 bits, behind a throttle.
const DRAWN: usize = 11;
/// Letters of a receipt.
const RECEIPT: usize = 16;

/// What derives receipts, and digests of receipts and slips.
#[derive(Clone)]
pub struct Receipts {
    secret: Vec<u8>,
}

impl std::fmt::Debug for Receipts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipts").finish_non_exhaustive()
    }
}

/// A code as it was shown, without what hands and printers add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The receipt of a response.
    Receipt(String),
    /// A slip from a table.
    Slip(String),
}

impl Shown {
    /// Reads a code, however it is spaced and cased; nothing where it can be neither.
    pub fn read(code: &str) -> Option<Self> {
        let plain: String = code
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        match plain.chars().count() {
            RECEIPT => {
                let meant = plain.chars().map(|letter| match letter {
                    'O' => '0',
                    'I' | 'L' => '1',
                    letter => letter,
                });
                Some(Self::Receipt(meant.collect()))
            }
            letters if letters == DRAWN + 1 => {
                let (drawn, check) = plain.split_at_checked(DRAWN)?;
                (check_letter(drawn)?.to_string() == check).then_some(Self::Slip(plain))
            }
            _ => None,
        }
    }
}

/// The letter that makes the sum of all letters, each times its place, a multiple of their number.
fn check_letter(drawn: &str) -> Option<char> {
    let mut sum = 0;
    for (at, letter) in drawn.bytes().enumerate() {
        sum += (at + 1) * LETTERS.iter().position(|known| *known == letter)?;
    }
    LETTERS.get(sum % LETTERS.len()).map(|letter| char::from(*letter))
}

/// A new slip's code, drawn by chance, in fours.
pub fn new_slip() -> String {
    let mut drawn = String::with_capacity(DRAWN);
    while drawn.len() < DRAWN {
        for byte in crate::clock::random_bytes::<32>() {
            // Bytes beyond the last whole round of letters would make the first ones likelier.
            let fair = usize::from(byte) < 256 / LETTERS.len() * LETTERS.len();
            if let Some(letter) = LETTERS
                .get(usize::from(byte) % LETTERS.len())
                .filter(|_| fair && drawn.len() < DRAWN)
            {
                drawn.push(char::from(*letter));
            }
        }
    }
    drawn.extend(check_letter(&drawn));
    in_fours(&drawn)
}

fn in_fours(plain: &str) -> String {
    let letters: Vec<char> = plain.chars().collect();
    let fours: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    fours.join("-")
}

impl Receipts {
    /// With the key that receipts are made with.
    pub fn new(secret: Vec<u8>) -> Self {
        Self { secret }
    }

    /// The receipt of what has this id, always the same.
    pub fn of(&self, id: Uuid) -> String {
        keys::receipt(&self.secret, "receipt", id)
    }

    /// What is stored of the receipt of what has this id.
    pub fn digest_of(&self, id: Uuid) -> String {
        self.digest(&self.of(id).replace('-', ""))
    }

    /// What is stored of a code that is read.
    pub fn digest(&self, code: &str) -> String {
        let mut mac = self.mac();
        mac.update(b"look-up");
        mac.update(code.as_bytes());
        crate::http::digest::hex(&mac.finalize().into_bytes())
    }

    /// Whether a receipt that is read is that of this id. Takes as long for a wrong one as for the right one.
    pub fn is_of(&self, receipt: &str, id: Uuid) -> bool {
        let hashed = |code: &str| {
            let mut mac = self.mac();
            mac.update(code.as_bytes());
            mac.finalize()
        };
        // Comparing what `finalize` gives takes constant time.
        hashed(receipt) == hashed(&self.of(id).replace('-', ""))
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.secret)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_however_it_is_written() {
        let receipts = Receipts::new(vec![7; 32]);
        let id = Uuid::from_u128(1);
        let receipt = receipts.of(id);
        let plain = receipt.replace('-', "");
        for written in [
            receipt.clone(),
            receipt.to_lowercase(),
            receipt.replace('-', " "),
            receipt.replace('0', "o").replace('1', "l"),
        ] {
            assert_eq!(
                Shown::read(&written),
                Some(Shown::Receipt(plain.clone())),
                "{written}"
            );
        }
        assert!(receipts.is_of(&plain, id) && !receipts.is_of(&plain, Uuid::from_u128(2)));
        assert_eq!(receipts.digest(&plain), receipts.digest_of(id));
    }

    #[test]
    fn a_slip_that_was_misread_is_none() {
        for _ in 0..50 {
            let slip = new_slip();
            assert_eq!(slip.len(), 14, "{slip}");
            let plain: Vec<char> = slip.replace('-', "").chars().collect();
            assert_eq!(Shown::read(&slip), Some(Shown::Slip(plain.iter().collect())));
            for at in 0..plain.len() {
                for letter in LETTERS.iter().map(|letter| char::from(*letter)) {
                    let mut misread = plain.clone();
                    misread[at] = letter;
                    let known = Shown::read(&misread.iter().collect::<String>()).is_some();
                    assert_eq!(known, misread == plain, "{slip} read as {misread:?}");
                }
            }
            for at in 1..plain.len() {
                let mut swapped = plain.clone();
                swapped.swap(at - 1, at);
                let known = Shown::read(&swapped.iter().collect::<String>()).is_some();
                assert_eq!(known, swapped == plain, "{slip} read as {swapped:?}");
            }
        }
    }
}
