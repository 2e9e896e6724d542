use super::*;
use crate::rows::TextEmbedder;
use crate::synthetic;

#[test]
fn the_words_of_the_named_aspect_answer_the_instruction() {
    let condition = synthetic::condition("the colour");
    assert_eq!(condition.words.len(), synthetic::COLOURS.len());
    assert!(
        condition
            .words
            .iter()
            .all(|word| synthetic::COLOURS.contains(&word.text.as_str()))
    );
    assert!(condition.notice.is_none());
    assert!((1..synthetic::COLOURS.len()).contains(&condition.directions()));
}

#[test]
fn two_aspects_bring_both_word_lists_with_equal_weight() {
    let condition = synthetic::condition("colour and shape");
    assert_eq!(
        condition.words.len(),
        synthetic::COLOURS.len() + synthetic::SHAPES.len()
    );
    for question in 0..2 {
        let weight = condition
            .words
            .iter()
            .filter(|w| w.question == question)
            .map(|w| w.weight)
            .sum::<f32>();
        assert!((weight - 0.5).abs() < 1e-5);
    }
}

#[test]
fn an_unknown_instruction_falls_back_to_nearest_words_and_says_so() {
    let condition = synthetic::condition("zyzzyva quux");
    assert_eq!(condition.notice, Some(Notice::NotEnglish));
    let condition = synthetic::condition("teapots");
    assert_eq!(condition.notice, Some(Notice::Unfamiliar));
    assert!(
        condition.words.iter().any(|word| word.text == "teapot"),
        "{:?}",
        condition.words
    );
    assert!(condition.aspects.is_empty());
    assert!(condition.directions() > 0);
}

#[test]
fn edited_words_replace_those_of_the_bank() {
    let words = ["red", "blue", " Red ", ""].map(str::to_owned);
    let vectors = synthetic::Embedder
        .embed(&words.each_ref().map(String::as_str))
        .unwrap();
    let condition = synthetic::condition_with(
        "the colour",
        Some(EditedWords {
            words: &words,
            vectors: &vectors,
        }),
    );
    assert_eq!(
        condition.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>(),
        ["red", "blue"]
    );
    assert_eq!(condition.directions(), 2);
    assert_eq!(condition.confidence, 1.0);
}

#[test]
fn no_words_or_unusable_words_say_that_there_is_no_direction() {
    let none = synthetic::condition_with(
        "the colour",
        Some(EditedWords {
            words: &[],
            vectors: &[],
        }),
    );
    assert_eq!((none.dim(), none.notice), (0, Some(Notice::NoDirection)));
    let words = ["red".to_owned()];
    let vectors = vec![f32::NAN; synthetic::TEXT_DIM];
    let unusable = synthetic::condition_with(
        "the colour",
        Some(EditedWords {
            words: &words,
            vectors: &vectors,
        }),
    );
    assert_eq!(unusable.notice, Some(Notice::NoDirection));
    assert!(unusable.embed_text(&[1.0; synthetic::TEXT_DIM]).is_empty());
}

#[test]
fn a_word_lies_in_its_own_direction() {
    let condition = synthetic::condition("the colour");
    let dim = condition.dim();
    for (word, vector) in condition.word_vectors().chunks_exact(synthetic::TEXT_DIM).enumerate() {
        let embedded = condition.embed_text(vector);
        let nearest = (0..condition.words.len())
            .max_by(|&a, &b| {
                let along = |w: usize| dot(&embedded, &condition.word_directions()[w * dim..(w + 1) * dim]);
                along(a).total_cmp(&along(b))
            })
            .unwrap();
        assert_eq!(nearest, word);
    }
}

#[test]
fn an_instruction_about_the_background_compares_backgrounds() {
    assert_eq!(
        synthetic::condition("the colour of the background").part,
        Part::Background
    );
    assert_eq!(synthetic::condition("the colour").part, Part::Foreground);
}

#[test]
fn vectors_of_another_text_space_are_refused() {
    let bank = synthetic::bank();
    let instruction = Instruction::parse("the colour");
    assert!(Condition::new(&bank, &synthetic::Model, &instruction, &[1.0; 7], None).is_err());
}
