//! `tabuada repl`: an interactive session. On a terminal it has a line editor. Elsewhere it writes one answer a line,
//! without a prompt.

mod statement;
mod session;
mod editor;

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use reedline::Signal;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use tabuada_lang::{ErrorKind, Language, Limits, Mode, Notation, Presentation, Style, caret, functions};

use super::config::misused;
use super::eval::{help, offer_readings, tell};
use super::notation::NotationArgs;
use super::object::DEADLINE;
use super::output::ended;
use super::plot::room;
use crate::engine;
use crate::ndjson::Usual;
use crate::plot::{Plot, VARIABLE};
use crate::version::VERSION;
use crate::words::Words;
use editor::{Asking, Names, PROMPT, editor, manual_line, signature};
use session::{Complaint, Session};
use statement::is_whole;

/// Arguments of `tabuada repl`.
#[derive(Debug, clap::Args)]
pub struct ReplArgs {
    #[arg(long, value_name = "MODE", default_value_t = Mode::Python)]
    mode: Mode,
    #[command(flatten)]
    notation: NotationArgs,
}

/// A command of the session.
#[derive(Debug)]
struct Command {
    name: &'static str,
    /// Words that mean it too, unless the session defines them.
    also: &'static [&'static str],
    /// Its argument.
    takes: &'static str,
    what: Words,
    run: fn(&mut Repl, &str) -> io::Result<Next>,
}

static COMMANDS: [Command; 7] = [
    Command {
        name: ":help",
        also: &["help", "ajuda"],
        takes: " [NAME]",
        what: Words::new("list the commands, or say what a function does", "lista os comandos, ou explica uma função"),
        run: Repl::help,
    },
    Command {
        name: ":mode",
        also: &[],
        takes: " [MODE]",
        what: Words::new(
            "show or set the numbers: python, exact, decimal:N",
            "mostra ou muda os números: python, exact, decimal:N",
        ),
        run: Repl::set_mode,
    },
    Command {
        name: ":notation",
        also: &[],
        takes: " [NAME]",
        what: Words::new(
            "show or set how texts are written: python or school, and point or comma",
            "mostra ou muda como se escreve: python ou school, e point ou comma",
        ),
        run: Repl::set_notation,
    },
    Command {
        name: ":vars",
        also: &[],
        takes: "",
        what: Words::new("list variables, formulas and functions", "lista variáveis, fórmulas e funções"),
        run: Repl::list,
    },
    Command {
        name: ":explain",
        also: &[],
        takes: " EXPR",
        what: Words::new("show every step", "mostra cada passo"),
        run: Repl::explain,
    },
    Command {
        name: ":plot",
        also: &[],
        takes: " EXPR",
        what: Words::new("draw a function of x", "desenha uma função de x"),
        run: Repl::plot,
    },
    Command {
        name: ":quit",
        also: &["quit", "exit", "sair"],
        takes: "",
        what: Words::new("end", "termina"),
        run: |_, _| Ok(Next::End),
    },
];

const WELCOME: Words = Words::new(
    "Tabuada {}. :help lists the commands, Tab completes, Ctrl-D ends.",
    "Tabuada {}. :help lista os comandos, Tab completa, Ctrl-D termina.",
);
const NO_COMMAND: Words = Words::new("there is no command {}; :help lists them", "não há o comando {}; :help os lista");
const NO_NAME: Words = Words::new("there is no function or constant {}", "não há função nem constante {}");
const NO_MODE: Words = Words::new(
    "a mode is python, exact or decimal:N, N from 1 to 1000",
    "um modo é python, exact ou decimal:N, N de 1 a 1000",
);
const NO_NOTATION: Words = Words::new(
    "a notation is python or school, and then maybe point or comma",
    "uma notação é python ou school, e depois talvez point ou comma",
);
const NOT_SPELLED: Words = Words::new(
    "not every definition of :vars can be written in this notation",
    "nem toda definição de :vars pode ser escrita nesta notação",
);
const INTERRUPTED: Words = Words::new("interrupted", "interrompido");
const IN: Words = Words::new("in {}", "em {}");

/// The outcome of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// It was answered.
    Go,
    /// It failed.
    Failed,
    /// It ends the session.
    End,
}

/// Length of the longest line ending in bytes.
const LINE_END: u64 = 2;

/// Reads a line and returns its length in bytes. Of a line that is longer than any expression, it keeps the beginning only.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>, limit: u64) -> io::Result<u64> {
    line.clear();
    let read = input.by_ref().take(limit + LINE_END + 1).read_until(b'\n', line)? as u64;
    let is_cut = read > limit + LINE_END && line.last() != Some(&b'\n');
    Ok(read + if is_cut { input.skip_until(b'\n')? as u64 } else { 0 })
}

/// Answers line after line. Status 0; 1 if a line failed outside a terminal, or if the output cannot be written; 2 if a
/// setting is wrong.
pub fn repl(args: &ReplArgs, language: Language) -> ExitCode {
    let session = match args.notation.usual(args.mode) {
        Ok(usual) => Session::new(usual),
        Err(error) => return misused(&error, language),
    };
    let on_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let mut repl = Repl { session, on_terminal, language, interrupted: Arc::default() };
    let done = if on_terminal { repl.at_the_terminal() } else { repl.of_lines() };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => ended(Err(error)),
    }
}

