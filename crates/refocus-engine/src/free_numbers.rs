//! Row numbers of photos that have gone, until they may mean other photos.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Weak;

use super::rows::Rows;

/// The numbers of rows that have gone. A number is used again when all rows and orders are dropped that were made while its photo
/// was there: so no order, however old, ever shows a photo that it does not mean.
#[derive(Default)]
pub(super) struct FreeNumbers {
    /// Freed since rows were published last: the next snapshot is the first one that does not mean them.
    fresh: Vec<u32>,
    /// Freed before, and whether the newest rows that mean them are held still. Rows of an earlier entry are older.
    waiting: VecDeque<(Weak<()>, Vec<u32>)>,
    /// Meant by nobody.
    free: BTreeSet<u32>,
}

impl FreeNumbers {
    /// The photo of this number has gone.
    pub(super) fn release(&mut self, number: u32) {
        self.fresh.push(number);
    }

    /// These rows are about to be published, and those before them no more.
    pub(super) fn publish(&mut self, rows: &mut Rows) {
        if !self.fresh.is_empty() {
            let before = rows.in_use().observe();
            self.waiting.push_back((before, std::mem::take(&mut self.fresh)));
            rows.renew_in_use();
        }
    }

    /// A number that may be used, the smallest one: so that what is left of a library that shrank lies close together.
    pub(super) fn take(&mut self) -> Option<u32> {
        while let Some((_, numbers)) = self.waiting.pop_front_if(|(held, _)| held.strong_count() == 0) {
            self.free.extend(numbers);
        }
        self.free.pop_first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_free_when_all_that_could_mean_it_is_dropped() {
        let (mut numbers, mut rows) = (FreeNumbers::default(), Rows::default());
        let told = rows.clone();
        numbers.release(4);
        assert_eq!(numbers.take(), None, "the newest rows mean it");
        numbers.publish(&mut rows);
        let later = rows.clone();
        numbers.release(3);
        numbers.publish(&mut rows);
        assert_eq!(numbers.take(), None);
        drop(later);
        assert_eq!(numbers.take(), None, "older rows are held, which mean both");
        let order = told.in_use();
        drop(told);
        assert_eq!(numbers.take(), None, "an order is held that was made of them");
        drop(order);
        assert_eq!(
            (numbers.take(), numbers.take(), numbers.take()),
            (Some(3), Some(4), None)
        );
    }
}
