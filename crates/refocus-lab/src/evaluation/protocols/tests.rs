//! Small folders in the published formats, with scores worked out by hand.

use super::*;

/// Scores from tables: likeness by distance of the pictures' numbers, matches by a rule of the test.
struct ByRule<F: Fn(&str, u32) -> f32>(F);

impl<F: Fn(&str, u32) -> f32> Scored for ByRule<F> {
    fn likeness(&self, query: u32, others: &[u32]) -> Vec<f32> {
        others
            .iter()
            .map(|other| -(f64::from(query) - f64::from(*other)).abs() as f32)
            .collect()
    }

    fn matches(&self, text: &str, pictures: &[u32]) -> Result<Vec<f32>, EvaluationError> {
        Ok(pictures.iter().map(|picture| (self.0)(text, *picture)).collect())
    }
}

fn report(protocol: &Protocol, rule: impl Fn(&str, u32) -> f32) -> BTreeMap<String, f64> {
    let scored = ByRule(rule);
    let mut scores = Vec::new();
    for question in &protocol.questions {
        for (measure, score) in question.score(&scored).unwrap() {
            scores.push((question.group.clone(), measure, score));
        }
    }
    means(scores)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(dir: &Path, name: &str, text: &str) {
    let file = dir.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

#[test]
fn sugarcrepe_counts_captions_that_score_above_their_negatives() {
    let dir = folder();
    write(dir.path(), "val2017/1.jpg", "");
    write(
        dir.path(),
        "add_obj.json",
        r#"{"0": {"filename": "1.jpg", "caption": "aa", "negative_caption": "a"},
            "1": {"filename": "2.jpg", "caption": "b", "negative_caption": "bb"}}"#,
    );
    write(
        dir.path(),
        "data/swap_att.json",
        r#"{"0": {"filename": "1.jpg", "caption": "ccc", "negative_caption": "cc"}}"#,
    );
    let protocol = sugarcrepe::read(dir.path()).unwrap();
    assert_eq!((protocol.pictures.len(), protocol.questions.len()), (2, 3));
    // The longer text scores higher: one of two, and one of one.
    let report = report(&protocol, |text, _| text.len() as f32);
    assert_eq!(report["add_obj accuracy"], 0.5);
    assert_eq!(report["swap_att accuracy"], 1.0);
    assert_eq!(report["average accuracy"], 0.75);
}

#[test]
fn mmvp_counts_pairs_in_which_both_statements_find_their_picture() {
    let dir = folder();
    std::fs::create_dir_all(dir.path().join("MLLM_VLM Images/Texts")).unwrap();
    write(
        dir.path(),
        "Questions.csv",
        "Question ID,Type,Statement\n1,Texts,first\n2,Texts,second\n3,Texts,first\n4,Texts,\"first, too\"\n",
    );
    let protocol = mmvp_vlm::read(dir.path()).unwrap();
    assert!(protocol.pictures[1].path.ends_with("MLLM_VLM Images/Texts/2.jpg"));
    // A statement with "first" goes to the picture of the smaller number: right for pair one, half right for pair two.
    let report = report(&protocol, |text, picture| {
        let first = text.starts_with("a photo of first");
        if first == (picture % 2 == 0) { 1.0 } else { 0.0 }
    });
    assert_eq!(report["Texts accuracy"], 0.5);
}

#[test]
fn genecis_ranks_the_target_in_its_gallery_and_leaves_out_galleries_of_other_sizes() {
    let dir = folder();
    std::fs::create_dir_all(dir.path().join("val2017")).unwrap();
    std::fs::create_dir_all(dir.path().join("VG_100K")).unwrap();
    let place = |id: u32| format!(r#"{{"val_image_id": {id}, "image_id": 7}}"#);
    let template = |reference: u32, target: u32, gallery: &[u32]| {
        let gallery: Vec<String> = gallery.iter().map(|id| place(*id)).collect();
        format!(
            r#"{{"reference": {}, "target": {}, "gallery": [{}], "condition": "beach"}}"#,
            place(reference),
            place(target),
            gallery.join(",")
        )
    };
    // Pictures get their numbers in this order, and likeness is nearness of numbers.
    let templates = [
        template(10, 11, &[12, 13, 14]), // target nearest: place 1
        template(11, 14, &[10, 12, 13]), // 0 | 1 2 3 4: query 1, target 4, others 0, 2, 3: place 4
        template(10, 12, &[11, 13, 14]), // query 0, target 2, others 1, 3, 4: place 2
        template(10, 12, &[11]),
    ];
    write(
        dir.path(),
        "genecis/focus_object.json",
        &format!("[{}]", templates.join(",")),
    );
    write(
        dir.path(),
        "change_attribute.json",
        r#"[{"reference": {"image_id": 5, "instance_bbox": [1, 2, 3, 4]}, "target": {"image_id": 6, "instance_bbox": [0, 0, 9, 9]},
            "gallery": [{"image_id": 5, "instance_bbox": [9, 9, 2, 2]}], "condition": "red"}]"#,
    );
    let protocol = genecis::read(dir.path()).unwrap();
    let cut = &protocol.pictures[0];
    assert!(cut.path.ends_with("VG_100K/5.jpg") && cut.object == Some([1.0, 2.0, 3.0, 4.0]));
    assert!(protocol.pictures[3].path.ends_with("val2017/000000000010.jpg"));
    let report = report(&protocol, |_, _| 0.0);
    assert!((report["focus_object recall_at_1"] - 1.0 / 3.0).abs() < 1e-9);
    assert!((report["focus_object recall_at_2"] - 2.0 / 3.0).abs() < 1e-9);
    assert!((report["focus_object recall_at_3"] - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(report["change_attribute recall_at_1"], 1.0);
}

#[test]
fn celeba_asks_with_one_face_in_ten_of_the_test_partition() {
    let dir = folder();
    std::fs::create_dir_all(dir.path().join("img_align_celeba")).unwrap();
    let (mut attributes, mut partition) = ("13\nSmiling Wearing_Hat\n".to_owned(), String::new());
    for face in 0..13 {
        // Face 0 and 11, 12 are for training; 1 asks; 2 to 10 are ranked; 3, 4 and 7 smile, as 1 does.
        let smiles = if [1, 3, 4, 7].contains(&face) { "1" } else { "-1" };
        attributes += &format!("{face:06}.jpg {smiles} -1\n");
        let part = if (1..=10).contains(&face) { 2 } else { 0 };
        partition += &format!("{face:06}.jpg {part}\n");
    }
    write(dir.path(), "list_attr_celeba.txt", &attributes);
    write(dir.path(), "list_eval_partition.txt", &partition);
    let protocol = celeba::read(dir.path(), 1000).unwrap();
    assert_eq!(protocol.questions.len(), 1);
    // By nearness the order is 2 3 4 5 6 7 …: relevant at places 2, 3 and 6.
    let report = report(&protocol, |_, _| 0.0);
    let expected = (1.0 / 2.0 + 2.0 / 3.0 + 3.0 / 6.0) / 3.0;
    assert!((report["Smiling map"] - expected).abs() < 1e-9, "{report:?}");
}

#[test]
fn classes_are_folders_and_the_nearest_text_wins() {
    let dir = folder();
    for name in ["dog/a.jpg", "dog/b.PNG", "dog/notes.txt", "house_cat/c.jpg"] {
        write(dir.path(), name, "");
    }
    let protocol = classify::read(dir.path(), "the kind of animal", 100).unwrap();
    assert_eq!(protocol.pictures.len(), 3);
    // "house cat" wins for the last two pictures: right for pictures 0 and 2.
    let report = report(&protocol, |text, picture| {
        f32::from(u8::from(text.ends_with("house cat") == (picture > 0)))
    });
    assert!((report["classes top1"] - 2.0 / 3.0).abs() < 1e-9);
}

#[test]
fn what_is_missing_is_named_with_the_place_where_it_is_published() {
    let dir = folder();
    let errors = [
        (
            sugarcrepe::read(dir.path()).map(drop),
            "add_obj.json",
            "RAIVNLab/sugar-crepe",
        ),
        (mmvp_vlm::read(dir.path()).map(drop), "Questions.csv", "MMVP_VLM"),
        (
            genecis::read(dir.path()).map(drop),
            "focus_attribute.json",
            "facebookresearch/genecis",
        ),
        (
            celeba::read(dir.path(), 10).map(drop),
            "list_attr_celeba.txt",
            "CelebA.html",
        ),
        (
            classify::read(dir.path(), "", 10).map(drop),
            "one folder a class",
            "labelled",
        ),
    ];
    for (result, file, published) in errors {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(file) && message.contains(published), "{message}");
        assert!(
            message.contains(&dir.path().display().to_string()) && !message.contains('\n'),
            "{message}"
        );
    }
    write(dir.path(), "val2017/1.jpg", "");
    write(dir.path(), "add_obj.json", "[]");
    let message = sugarcrepe::read(dir.path()).map(drop).unwrap_err().to_string();
    assert!(
        message.contains("add_obj.json") && message.contains("published format"),
        "{message}"
    );
}

#[test]
fn a_cut_is_a_black_square_around_the_object() {
    let picture = RgbImage::from_pixel(100, 50, image::Rgb([200, 0, 0]));
    let cut = cut_square(&picture, [40.0, 10.0, 10.0, 20.0]);
    // 33 to 50 wide, 0 to 34 high (as the reference counts: from the widened corner, 1.7 sides).
    assert_eq!((cut.width(), cut.height()), (34, 34));
    assert_eq!(cut.get_pixel(0, 0).0, [0, 0, 0]);
    assert_eq!(cut.get_pixel(17, 17).0, [200, 0, 0]);
}
