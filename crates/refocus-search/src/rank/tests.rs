use super::*;
use crate::condition::Condition;
use crate::find::FindQuery;
use crate::rows::TextEmbedder;
use crate::synthetic::{self, Planted};
use crate::{GalleryStatistics, Subspace};

/// Ranks planted photos, under an instruction where there is one.
fn ranked(planted: &Planted, instruction: Option<&str>, query: Query<'_>) -> Ranking {
    match instruction {
        Some(instruction) => ranked_under(planted, &synthetic::condition(instruction), query),
        None => rank(&planted.gallery(), &query, Work::default()).unwrap().unwrap(),
    }
}

/// Ranks planted photos under a condition.
fn ranked_under(planted: &Planted, condition: &Condition, query: Query<'_>) -> Ranking {
    let gallery = planted.gallery();
    let statistics = GalleryStatistics::compute(&gallery, condition.part, Work::default()).unwrap();
    let subspace = Subspace::new(&synthetic::Model, condition, &statistics).unwrap();
    let embedded = ConditionedGallery::build(&gallery, &subspace, Work::default()).unwrap();
    let focus = Focus {
        embedder: &subspace,
        gallery: &embedded,
    };
    let query = Query {
        focus: Some(focus),
        ..query
    };
    rank(&gallery, &query, Work::default()).unwrap().unwrap()
}

fn like(photo: u32) -> Reference<ReferencePhoto<'static>> {
    Reference {
        source: ReferencePhoto::Photo(photo),
        positive: true,
    }
}

fn unlike(photo: u32) -> Reference<ReferencePhoto<'static>> {
    Reference {
        positive: false,
        ..like(photo)
    }
}

/// A search by references alone.
fn by<'a>(references: &'a [Reference<ReferencePhoto<'a>>]) -> Query<'a> {
    Query {
        references,
        ..Query::default()
    }
}

/// A search by words alone.
fn find(words: &FindVector) -> Query<'_> {
    Query {
        find: Some(words),
        ..Query::default()
    }
}

/// Share of the first `top` photos that have a property.
fn share(ranking: &Ranking, top: usize, has: impl Fn(usize) -> bool) -> f64 {
    ranking.order[..top]
        .iter()
        .filter(|&&photo| has(photo as usize))
        .count() as f64
        / top as f64
}

#[test]
fn each_focus_orders_by_its_own_attribute() {
    let planted = Planted::new(800);
    for reference in [0, 5, 123] {
        let references = [like(reference as u32)];
        let by_colour = ranked(&planted, Some("the colour"), by(&references));
        let by_shape = ranked(&planted, Some("the shape"), by(&references));
        let plain = ranked(&planted, None, by(&references));
        let same_colour = |photo: usize| planted.colours[photo] == planted.colours[reference];
        let same_shape = |photo: usize| planted.shapes[photo] == planted.shapes[reference];
        assert!(share(&by_colour, 60, same_colour) > 0.95);
        assert!(share(&by_colour, 60, same_shape) < 0.6);
        assert!(share(&by_shape, 60, same_shape) > 0.95);
        assert!(share(&by_shape, 60, same_colour) < 0.6);
        assert!(share(&plain, 60, same_colour) < 0.9);
        assert_eq!(by_colour.order[0] as usize, reference);
        assert_eq!((by_colour.way, plain.way), (Way::Subspace, Way::Plain));
    }
}

#[test]
fn strength_zero_is_exactly_the_plain_order() {
    let planted = Planted::new(500);
    let references = [like(3), unlike(9)];
    let plain = ranked(&planted, None, by(&references));
    let none = ranked(
        &planted,
        Some("the colour"),
        Query {
            strength: 0.0,
            ..by(&references)
        },
    );
    assert_eq!(none.order, plain.order);
    assert_eq!(none.score, plain.score);
    assert_eq!(none.way, Way::Plain);
    let ranks = none.plain_rank.unwrap();
    for (place, &photo) in none.order.iter().enumerate() {
        assert_eq!(ranks[photo as usize] as usize, place);
    }
}

#[test]
fn strength_leads_from_plain_to_the_focus() {
    let planted = Planted::new(500);
    let references = [like(3)];
    let focus = ranked(&planted, Some("the colour"), by(&references));
    let shares = [0.0, 0.5, 1.0].map(|strength| {
        let ranking = ranked(
            &planted,
            Some("the colour"),
            Query {
                strength,
                ..by(&references)
            },
        );
        share(&ranking, 60, |photo| planted.colours[photo] == planted.colours[3])
    });
    assert!(shares[0] + 0.2 < shares[1] && shares[0] + 0.2 < shares[2], "{shares:?}");
    assert_eq!(focus.score, focus.conditional_score.unwrap());
}