struct Repl {
    session: Session,
    on_terminal: bool,
    language: Language,
    /// Whether Ctrl-C was pressed on the terminal since the previous line.
    interrupted: Arc<AtomicBool>,
}

impl Repl {
    /// Runs the session on the terminal; gives whether every line was answered.
    fn at_the_terminal(&mut self) -> io::Result<bool> {
        let names = Names::default();
        let mut editor = editor(&names, self.language);
        // The editor reads Ctrl-C as a key; at other times the terminal turns it into a signal.
        flag::register(SIGINT, self.interrupted.clone())?;
        writeln!(io::stdout(), "{}", WELCOME.with(self.language, &[&VERSION]))?;
        loop {
            self.interrupted.store(false, Relaxed);
            match editor.read_line(&Asking)? {
                Signal::Success(typed) => {
                    if self.take(&typed)? == Next::End {
                        return Ok(true);
                    }
                    let known = self.session.definitions().iter().map(|definition| definition.name.clone()).collect();
                    *names.lock().unwrap_or_else(PoisonError::into_inner) = known;
                }
                Signal::CtrlD => return Ok(true),
                _ => {}
            }
        }
    }

    /// Answers the lines of standard input; gives whether every line was answered.
    fn of_lines(&mut self) -> io::Result<bool> {
        let limit = Limits::default().text_bytes;
        let (mut all_good, mut bytes) = (true, 0);
        let (mut typed, mut line) = (String::new(), Vec::new());
        let mut input = io::stdin().lock();
        loop {
            let read = read_line(&mut input, &mut line, limit)?;
            bytes += read;
            // Invalid UTF-8 becomes U+FFFD, which no expression contains, so the error points at it.
            typed.push_str(&String::from_utf8_lossy(&line));
            let is_too_long = bytes > limit + LINE_END;
            if read > 0 && !is_too_long && !is_whole(&typed) && !typed.starts_with(':') {
                continue;
            }
            let typed = std::mem::take(&mut typed);
            let next = match is_too_long {
                true => self.refuse(&ErrorKind::TooLong { bytes, limit }.message(self.language))?,
                false => self.take(typed.trim_start_matches('\u{feff}'))?,
            };
            match next {
                Next::Go => {}
                Next::Failed => all_good = false,
                Next::End => return Ok(all_good),
            }
            if read == 0 {
                return Ok(all_good);
            }
            bytes = 0;
        }
    }

    /// Answers a line, or several lines that belong together.
    fn take(&mut self, typed: &str) -> io::Result<Next> {
        let typed = typed.trim_end();
        if !typed.trim_start().starts_with(':') {
            return match self.command_of(typed.trim()) {
                Some(command) => (command.run)(self, ""),
                None => self.answer(typed),
            };
        }
        let (name, rest) = typed.trim().split_once(char::is_whitespace).unwrap_or((typed.trim(), ""));
        match COMMANDS.iter().find(|command| command.name == name) {
            Some(command) => (command.run)(self, rest.trim()),
            None => self.refuse(&NO_COMMAND.with(self.language, &[&name])),
        }
    }

