//! What a fleet is asked, and what that costs its Redis.

use tabuada_simulation::redis::{Command, Message, Reply};
use tabuada_simulation::scaling::Measured;
use tabuada_simulation::{Questions, Workload};

#[test]
fn the_tenth_key_is_asked_for_ten_times_more_rarely_than_the_first() {
    let mut asked = [0_u32; 100];
    Questions::of(7, 0, 100).take(1_000_000).for_each(|key| asked[key] += 1);
    // The sum of 1/n up to 100 is 5.187.
    assert!((192_000..194_000).contains(&asked[0]), "{}", asked[0]);
    assert!((18_800..19_800).contains(&asked[9]), "{}", asked[9]);
    assert!((1_700..2_200).contains(&asked[99]), "{}", asked[99]);
}

/// Counted by hand, from the specification of the protocol.
#[test]
fn sizes_are_those_of_the_protocol() {
    let get = Command::Get("t:1:k0".into());
    assert_eq!(get.wire_bytes(), "*2\r\n$3\r\nGET\r\n$6\r\nt:1:k0\r\n".len());
    for (reply, wire) in [
        (Reply::Status("OK"), "+OK\r\n"),
        (Reply::Null, "_\r\n"),
        (Reply::Int(-2), ":-2\r\n"),
        (Reply::Int(86_400_000), ":86400000\r\n"),
        (Reply::Bytes(b"".as_slice().into()), "$0\r\n\r\n"),
        (Reply::Bytes(b"0123456789".as_slice().into()), "$10\r\n0123456789\r\n"),
        (Reply::Error("ERR no such key".to_owned()), "-ERR no such key\r\n"),
        (Reply::List(vec![Reply::Int(0), Reply::Null]), "*2\r\n:0\r\n_\r\n"),
    ] {
        assert_eq!(Message::Reply(reply).wire_bytes(), wire.len(), "{wire:?}");
    }
    let push = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nt:1:k0\r\n";
    assert_eq!(Message::Changed(vec!["t:1:k0".into()]).wire_bytes(), push.len());
    assert_eq!(Message::Flushed.wire_bytes(), ">2\r\n$10\r\ninvalidate\r\n_\r\n".len());
}

/// By the documents: an idle node asks ten times a second, and a new answer is pushed to all nodes but one.
#[test]
fn an_idle_fleet_has_heartbeats_and_a_new_answer_is_pushed_to_all_others() {
    let rare = Workload { keys: 1_000, expensive_one_in: 1, rate: 1, value_bytes: 100 };
    let measured = Measured::of(4, &rare, 61, 60);
    assert_eq!(measured.broken, None);
    let commands = |name| measured.traffic.commands.get(name).copied().unwrap_or(0);
    assert!((9.5..=10.0).contains(&(commands("setrange") as f64 / 60.0 / 4.0)), "{:?}", measured.traffic);
    // Of an expensive expression: a lease and a value, each of which is pushed to the three other nodes.
    assert_eq!(measured.traffic.pushed_names, 3 * commands("set"), "{:?}", measured.traffic);
}

#[test]
fn numbers_have_a_comma_at_each_thousand() {
    let mut measured = Measured { nodes: 1, seconds: 1, traffic: Default::default(), broken: None };
    measured.traffic.commands.extend([("setrange", 12), ("getrange", 123_456)]);
    measured.traffic.pushes = 1_234_567;
    (measured.traffic.bytes_in, measured.traffic.bytes_out) = (999_600, 400);
    let row = measured.to_string();
    assert!(row.starts_with("| 1 | 12 | 123,456 | 0 | 0 | "), "{row}");
    assert!(row.contains(" | 1,234,567 | 1,000 | 0 | "), "{row}");
}