#[test]
fn a_negative_reference_pushes_its_like_away() {
    let planted = Planted::new(600);
    let (wanted, unwanted) = (0, planted.first_with_colour_other_than(0));
    let mean_place = |references: &[Reference<ReferencePhoto<'_>>]| {
        let ranking = ranked(
            &planted,
            Some("the colour"),
            Query {
                references,
                ..Query::default()
            },
        );
        let places = ranking
            .order
            .iter()
            .enumerate()
            .filter(|(_, photo)| planted.colours[**photo as usize] == planted.colours[unwanted])
            .map(|(place, _)| place as f64)
            .collect::<Vec<_>>();
        places.iter().sum::<f64>() / places.len() as f64
    };
    let without = mean_place(&[like(wanted as u32)]);
    let with = mean_place(&[like(wanted as u32), unlike(unwanted as u32)]);
    let only = mean_place(&[unlike(unwanted as u32)]);
    assert!(with > without + 20.0 && only > without, "{without} {with} {only}");
}

#[test]
fn find_orders_by_match_and_minus_counts_against() {
    let planted = Planted::new(400);
    let words = |text: &str| {
        let query = FindQuery::parse(text);
        let vectors = synthetic::Embedder.embed(&query.texts()).unwrap();
        FindVector::new(&query, &vectors, &synthetic::Model).unwrap()
    };
    let red = words("red");
    let ranking = ranked(&planted, None, find(&red));
    assert!(share(&ranking, 40, |photo| planted.colours[photo] == 0) > 0.95);
    assert_eq!(ranking.way, Way::Text);
    assert!(ranking.plain_rank.is_none());
    let not_red = words("-red");
    let ranking = ranked(&planted, None, find(&not_red));
    assert_eq!(share(&ranking, 40, |photo| planted.colours[photo] == 0), 0.0);
    // With a reference: shapes like the reference's, and among them red ones.
    let references = [like(1)];
    let both = ranked(
        &planted,
        Some("the shape"),
        Query {
            references: &references,
            ..find(&red)
        },
    );
    let top = share(&both, 10, |p| {
        planted.shapes[p] == planted.shapes[1] && planted.colours[p] == 0
    });
    assert!(top > 0.9, "{top}");
    // Without one, the words stand for it.
    let words_only = ranked(&planted, Some("the colour"), find(&red));
    assert!(share(&words_only, 40, |photo| planted.colours[photo] == 0) > 0.95);
    assert!(words_only.plain_score.is_none() && words_only.conditional_score.is_some());
}

/// A focus beside words asks for no likeness: it must not bury what the words say.
#[test]
fn a_focus_beside_words_leaves_the_order_to_the_words() {
    let planted = Planted::new(800);
    let query = FindQuery::parse("red square");
    let vectors = synthetic::Embedder.embed(&query.texts()).unwrap();
    let words = FindVector::new(&query, &vectors, &synthetic::Model).unwrap();
    let is_both = |photo: usize| {
        synthetic::COLOURS[planted.colours[photo]] == "red" && synthetic::SHAPES[planted.shapes[photo]] == "square"
    };
    let alone = share(&ranked(&planted, None, find(&words)), 20, is_both);
    assert!(alone > 0.9, "{alone}");
    for focus in ["the shape", "the colour"] {
        let focused = ranked(&planted, Some(focus), find(&words));
        assert!(share(&focused, 20, is_both) >= alone - 0.05, "{focus}");
        let no_strength = Query {
            strength: 0.0,
            ..find(&words)
        };
        let unfocused = ranked(&planted, Some(focus), no_strength);
        assert_eq!(unfocused.order, ranked(&planted, None, find(&words)).order);
    }
    // What answers the focus is ordered by it.
    let red = FindQuery::parse("red");
    let vectors = synthetic::Embedder.embed(&red.texts()).unwrap();
    let red = FindVector::new(&red, &vectors, &synthetic::Model).unwrap();
    let agreement = |answered: f32| {
        let query = Query { answered, ..find(&red) };
        let ranking = ranked(&planted, Some("the colour"), query);
        let by_focus = ranking.conditional_score.unwrap();
        let first: f32 = ranking
            .order
            .iter()
            .take(100)
            .map(|photo| by_focus[*photo as usize])
            .sum();
        first
    };
    assert!(agreement(1.0) > agreement(0.0));
    let without_weight = Query {
        find_weight: 0.0,
        ..find(&words)
    };
    let focus_alone = ranked(&planted, Some("the shape"), without_weight);
    assert!(
        share(&focus_alone, 20, is_both) < 0.5,
        "without a weight of the match the focus alone decides"
    );
}

