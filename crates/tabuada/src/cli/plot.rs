//! `tabuada plot`.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use tabuada_lang::{Error, Hint, Language, Limits, Mode, caret};

use super::config::misused;
use super::eval::{help, tell};
use super::notation::NotationArgs;
use super::object::DEADLINE;
use super::output::{self, print};
use crate::engine;
use crate::plot::{Aspect, CURVES_MAX, Characters, FONT_SIZE, HEIGHTS, Plot, Refusal, SIZE, WIDTHS};
use crate::words::of_system;

/// The default width in characters, and the smallest and largest width.
const COLUMNS: usize = 80;
const COLUMNS_LEAST: usize = 20;
const COLUMNS_MOST: usize = 400;

/// Arguments of `tabuada plot`.
#[derive(Debug, clap::Args)]
pub struct PlotArgs {
    #[arg(value_name = "EXPR", required = true, allow_hyphen_values = true)]
    expressions: Vec<String>,
    #[command(flatten)]
    notation: NotationArgs,
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    from: Option<String>,
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    to: Option<String>,
    #[arg(long, value_name = "Y", allow_hyphen_values = true)]
    y_from: Option<String>,
    #[arg(long, value_name = "Y", allow_hyphen_values = true)]
    y_to: Option<String>,
    #[arg(long, value_name = "PIXELS")]
    width: Option<u32>,
    #[arg(long, value_name = "PIXELS")]
    height: Option<u32>,
    #[arg(long, value_enum, value_name = "ASPECT", default_value_t = Scale::Free)]
    aspect: Scale,
    #[arg(long, value_name = "COUNT")]
    digits: Option<u32>,
    #[arg(long, value_name = "PIXELS")]
    font_size: Option<u32>,
    #[arg(long)]
    points: bool,
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[arg(long, conflicts_with = "output")]
    terminal: bool,
}

/// The help would show doc comments of the values, in English only.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Scale {
    // The range of y fills the picture.
    Free,
    // y has the scale of x.
    Equal,
}

