use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/checkpoints")
        .join(name)
}

fn import(models: &ModelsFolder, fixture_name: &str, name: &str) -> Result<Installed, ModelError> {
    let record = InstalledRecord::new("A model", "MIT", "a test");
    models.import(&fixture(fixture_name), name, record, &mut |_, _| true)
}

#[test]
fn an_imported_checkpoint_is_listed_loaded_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let models = ModelsFolder::new(&folder.path().join("models"));
    assert!(models.list().is_empty());
    let installed = import(&models, "clip", "small").unwrap();
    assert_eq!(models.list(), std::slice::from_ref(&installed));
    assert!(installed.id().0.starts_with("small@1+"), "{}", installed.id());
    let model = installed.load(&Device::Cpu).unwrap();
    assert_eq!(model.info().text_dim, 16);
    assert!(installed.folder.join(TEXT_MEAN).exists());
    let again = models.get("small").unwrap().load(&Device::Cpu).unwrap();
    assert_eq!(again.text_mean(), model.text_mean());
    models.remove("small").unwrap();
    assert!(models.list().is_empty() && models.get("small").is_err());
}

#[test]
fn a_models_identity_follows_its_files_and_not_its_copy() {
    let folder = tempfile::tempdir().unwrap();
    let models = ModelsFolder::new(folder.path());
    let (one, two) = (
        import(&models, "siglip", "one").unwrap(),
        import(&models, "siglip", "two").unwrap(),
    );
    assert_eq!(one.digest(), two.digest());
    let config = two.folder.join(PREPROCESSOR);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"resample\": 3", "\"resample\": 2")).unwrap();
    assert_ne!(models.get("two").unwrap().id(), two.id());
    assert_eq!(models.get("one").unwrap(), one);
}

#[test]
fn what_cannot_be_loaded_is_not_installed() {
    let folder = tempfile::tempdir().unwrap();
    let models = ModelsFolder::new(folder.path());
    let broken = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture("siglip")).unwrap() {
        let file = entry.unwrap().path();
        std::fs::copy(&file, broken.path().join(file.file_name().unwrap())).unwrap();
    }
    std::fs::remove_file(broken.path().join(TOKENIZER)).unwrap();
    let record = InstalledRecord::new("A model", "MIT", "a test");
    let error = models
        .import(broken.path(), "broken", record, &mut |_, _| true)
        .unwrap_err();
    assert!(error.to_string().contains("tokenizer.json"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn names_are_plain_folder_names() {
    for name in ["", "..", ".hidden", "a/b", "built-in", "a b"] {
        assert!(!is_name(name), "{name}");
    }
    assert_eq!(name_from("/home/me/CLIP ViT-B_32"), "home-me-clip-vit-b-32");
    assert_eq!(name_from("built-in"), "model-built-in");
}

#[test]
fn of_a_repository_only_what_a_checkpoint_needs_is_fetched() {
    let names = [
        "README.md",
        "config.json",
        "model.safetensors",
        "pytorch_model.bin",
        "tokenizer.json",
    ];
    assert_eq!(
        wanted_files(&names).unwrap(),
        ["config.json", "tokenizer.json", "model.safetensors"]
    );
    let both = [&names[..], &["open_clip_config.json", "open_clip_model.safetensors"]].concat();
    assert_eq!(
        wanted_files(&both).unwrap(),
        ["open_clip_config.json", "tokenizer.json", "open_clip_model.safetensors"]
    );
    let shards = [
        "config.json",
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
    ];
    assert_eq!(wanted_files(&shards).unwrap().len(), 3);
    assert_eq!(wanted_files(&["config.json", "pytorch_model.bin"]), None);
}
