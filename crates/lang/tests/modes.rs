//! Number modes.

use tabuada_lang::{Context, Digits, Limits, Mode, ModeError, parse_with};

#[test]
fn a_mode_has_one_name() {
    for name in ["python", "exact", "decimal:1", "decimal:50", "decimal:1000"] {
        assert_eq!(name.parse::<Mode>().map(|mode| mode.to_string()), Ok(name.to_owned()));
    }
    for name in ["decimal:", "decimal:0", "decimal:01", "decimal:+5", "decimal:1001", "decimal:99999999999999999999"] {
        assert_eq!(name.parse::<Mode>(), Err(ModeError::Digits), "{name}");
    }
    for name in ["", "Python", "decimal", " exact", "decimal50"] {
        assert_eq!(name.parse::<Mode>(), Err(ModeError::Unknown), "{name}");
    }
    assert_eq!(Digits::new(1_001), None);
}

#[test]
fn a_program_knows_its_mode() {
    let context = Context { mode: Mode::Exact, ..Context::default() };
    let exact = parse_with("1/3", &context, &Limits::default()).unwrap();
    assert_eq!(exact.mode(), Mode::Exact);
    let python = parse_with("1/3", &Context::default(), &Limits::default()).unwrap();
    assert!(!exact.same_as(&python));
}