/// Draws the expressions into a file, or as SVG on standard output. Status 0; 1 if an expression cannot be drawn; 2 if
/// the arguments are wrong.
pub fn plot(args: &PlotArgs, language: Language) -> ExitCode {
    let Some(format) = Format::of(args.output.as_deref()) else {
        let file = args.output.as_deref().unwrap_or(Path::new("")).display();
        let why = match language {
            Language::English => "the name of a picture ends in .svg or .png",
            Language::Portuguese => "o nome de uma figura termina em .svg ou .png",
        };
        output::complain(format_args!("{file}: {why}"));
        return ExitCode::from(2);
    };
    let notation = match args.notation.usual(Mode::Python) {
        Ok(usual) => usual.notation,
        Err(error) => return misused(&error, language),
    };
    let plot = Plot {
        from: args.from.clone(),
        to: args.to.clone(),
        y_from: args.y_from.clone(),
        y_to: args.y_to.clone(),
        size: (args.width.unwrap_or(SIZE.0), args.height.unwrap_or(SIZE.1)),
        aspect: match args.aspect {
            Scale::Free => Aspect::Free,
            Scale::Equal => Aspect::Equal,
        },
        digits: args.digits,
        font_size: args.font_size.unwrap_or(FONT_SIZE),
        has_points: args.points,
        ..Plot::new(args.expressions.clone(), notation, language)
    };
    let deadline = Instant::now() + DEADLINE;
    let stop = || Instant::now() >= deadline;
    if args.terminal || (args.output.is_none() && io::stdout().is_terminal()) {
        let names: Vec<&str> = plot.exprs.iter().map(String::as_str).collect();
        return match plot.sketch(&names, room(), &Limits::default(), engine::random_seed(), &stop) {
            Ok((text, hints)) => {
                tell_all(&plot, &hints);
                print(text.as_bytes())
            }
            Err(refusal) => complain(&plot, &refusal),
        };
    }
    let picture = match plot.picture(&Limits::default(), engine::random_seed(), &stop) {
        Ok(picture) => picture,
        Err(refusal) => return complain(&plot, &refusal),
    };
    tell_all(&plot, &picture.hints);
    let bytes = match format {
        Format::Png => picture.png(1.0, &stop),
        Format::Svg => Some(picture.svg().into_bytes()),
    };
    let Some(bytes) = bytes else {
        let why: io::Error = if stop() { io::ErrorKind::TimedOut } else { io::ErrorKind::OutOfMemory }.into();
        output::complain(why);
        return ExitCode::FAILURE;
    };
    match file(args.output.as_deref()) {
        None => print(&bytes),
        Some(path) => fs::write(path, bytes).map_or_else(
            |error| {
                output::complain(format_args!("{}: {}", path.display(), of_system(error, language)));
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        ),
    }
}

/// Prints the hints of each expression. An error is ignored: the picture matters more.
fn tell_all(plot: &Plot, hints: &[Vec<Hint>]) {
    for (text, hints) in plot.exprs.iter().zip(hints) {
        let _ = hints.iter().try_for_each(|hint| tell(text, hint, plot.notation, plot.language));
    }
}

/// The room on the terminal: its full width, and no more height than the shape of a picture needs. One line is left for
/// the prompt.
pub(super) fn room() -> Characters {
    let is_terminal = io::stdout().is_terminal();
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let (columns, rows) = match size {
        Some(size) => (usize::from(size.ws_col), usize::from(size.ws_row)),
        None => (said.unwrap_or(COLUMNS), usize::MAX),
    };
    let columns = columns.clamp(COLUMNS_LEAST, COLUMNS_MOST);
    // A character is about twice as high as wide.
    let shape = columns * SIZE.1 as usize / SIZE.0 as usize / 2;
    let is_coloured = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Characters { columns, rows: rows.saturating_sub(1).min(shape), is_coloured }
}

/// The format of a picture.
#[derive(Clone, Copy, Debug)]
enum Format {
    Svg,
    Png,
}

impl Format {
    /// The format by the file's name; SVG on standard output. `None` if the name has neither ending.
    fn of(output: Option<&Path>) -> Option<Self> {
        let Some(path) = file(output) else { return Some(Self::Svg) };
        match path.extension()?.to_ascii_lowercase().to_str()? {
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }
}

/// The file to write; `None` is standard output.
fn file(output: Option<&Path>) -> Option<&Path> {
    output.filter(|path| path.as_os_str() != "-")
}

fn complain(plot: &Plot, refusal: &Refusal) -> ExitCode {
    output::complain(said(refusal, plot));
    match refusal {
        Refusal::Expression { at, error, fixes } => {
            let text = &plot.exprs[*at];
            output::say(format_args!("{}\n", caret(text, error.span)));
            let _ = help(text, fixes, plot.language);
            ExitCode::FAILURE
        }
        Refusal::Stopped(_) => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    }
}

/// The message of a refusal, with the names of the command's options in place of the service's parameters.
fn said(refusal: &Refusal, plot: &Plot) -> String {
    let language = plot.language;
    let option = |name: &str| format!("--{}", name.replace('_', "-"));
    let (widths, heights) = ((WIDTHS.start(), WIDTHS.end()), (HEIGHTS.start(), HEIGHTS.end()));
    let say = |english: String, portuguese: String| match language {
        Language::English => english,
        Language::Portuguese => portuguese,
    };
    match refusal {
        Refusal::Count => say(
            format!("{CURVES_MAX} expressions can be drawn at once, no more"),
            format!("cabem {CURVES_MAX} expressões em uma figura, não mais"),
        ),
        Refusal::Size => say(
            format!("--width is from {} to {}, --height from {} to {}", widths.0, widths.1, heights.0, heights.1),
            format!("--width vai de {} a {}, --height de {} a {}", widths.0, widths.1, heights.0, heights.1),
        ),
        // clap checks it.
        Refusal::Aspect => refusal.message(language),
        Refusal::Bounds(name, from, to) => say(
            format!("{} is a whole number from {from} to {to}", option(name)),
            format!("{} é um número inteiro de {from} a {to}", option(name)),
        ),
        Refusal::NoNumber(name) => say(
            format!("{} must be a number, or an expression that is one, such as 2*pi", option(name)),
            format!("{} precisa ser um número, ou uma expressão que dê um, como 2*pi", option(name)),
        ),
        Refusal::Ends(from, to) => {
            let (from, to) = (option(from), option(to));
            say(
                format!("{from} must be below {to}, both within ±1e300 and so far apart that floats tell them apart"),
                format!("{from} precisa ficar abaixo de {to}, ambos até ±1e300 e distantes o bastante para os floats"),
            )
        }
        Refusal::Expression { error: Error { kind, .. }, .. } | Refusal::Stopped(kind) => {
            kind.message_in(language, plot.notation)
        }
    }
}
