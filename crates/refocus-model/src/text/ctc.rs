//! From the recogniser's classes at each step to text: greedy decoding of connectionist temporal classification (CRNN, arXiv
//! 1507.05717, section 2.3.1).

/// The class that stands for no character.
pub(super) const BLANK: usize = 0;

/// The likeliest class of a step and its probability, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) class: usize,
    pub(super) probability: f32,
}

/// The text of a line, in which each class that follows itself counts once, and the mean probability of the steps that count; 0 for
/// no text. `characters` are those of the classes from 1 on.
pub(super) fn decoded(steps: &[Step], characters: &[char]) -> (String, f32) {
    let (mut text, mut sum, mut count) = (String::new(), 0.0, 0u16);
    let mut before = BLANK;
    for step in steps {
        if step.class != BLANK && step.class != before {
            text.extend(characters.get(step.class - 1));
            sum += step.probability;
            count += 1;
        }
        before = step.class;
    }
    if count == 0 {
        return (String::new(), 0.0);
    }
    (text, sum / f32::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_classes_are_one_character_unless_a_blank_stands_between() {
        let step = |class, probability| Step { class, probability };
        let characters = ['a', 'b', ' '];
        let steps = [
            step(0, 0.9),
            step(1, 1.0),
            step(1, 0.5),
            step(0, 0.9),
            step(1, 0.8),
            step(3, 0.6),
            step(2, 0.6),
            step(2, 0.1),
        ];
        let (text, confidence) = decoded(&steps, &characters);
        assert_eq!(text, "aa b");
        assert!((confidence - 0.75).abs() < 1e-6, "{confidence}");
        assert_eq!(decoded(&[step(0, 0.9); 3], &characters), (String::new(), 0.0));
        assert_eq!(decoded(&[], &characters), (String::new(), 0.0));
        // A class without a character is left out, not an error.
        assert_eq!(decoded(&[step(9, 0.5)], &characters).0, "");
    }
}
