//! The properties of a packet that are looked for, as a tree: elements and attributes, lists and structures alike.
//!
//! The packet is read as a stream. What is not looked for is passed over; nothing is kept of it. There is no recursion, a number of
//! nodes and of characters that is not passed, and no entity but XML's own five and numbers of characters: nothing can grow.

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape_with};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::names::{Namespace, is_read};
use crate::metadata::charset::undeclared;

/// Nodes of a packet, at most: a photo with thousands of keywords has fewer.
const MOST_NODES: usize = 50_000;

/// Bytes of text, at most: of one node, and of all.
const LONGEST_TEXT: usize = 64 << 10;
const MOST_TEXT: usize = 4 << 20;

/// Names of namespaces that hold at one place, at most; programs declare about twenty.
const MOST_BINDINGS: usize = 64;

/// A property, an item of a list, or a field of a structure.
#[derive(Debug)]
struct Node {
    namespace: Namespace,
    name: String,
    children: Vec<usize>,
    text: String,
}

/// The properties that were found.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    properties: Vec<usize>,
    text_len: usize,
}

/// A node and the tree in which it stands.
#[derive(Clone, Copy)]
pub(super) struct Element<'t> {
    tree: &'t Tree,
    node: &'t Node,
}

impl Tree {
    /// Reads a packet in UTF-8. What is damaged gives what was read before the damage.
    pub(super) fn read(packet: &[u8]) -> Self {
        let mut reader = Reader::from_reader(packet);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        let mut state = State::default();
        // A stream without an end would be longer than its bytes.
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(element) => state.open(&element),
                Event::Empty(element) => {
                    state.open(&element);
                    state.close();
                }
                Event::End(_) => state.close(),
                Event::Text(text) => state.text(&undeclared(&text)),
                Event::CData(text) => state.text(&undeclared(&text)),
                Event::GeneralRef(name) => state.text(&character(&name)),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        state.tree
    }

    /// The properties of this name, in their order; a packet may have several blocks of them.
    pub(super) fn all<'t>(&'t self, namespace: Namespace, name: &'static str) -> impl Iterator<Item = Element<'t>> {
        let nodes = self.properties.iter().filter_map(|place| self.nodes.get(*place));
        nodes
            .filter(move |node| node.namespace == namespace && node.name == name)
            .map(|node| Element { tree: self, node })
    }

    /// The text of the first property of this name that has one.
    pub(super) fn text(&self, namespace: Namespace, name: &'static str) -> Option<&str> {
        self.all(namespace, name)
            .map(Element::text)
            .find(|text| !text.trim().is_empty())
    }

    fn add(&mut self, to: Option<usize>, namespace: Namespace, name: &str) -> Option<usize> {
        let place = self.nodes.len();
        if place >= MOST_NODES {
            return None;
        }
        self.nodes.push(Node {
            namespace,
            name: name.to_owned(),
            children: Vec::new(),
            text: String::new(),
        });
        match to {
            Some(parent) => self.nodes.get_mut(parent)?.children.push(place),
            None => self.properties.push(place),
        }
        Some(place)
    }

    /// Adds as much of a text as there is room for.
    fn add_text(&mut self, to: usize, text: &str) {
        let left = MOST_TEXT - self.text_len;
        if let Some(node) = self.nodes.get_mut(to) {
            let room = left.min(LONGEST_TEXT.saturating_sub(node.text.len()));
            let fits = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
            self.text_len += fits.len();
            node.text.push_str(fits);
        }
    }
}

impl<'t> Element<'t> {
    /// Its own text, or that of the value that it qualifies.
    pub(super) fn text(self) -> &'t str {
        let own = self.node.text.as_str();
        if !own.trim().is_empty() {
            return own;
        }
        let value = self.children().find(|child| child.is(Namespace::Rdf, "value"));
        value.map_or(own, |value| value.node.text.as_str())
    }

    pub(super) fn is(self, namespace: Namespace, name: &str) -> bool {
        self.node.namespace == namespace && self.node.name == name
    }

    pub(super) fn children(self) -> impl Iterator<Item = Element<'t>> {
        let nodes = self
            .node
            .children
            .iter()
            .filter_map(|place| self.tree.nodes.get(*place));
        nodes.map(move |node| Element { tree: self.tree, node })
    }

    /// The items of a list; of what is no list, itself where it has a text.
    pub(super) fn items(self) -> impl Iterator<Item = Element<'t>> {
        let alone = self.children().all(|child| !child.is(Namespace::Rdf, "li")) && !self.text().trim().is_empty();
        let items = self.children().filter(|child| child.is(Namespace::Rdf, "li"));
        items.chain(alone.then_some(self))
    }

    /// The structures of a list, or itself where it is one alone.
    pub(super) fn structures(self) -> impl Iterator<Item = Element<'t>> {
        let listed = self.children().any(|child| child.is(Namespace::Rdf, "li"));
        let items = self.children().filter(|child| child.is(Namespace::Rdf, "li"));
        items.chain((!listed).then_some(self))
    }

    /// The field of this name.
    pub(super) fn field(self, namespace: Namespace, name: &str) -> Option<Element<'t>> {
        self.children().find(|child| child.is(namespace, name))
    }

    /// The text of an alternative of languages: the default one, or else the first that there is.
    pub(super) fn in_words(self) -> Option<&'t str> {
        let is_default = |item: &Element<'_>| {
            let language = item.field(Namespace::Xml, "lang");
            language.is_some_and(|language| language.node.text.eq_ignore_ascii_case("x-default"))
        };
        let said = |item: &Element<'_>| !item.text().trim().is_empty();
        let mut defaults = self.items().filter(is_default).filter(said);
        defaults.next().or_else(|| self.items().find(said)).map(Element::text)
    }
}

