//! A method of `Texts` for each message of the English file, with its variables as arguments: who misspells one, or leaves one out,
//! does not compile. That the Chinese file has the same messages with the same variables is checked here, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser::parse;

const LANGUAGES: [&str; 2] = ["en", "zh"];

fn main() {
    println!("cargo::rerun-if-changed=languages");
    let files = LANGUAGES.map(|language| messages(Path::new("languages").join(format!("{language}.ftl")).as_path()));
    let [english, chinese] = &files;
    for (id, variables) in english {
        match chinese.get(id) {
            None => panic!("zh.ftl lacks the message {id}"),
            Some(other) if other != variables => panic!("{id}: en.ftl has {variables:?}, zh.ftl {other:?}"),
            Some(_) => {}
        }
    }
    if let Some(id) = chinese.keys().find(|id| !english.contains_key(*id)) {
        panic!("en.ftl lacks the message {id}");
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("messages.rs");
    fs::write(out, methods(english)).expect("the output folder is cargo's");
}

/// Each message with its variables.
fn messages(path: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let resource = parse(text.as_str()).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", path.display()));
    let mut found = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let id = message.id.name.to_string();
        let pattern = message.value.unwrap_or_else(|| panic!("{}: {id} says nothing", path.display()));
        let mut variables = BTreeSet::new();
        collect(&pattern, &mut variables);
        let twice = found.insert(id.clone(), variables).is_some();
        assert!(!twice, "{}: {id} stands twice", path.display());
    }
    found
}

fn collect(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => collect_inline(inline, variables),
            Expression::Select { selector, variants } => {
                collect_inline(selector, variables);
                variants.iter().for_each(|variant| collect(&variant.value, variables));
            }
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => drop(variables.insert(id.name.to_string())),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        other => panic!("{other:?}: only variables and literals are used here"),
    }
}

fn methods(messages: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut code = String::from("impl Texts {\n");
    for (id, variables) in messages {
        let name = id.replace('-', "_");
        let parameters: String = variables.iter().map(|v| format!(", {v}: impl Into<FluentValue<'a>>")).collect();
        let lifetime = if variables.is_empty() { "" } else { "<'a>" };
        let values: String = variables.iter().map(|v| format!("({v:?}, {v}.into()), ")).collect();
        let _ = writeln!(
            code,
            "    pub fn {name}{lifetime}(&self{parameters}) -> String {{ self.say({id:?}, [{values}]) }}"
        );
    }
    code.push_str("}\n");
    let ids: String = messages.keys().map(|id| format!("{id:?}, ")).collect();
    let _ = writeln!(code, "/// Every message there is.\npub const MESSAGES: [&str; {}] = [{ids}];", messages.len());
    code
}