#[test]
fn photos_that_cannot_be_ranked_stand_last_and_the_rest_of_the_library_stays_out() {
    let planted = Planted::new(300);
    let mut bytes = planted.bytes;
    bytes[5 * synthetic::BYTES..6 * synthetic::BYTES].copy_from_slice(&synthetic::not_a_number());
    let encoded = (0..300).map(|photo| photo % 10 != 7).collect::<Vec<_>>();
    let subset = (0..300).map(|photo| photo < 100).collect::<Vec<_>>();
    let gallery = Gallery::new(&synthetic::Model, &bytes, Some(&encoded)).unwrap();
    let query = Query {
        references: &[like(0)],
        subset: Some(&subset),
        ..Query::default()
    };
    let ranking = rank(&gallery, &query, Work::default()).unwrap().unwrap();
    assert_eq!((ranking.order.len(), ranking.ranked), (100, 89));
    assert_eq!(ranking.order[89..], [5, 7, 17, 27, 37, 47, 57, 67, 77, 87, 97]);
    assert!(
        ranking.order[89..]
            .iter()
            .all(|&photo| ranking.score[photo as usize] == NO_SCORE)
    );
    assert_eq!(ranking.plain_rank.unwrap()[200], NO_RANK);
}

#[test]
fn equal_photos_keep_their_place_whatever_the_threads() {
    let planted = Planted::new(2);
    let bytes = planted.bytes[..synthetic::BYTES].repeat(1000);
    let gallery = Gallery::new(&synthetic::Model, &bytes, None).unwrap();
    for threads in [1, 2, 5] {
        let references = [like(500)];
        let query = by(&references);
        let ranking = rank(
            &gallery,
            &query,
            Work {
                threads,
                ..Work::default()
            },
        )
        .unwrap()
        .unwrap();
        assert_eq!(ranking.order, (0..1000).collect::<Vec<_>>());
    }
}

#[test]
fn wrong_input_is_an_error_and_an_empty_library_an_empty_order() {
    let planted = Planted::new(10);
    let gallery = planted.gallery();
    let run = |query: &Query<'_>| rank(&gallery, query, Work::default());
    let reference = |source| [Reference { source, positive: true }];
    let absent = reference(ReferencePhoto::Photo(10));
    assert!(matches!(run(&by(&absent)), Err(FocusError::NoSuchPhoto { .. })));
    let short = reference(ReferencePhoto::Outside(&[1, 2, 3]));
    assert!(matches!(run(&by(&short)), Err(FocusError::RowLength { .. })));
    assert!(
        run(&Query {
            subset: Some(&[true]),
            ..Query::default()
        })
        .is_err()
    );
    assert!(Gallery::new(&synthetic::Model, &[0; synthetic::BYTES + 1], None).is_err());
    assert!(Gallery::new(&synthetic::Model, &[], Some(&[true])).is_err());
    let encoded = [false; 10];
    let waiting = Gallery::new(&synthetic::Model, &planted.bytes, Some(&encoded)).unwrap();
    let references = [like(1)];
    let query = by(&references);
    assert!(matches!(
        rank(&waiting, &query, Work::default()),
        Err(FocusError::NotEncoded(1))
    ));
    let nothing = Gallery::new(&synthetic::Model, &[], None).unwrap();
    let ranking = rank(&nothing, &Query::default(), Work::default()).unwrap().unwrap();
    assert!(ranking.order.is_empty() && ranking.ranked == 0);
}

#[test]
fn nothing_asked_is_the_library_in_its_own_order() {
    let planted = Planted::new(10);
    let ranking = rank(&planted.gallery(), &Query::default(), Work::default())
        .unwrap()
        .unwrap();
    assert_eq!((ranking.order, ranking.ranked), ((0..10).collect::<Vec<_>>(), 0));
}

#[test]
fn a_condition_without_direction_ranks_without_a_panic() {
    let planted = Planted::new(20);
    let empty = crate::EditedWords {
        words: &[],
        vectors: &[],
    };
    let condition = synthetic::condition_with("the colour", Some(empty));
    let ranking = ranked_under(&planted, &condition, by(&[like(4)]));
    assert_eq!(ranking.order.len(), 20);
}

#[test]
fn a_stale_ranking_gives_nothing() {
    let planted = Planted::new(1000);
    let references = [like(0)];
    let query = by(&references);
    let work = Work {
        threads: 2,
        stale: &|| true,
    };
    assert!(rank(&planted.gallery(), &query, work).unwrap().is_none());
}

#[test]
fn keys_sort_every_kind_of_score() {
    let scores = [3.0, 0.0, -0.0, -1e-30, 1e-30, f32::MAX, f32::MIN, f32::NAN, NO_SCORE];
    let (order, ranked) = sorted(&scores, None);
    assert_eq!((order, ranked), (vec![5, 0, 4, 1, 2, 3, 6, 7, 8], 7));
}