/// What an open element is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Around the properties.
    Around,
    /// What holds properties.
    Description,
    /// Nothing that is looked for.
    Passed,
    /// A node.
    Node(usize),
    /// In a node, without a meaning of its own.
    Within(usize),
}

#[derive(Default)]
struct State {
    tree: Tree,
    open: Vec<Open>,
    /// Prefix, namespace, number of open elements where it was declared.
    bindings: Vec<(Vec<u8>, Namespace, usize)>,
}

impl State {
    fn open(&mut self, element: &BytesStart<'_>) {
        let above = self.open.last().copied().unwrap_or(Open::Around);
        if above == Open::Passed {
            self.open.push(Open::Passed);
            return;
        }
        // Looking for names that stand twice would take the square of their number.
        let mut attributes = element.attributes();
        attributes.with_checks(false);
        let depth = self.open.len();
        for attribute in attributes.clone().flatten() {
            let key = attribute.key.as_ref();
            let own = (key == b"xmlns").then_some(&[][..]);
            if let Some(prefix) = own.or_else(|| key.strip_prefix(b"xmlns:")) {
                self.bind(prefix, Namespace::of_address(&attribute.value), depth);
            }
        }
        let full = element.name();
        let (namespace, name) = self.resolved(full.as_ref());
        let is_rdf = |expected: &[&str]| namespace == Namespace::Rdf && expected.contains(&name.as_str());
        let opened = match above {
            Open::Around if is_rdf(&["Description"]) => Open::Description,
            Open::Around => Open::Around,
            Open::Description if is_read(namespace, &name) => match self.tree.add(None, namespace, &name) {
                Some(node) => Open::Node(node),
                None => Open::Passed,
            },
            Open::Description | Open::Passed => Open::Passed,
            Open::Node(node) | Open::Within(node) if is_rdf(&["Bag", "Seq", "Alt", "Description"]) => {
                Open::Within(node)
            }
            Open::Node(node) | Open::Within(node) => match self.tree.add(Some(node), namespace, &name) {
                Some(node) => Open::Node(node),
                None => Open::Passed,
            },
        };
        self.open.push(opened);
        let to = match opened {
            Open::Around | Open::Passed => return,
            Open::Description => None,
            Open::Node(node) | Open::Within(node) => Some(node),
        };
        for attribute in attributes.flatten() {
            let key = attribute.key.as_ref();
            // One without a prefix is in no namespace.
            if key.starts_with(b"xmlns") || !key.contains(&b':') {
                continue;
            }
            let (namespace, name) = self.resolved(key);
            match (to, namespace, name.as_str()) {
                (Some(node), Namespace::Rdf, "resource") => self.tree.add_text(node, &unescaped(&attribute.value)),
                (_, Namespace::Rdf, _) if name != "value" => {}
                (None, ..) if !is_read(namespace, &name) => {}
                _ => {
                    if let Some(node) = self.tree.add(to, namespace, &name) {
                        self.tree.add_text(node, &unescaped(&attribute.value));
                    }
                }
            }
        }
    }

    fn close(&mut self) {
        self.open.pop();
        let depth = self.open.len();
        while self.bindings.last().is_some_and(|(_, _, at)| *at >= depth) {
            self.bindings.pop();
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(Open::Node(node)) = self.open.last() {
            self.tree.add_text(*node, text);
        }
    }

    /// Unknown namespaces are kept only where their prefix would stand for a known one otherwise.
    fn bind(&mut self, prefix: &[u8], namespace: Namespace, depth: usize) {
        let hides =
            || self.bindings.iter().any(|(known, _, _)| known == prefix) || Namespace::of_prefix(prefix).is_some();
        if self.bindings.len() < MOST_BINDINGS && (namespace != Namespace::Other || hides()) {
            self.bindings.push((prefix.to_vec(), namespace, depth));
        }
    }

    /// Namespace and name of a qualified name.
    fn resolved(&self, qualified: &[u8]) -> (Namespace, String) {
        let colon = qualified.iter().position(|byte| *byte == b':');
        let (prefix, name) = match colon.and_then(|at| qualified.split_at_checked(at)) {
            Some((prefix, name)) => (prefix, name.get(1..).unwrap_or_default()),
            None => (&[][..], qualified),
        };
        let bound = self.bindings.iter().rev().find(|(known, _, _)| known == prefix);
        let namespace = bound
            .map(|(_, namespace, _)| *namespace)
            .or_else(|| Namespace::of_prefix(prefix))
            .unwrap_or(Namespace::Other);
        (namespace, String::from_utf8_lossy(name).into_owned())
    }
}

/// What an entity stands for: XML's own five and character numbers; all others for nothing.
fn character(name: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    let text = name.decode().ok().and_then(|name| resolve_predefined_entity(&name));
    text.unwrap_or_default().to_owned()
}

/// The value of an attribute.
fn unescaped(value: &[u8]) -> String {
    let text = undeclared(value);
    match unescape_with(&text, |name| Some(resolve_predefined_entity(name).unwrap_or_default())) {
        Ok(text) => text.into_owned(),
        Err(_) => text,
    }
}
