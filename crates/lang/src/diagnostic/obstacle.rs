//! Messages for `integral`, `sum` and similar forms that find no value.

use super::Language::{self, English};
use crate::error::Obstacle;

/// The message for an obstacle to `what`; `at` is the place: a value of its variable.
pub(super) fn words(what: &str, obstacle: Obstacle, at: Option<&str>, language: Language) -> String {
    let is_english = language == English;
    let say = |english: &str, portuguese: &str| if is_english { english.to_owned() } else { portuguese.to_owned() };
    let at = at.unwrap_or("?");
    match obstacle {
        Obstacle::Diverges => say(
            &format!("{what} diverges towards {at}: it has no finite value"),
            &format!("{what} diverge em direção a {at}: não tem valor finito"),
        ),
        Obstacle::Slow => say(
            &format!("{what} settles too slowly towards {at}, if at all"),
            &format!("{what} converge devagar demais em direção a {at}, se é que converge"),
        ),
        Obstacle::Oscillates => say(
            &format!("{what} oscillates towards {at} and settles too slowly, if at all"),
            &format!("{what} oscila em direção a {at} e converge devagar demais, se é que converge"),
        ),
        Obstacle::Steep => say(
            &format!(
                "{what} meets a pole, or what is as steep as one, at about {at}: if it is finite, split the range there"
            ),
            &format!(
                "{what} encontra um polo, ou algo tão íngreme, perto de {at}: se for finita, divida o intervalo ali"
            ),
        ),
        Obstacle::TooHard => say(
            &format!("{what} is too hard here, most of all near {at}: split the range there, or make it shorter"),
            &format!("{what} é difícil demais aqui, sobretudo perto de {at}: divida o intervalo ali ou encurte-o"),
        ),
        Obstacle::Noise => say(
            &format!("{what} meets values that are too noisy, most of all near {at}"),
            &format!("{what} encontra valores imprecisos demais, sobretudo perto de {at}"),
        ),
        Obstacle::Undefined => say(
            &format!("{what} needs finite values, and there is none at {at}"),
            &format!("{what} precisa de valores finitos, e não há nenhum em {at}"),
        ),
        Obstacle::SameSign => say(
            "root needs opposite signs at its two bounds; one that is only touched, as in x**2, is not found",
            "root precisa de sinais opostos nos dois limites; uma raiz que só é tocada, como em x**2, não é encontrada",
        ),
        Obstacle::Jump => say(
            &format!("no root: the sign changes by a jump at {at}"),
            &format!("não há raiz: o sinal muda com um salto em {at}"),
        ),
        Obstacle::Pole => say(
            &format!("no root: the sign changes through a pole at {at}"),
            &format!("não há raiz: o sinal muda em um polo em {at}"),
        ),
        Obstacle::Bound => say(
            &format!("{what} needs finite bounds, not {at}"),
            &format!("{what} precisa de limites finitos, e não {at}"),
        ),
        Obstacle::Corner => say(
            &format!("there is no derivative at {at}: the slopes to the left and to the right differ"),
            &format!("não há derivada em {at}: as inclinações à esquerda e à direita diferem"),
        ),
        Obstacle::Unsettled => say(
            &format!("the slope at {at} does not settle: a jump, a pole or noise"),
            &format!("a inclinação em {at} não se estabiliza: um salto, um polo ou ruído"),
        ),
    }
}
