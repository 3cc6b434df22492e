//! The line editor: history, completion, highlighting, and lines that continue while a bracket is open.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use nu_ansi_term::{Color, Style};
use reedline::{
    ColumnarMenu, Completer, Emacs, FileBackedHistory, Highlighter, KeyCode, KeyModifiers, MenuBuilder as _, Prompt,
    PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Span, StyledText, Suggestion,
    ValidationResult, Validator, default_emacs_keybindings,
};
use tabuada_lang::{FunctionInfo, FunctionKind, Language, functions};

use super::COMMANDS;
use super::statement::is_whole;

/// The maximum of entries in the history.
const HISTORY_ENTRIES: usize = 10_000;
/// The prompt, and the prompt of continued lines.
pub(super) const PROMPT: &str = "> ";
const GOES_ON: &str = ". ";
const MENU: &str = "completion";

/// The names defined in the session, for completion.
pub(super) type Names = Arc<Mutex<Vec<String>>>;

/// An editor that completes the names of the language and of the session.
pub(super) fn editor(names: &Names, language: Language) -> Reedline {
    let mut keys = default_emacs_keybindings();
    let complete = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
    let menu = ColumnarMenu::default().with_name(MENU).with_columns(1);
    let editor = Reedline::create()
        .with_completer(Box::new(Known { names: names.clone(), language }))
        .with_highlighter(Box::new(Colours))
        .with_validator(Box::new(Brackets))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_quick_completions(true)
        .with_ansi_colors(std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()));
    // If the file cannot be written, the session has a history in memory.
    match history().and_then(|file| FileBackedHistory::with_file(HISTORY_ENTRIES, file).ok()) {
        Some(history) => editor.with_history(Box::new(history)),
        None => editor,
    }
}

/// The file of the history, in the state directory of the XDG base directories.
fn history() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("tabuada/history"))
}

/// The signature of a function: `hypot(*coordinates)`.
pub(super) fn signature(function: &FunctionInfo) -> String {
    let prefix = if function.needs_prefix { "math." } else { "" };
    match function.kind {
        FunctionKind::Constant => format!("{prefix}{}", function.name),
        _ => format!("{prefix}{}({})", function.name, function.signature),
    }
}

/// The function's line in the manual of the language.
pub(super) const fn manual_line(function: &FunctionInfo, language: Language) -> &'static str {
    match language {
        Language::English => function.doc,
        Language::Portuguese => function.doc_pt,
    }
}

struct Known {
    names: Names,
    language: Language,
}

impl Completer for Known {
    fn complete(&mut self, line: &str, pos: usize) -> Vec<Suggestion> {
        let before = line.get(..pos).unwrap_or(line);
        let begins = |character: char| character.is_alphanumeric() || "_.:".contains(character);
        let start = before.char_indices().rev().take_while(|(_, character)| begins(*character)).last();
        let Some((start, _)) = start else { return Vec::new() };
        let word = &before[start..];
        let span = Span { start, end: before.len() };
        let suggestion = |value: String, description: Option<String>| Suggestion {
            value,
            description,
            span,
            ..Suggestion::default()
        };
        if start == 0 && word.starts_with(':') {
            let known = COMMANDS.iter().filter(|command| command.name.starts_with(word));
            return known
                .map(|command| suggestion(command.name.to_owned(), Some(command.what.say(self.language).to_owned())))
                .collect();
        }
        let own = self.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = own.into_iter().filter(|name| name.starts_with(word)).map(|name| suggestion(name, None));
        let known = functions().filter_map(|function| {
            let prefix = if function.needs_prefix { "math." } else { "" };
            let name = format!("{prefix}{}", function.name);
            let description = format!("{} · {}", signature(&function), manual_line(&function, self.language));
            name.starts_with(word).then(|| suggestion(name, Some(description)))
        });
        own.chain(known).collect()
    }
}

struct Brackets;

impl Validator for Brackets {
    fn validate(&self, line: &str) -> ValidationResult {
        if is_whole(line) || line.starts_with(':') { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

struct Colours;

impl Highlighter for Colours {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let (length, style) = token(rest, first);
            styled.push((style, rest[..length].to_owned()));
            rest = &rest[length..];
        }
        styled
    }
}

/// The length of the first token of a text, and its style.
fn token(text: &str, first: char) -> (usize, Style) {
    let up_to = |is_part: &dyn Fn(char) -> bool| text.find(|character| !is_part(character)).unwrap_or(text.len());
    match first {
        '#' => (text.find('\n').unwrap_or(text.len()), Style::new().fg(Color::DarkGray)),
        '\'' | '"' => {
            let end = text[1..].find([first, '\n']).map_or(text.len(), |at| at + 2);
            (end, Style::new().fg(Color::Green))
        }
        _ if first.is_ascii_digit() => {
            (up_to(&|c| c.is_alphanumeric() || "._".contains(c)), Style::new().fg(Color::Cyan))
        }
        _ if first.is_alphabetic() || "_:".contains(first) => {
            let length = up_to(&|c| c.is_alphanumeric() || "_:.".contains(c));
            let name = text[..length].strip_prefix("math.").unwrap_or(&text[..length]);
            let is_known = functions().any(|function| function.name == name);
            (length, if is_known { Style::new().fg(Color::Blue).bold() } else { Style::new() })
        }
        _ => (first.len_utf8(), Style::new()),
    }
}

/// The prompt: the same in every mode of the editor.
pub(super) struct Asking;

impl Prompt for Asking {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        PROMPT.into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        GOES_ON.into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("({}) ", search.term).into()
    }
}
