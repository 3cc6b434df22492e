//! The sections of the manual.

/// A section of the manual. The variants are in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Section {
    /// Conversion to numbers, and comparison.
    Numbers,
    /// Rounding to integers or to a number of places.
    Rounding,
    /// Powers, roots, exponentials and logarithms.
    Powers,
    /// Circular and hyperbolic functions.
    Trigonometry,
    /// Divisors, primes, combinations.
    Integers,
    /// Forms over a variable.
    Binders,
    /// Lists, tuples, sets, ranges.
    Collections,
    /// Statistics of a list of numbers.
    Statistics,
    /// Strings.
    Text,
    /// Error and gamma functions.
    Special,
    /// Functions of the binary format of floats.
    Floats,
    /// Random numbers.
    Chance,
    /// Named numbers.
    Constants,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 13] = [
        Self::Numbers,
        Self::Rounding,
        Self::Powers,
        Self::Trigonometry,
        Self::Integers,
        Self::Binders,
        Self::Collections,
        Self::Statistics,
        Self::Text,
        Self::Special,
        Self::Floats,
        Self::Chance,
        Self::Constants,
    ];

    /// Its title in English.
    pub fn title(self) -> &'static str {
        match self {
            Self::Numbers => "Numbers",
            Self::Rounding => "Rounding",
            Self::Powers => "Powers, roots and logarithms",
            Self::Trigonometry => "Trigonometric and hyperbolic functions",
            Self::Integers => "Integers",
            Self::Binders => "Sums, products, integrals and roots over a variable",
            Self::Collections => "Lists, tuples, sets and ranges",
            Self::Statistics => "Statistics",
            Self::Text => "Text",
            Self::Special => "Special functions",
            Self::Floats => "Floats",
            Self::Chance => "Chance",
            Self::Constants => "Constants",
        }
    }

    /// Its title in Brazilian Portuguese.
    pub fn title_pt(self) -> &'static str {
        match self {
            Self::Numbers => "Números",
            Self::Rounding => "Arredondamento",
            Self::Powers => "Potências, raízes e logaritmos",
            Self::Trigonometry => "Funções trigonométricas e hiperbólicas",
            Self::Integers => "Inteiros",
            Self::Binders => "Somas, produtos, integrais e raízes em uma variável",
            Self::Collections => "Listas, tuplas, conjuntos e intervalos",
            Self::Statistics => "Estatística",
            Self::Text => "Texto",
            Self::Special => "Funções especiais",
            Self::Floats => "Floats",
            Self::Chance => "Acaso",
            Self::Constants => "Constantes",
        }
    }
}