    /// The command that a word such as `exit`, or Python's `exit()`, means.
    fn command_of(&self, word: &str) -> Option<&'static Command> {
        let name = word.strip_suffix("()").unwrap_or(word);
        let command = COMMANDS.iter().find(|command| command.also.contains(&name))?;
        let is_defined = self.session.definitions().iter().any(|definition| definition.name == name);
        (!is_defined).then_some(command)
    }

    fn answer(&mut self, typed: &str) -> io::Result<Next> {
        let stop = self.stop();
        match self.session.evaluate(typed, &stop) {
            Ok(answered) => {
                let usual = self.session.usual;
                if let Some(value) = answered.value {
                    let shown = usual.question("").show(&value);
                    writeln!(io::stdout().lock(), "{}", shown.unwrap_or(value))?;
                }
                answered.hints.iter().try_for_each(|hint| tell(typed, hint, usual.notation, self.language))?;
                Ok(Next::Go)
            }
            Err(_) if self.is_interrupted() => self.end_line(),
            Err(complaint) => self.complain(typed, &complaint),
        }
    }

    /// Gives a check whether the evaluation of a line must end: its deadline has passed, or Ctrl-C was pressed.
    fn stop(&self) -> impl Fn() -> bool + use<> {
        let (interrupted, deadline) = (self.interrupted.clone(), Instant::now() + DEADLINE);
        move || interrupted.load(Relaxed) || Instant::now() >= deadline
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Relaxed)
    }

    /// Confirms Ctrl-C in a line below the `^C` that the terminal shows.
    fn end_line(&self) -> io::Result<Next> {
        writeln!(io::stderr().lock(), "\n{}", INTERRUPTED.say(self.language)).map(|()| Next::Failed)
    }

    /// Shows an error and its position. On a terminal the mark is directly below the typed characters.
    fn complain(&self, typed: &str, complaint: &Complaint) -> io::Result<Next> {
        let message = complaint.kind.message_in(self.language, self.session.usual.notation);
        let text = complaint.inside.as_deref().unwrap_or(typed);
        let shown = caret(text, complaint.span);
        let mut out = io::stderr().lock();
        match (shown.split_once('\n'), &complaint.inside) {
            (_, Some(inside)) => {
                writeln!(out, "{message}: {}\n{shown}", IN.with(self.language, &[inside]))?;
            }
            (Some((line, carets)), None) if self.on_terminal && line == typed => {
                writeln!(out, "{}{carets}\n{message}", " ".repeat(PROMPT.len()))?;
            }
            _ => writeln!(out, "tabuada: {message}\n{shown}")?,
        }
        drop(out);
        offer_readings(complaint.kind.readings(), self.language)?;
        help(typed, &complaint.fixes, self.language)?;
        Ok(Next::Failed)
    }

    fn refuse(&self, why: &str) -> io::Result<Next> {
        writeln!(io::stderr().lock(), "tabuada: {why}").map(|()| Next::Failed)
    }

    fn help(&mut self, name: &str) -> io::Result<Next> {
        let mut out = io::stdout().lock();
        if name.is_empty() {
            for Command { name, takes, what, .. } in &COMMANDS {
                writeln!(out, "{:<16} {}", format!("{name}{takes}"), what.say(self.language))?;
            }
            return Ok(Next::Go);
        }
        let mut found = functions().filter(|function| function.name == name.trim_start_matches("math.")).peekable();
        if found.peek().is_none() {
            drop(out);
            return self.refuse(&NO_NAME.with(self.language, &[&name]));
        }
        for function in found {
            writeln!(out, "{}\n    {}", signature(&function), manual_line(&function, self.language))?;
        }
        Ok(Next::Go)
    }

    fn set_mode(&mut self, mode: &str) -> io::Result<Next> {
        if !mode.is_empty() {
            match mode.parse() {
                Ok(mode) => self.session.usual.mode = mode,
                Err(_) => return self.refuse(NO_MODE.say(self.language)),
            }
        }
        writeln!(io::stdout().lock(), "{}", self.session.usual.mode).map(|()| Next::Go)
    }

    fn set_notation(&mut self, words: &str) -> io::Result<Next> {
        let usual = self.session.usual;
        let (name, sign) =
            words.split_once(char::is_whitespace).map_or((words, None), |(name, sign)| (name, Some(sign)));
        let name = if name.is_empty() { usual.notation.name() } else { name };
        let decimal = sign.map_or(Ok(usual.decimal), |sign| sign.trim().parse());
        let Some((notation, decimal)) = decimal.ok().and_then(|sign| Some((Notation::named(name, sign)?, sign))) else {
            return self.refuse(NO_NOTATION.say(self.language));
        };
        if !self.session.set_notation(notation) {
            return self.refuse(NOT_SPELLED.say(self.language));
        }
        let shown = sign.map(|_| Presentation { decimal, ..Presentation::default() });
        self.session.usual = Usual { decimal, shown: shown.or(usual.shown), ..self.session.usual };
        writeln!(io::stdout().lock(), "{} {decimal}", notation.name()).map(|()| Next::Go)
    }

    fn list(&mut self, _: &str) -> io::Result<Next> {
        let mut out = io::stdout().lock();
        let mut all = self.session.definitions().iter();
        all.try_for_each(|definition| writeln!(out, "{}", definition.text)).map(|()| Next::Go)
    }

    fn explain(&mut self, text: &str) -> io::Result<Next> {
        let text_of_all = self.session.with_definitions_but("", text);
        let question = self.session.usual.question(text_of_all);
        let limits = Limits::default();
        let Ok(program) = engine::ask(&question, &limits) else { return self.answer(text) };
        let style = Style { notation: self.session.usual.notation, ..Style::default() };
        let (explanation, _) = engine::explain_until(&program, style, &limits, &self.stop());
        // Only the steps of the last statement; the definitions before it need no explanation.
        let asked = explanation.steps.last().map(|step| step.statement);
        let steps = explanation.steps.iter().filter(|step| Some(step.statement) == asked);
        {
            let mut out = io::stdout().lock();
            for (at, step) in steps.enumerate() {
                writeln!(out, "{} {}", if at == 0 { " " } else { "=" }, step.text)?;
            }
        }
        if explanation.outcome.is_ok() { Ok(Next::Go) } else { self.answer(text) }
    }

    fn plot(&mut self, text: &str) -> io::Result<Next> {
        let exprs = vec![self.session.with_definitions_but(VARIABLE, text)];
        let plot = Plot::new(exprs, self.session.usual.notation, self.language);
        match plot.sketch(&[text], room(), &Limits::default(), engine::random_seed(), &self.stop()) {
            Ok((drawn, _)) => write!(io::stdout().lock(), "{drawn}").map(|()| Next::Go),
            Err(_) if self.is_interrupted() => self.end_line(),
            Err(refusal) => self.refuse(&refusal.message(self.language)),
        }
    }
}
