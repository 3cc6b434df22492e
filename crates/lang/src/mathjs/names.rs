//! What a name means that is no variable: a constant, a function, or something of math.js that is not here.

use std::f64::consts;

use super::functions;
use super::stop::{Outcome, error, unsupported};
use super::value::Value;

/// The price of [`refuse`], which reads its lists: it is about the last that an evaluation does.
pub(super) const REFUSAL_PRICE: u64 = 1_000;

/// The value of a name, if it has one here.
pub(super) fn value(name: &str) -> Option<Value> {
    let number = match name {
        "pi" | "PI" => consts::PI,
        "tau" => consts::TAU,
        "e" | "E" => consts::E,
        "phi" => 1.618_033_988_749_895,
        "LN2" => consts::LN_2,
        "LN10" => consts::LN_10,
        "LOG2E" => consts::LOG2_E,
        "LOG10E" => consts::LOG10_E,
        "SQRT1_2" => consts::FRAC_1_SQRT_2,
        "SQRT2" => consts::SQRT_2,
        "i" => return Some(Value::complex(0.0, 1.0)),
        _ => return functions::find(name).map(|row| Value::Builtin(row.name)),
    };
    Some(Value::Number(number))
}

/// An error for a name of math.js that is not here.
pub(super) fn refuse(name: &str) -> Outcome<()> {
    for (what, names) in GROUPS {
        if names.split_ascii_whitespace().any(|known| known == name) {
            return unsupported(what, name);
        }
    }
    if OTHERS.split_ascii_whitespace().any(|known| known == name) {
        return error(format!("The function {name} is not supported"));
    }
    if is_unit(name) { unsupported("Units", name) } else { Ok(()) }
}

/// Names of math.js 15.2 by what they are about.
const GROUPS: [(&str, &str); 7] = [
    (
        "Matrices",
        "apply column count cross ctranspose det diag diff dot dotDivide dotMultiply dotPow eigs expm fft filter flatten \
         forEach getMatrixDataType identity ifft index inv kron lsolve lsolveAll lup lusolve lyap map mapSlices matrix \
         matrixFromColumns matrixFromFunction matrixFromRows norm ones partitionSelect pinv qr range reshape resize \
         rotate rotationMatrix row schur slu sparse sqrtm squeeze subset sylvester trace transpose usolve usolveAll zeros",
    ),
    ("Big numbers", "bigint bignumber"),
    ("Fractions", "den fraction num"),
    (
        "Symbolic calculations",
        "compile derivative evaluate leafCount parse parser polynomialRoot rationalize resolve simplify simplifyConstant \
         simplifyCore symbolicEqual",
    ),
    ("Random numbers", "pickRandom random randomInt"),
    (
        "Sets",
        "setCartesian setDifference setDistinct setIntersect setIsSubset setMultiplicity setPowerset setSize \
         setSymDifference setUnion",
    ),
    (
        "Units",
        "atomicMass avogadro bohrMagneton bohrRadius boltzmann classicalElectronRadius conductanceQuantum \
         coulombConstant createUnit deuteronMass efimovFactor electricConstant electronMass elementaryCharge faraday \
         fermiCoupling fineStructure firstRadiation gasConstant gravitationConstant gravity hartreeEnergy \
         inverseConductanceQuantum klitzing loschmidt magneticConstant magneticFluxQuantum molarMass molarMassC12 \
         molarPlanckConstant molarVolume neutronMass nuclearMagneton planckCharge planckConstant planckLength planckMass \
         planckTemperature planckTime protonMass quantumOfCirculation reducedPlanckConstant rydberg sackurTetrode \
         secondRadiation speedOfLight splitUnit stefanBoltzmann thomsonCrossSection to toBest unit vacuumImpedance \
         weakMixingAngle wienDisplacement",
    ),
];

/// Those that are about something else.
const OTHERS: &str = "bellNumbers bernoulli boolean catalan chain combinationsWithRep compareNatural compareText \
    composition config corr create deepEqual distance emit equalScalar equalText factory freqz hasNumericValue help import \
    intersect invmod isBounded isFinite isNumeric kldivergence lgamma mad multinomial nthRoots nullish numeric off on once \
    print replacer reviver solveODE stirlingS2 typeOf typed version xgcd zeta zpk2tf";

/// The prefixes of units, and the units that take them.
const UNITS: [(&str, &str); 6] = [
    (
        "",
        "inch foot yard mile link rod chain angstrom in ft yd mi li rd ch mil sqin sqft sqyd sqmi sqrd sqch sqmil acre \
         hectare cuin cuft cuyd teaspoon tablespoon drop gtt minim fluiddram fluidounce gill cc cup pint quart gallon \
         beerbarrel oilbarrel hogshead grain dram ounce poundmass hundredweight stick stone gr dr oz lbm cwt min h minute \
         hour day week month year decade century millennium cycle arcsec arcmin lbf poundforce kilogramforce hp psi atm \
         torr mmHg mmH2O cmH2O inches feet yards miles links rods chains angstroms teaspoons tablespoons minims fldr \
         fluiddrams floz fluidounces gi gills cp cups pt pints qt quarts gal gallons bbl beerbarrels obl oilbarrels \
         hogsheads gtts grains drams ounces poundmasses hundredweights sticks lb lbs kgf acres hectares sqfeet sqyard \
         sqmile sqmiles mmhg mmh2o cmh2o minutes mins hours hr hrs days weeks months years decades centuries millennia \
         cycles arcsecond arcseconds arcminute arcminutes",
    ),
    (
        LONG,
        "meter litre gram tonne second sec hertz radian degree gradian ampere kelvin celsius fahrenheit rankine mole \
         candela newton dyne kip joule electronvolt watt coulomb farad volt henry siemens weber tesla meters litres liter \
         liters grams tonnes kips seconds secs radians degrees gradians watts joules amperes amps amp coulombs volts \
         farads webers teslas electronvolts moles erg bar ohm ohms",
    ),
    (
        SHORT,
        "m L l g ton t s Hz rad deg grad A K degC degF degR mol cd N dyn J Wh eV W VAR VA Pa C Ah F V H S Wb T lt tons m2 \
         m3 erg bar ohm ohms",
    ),
    ("MM", "BTU BTUs"),
    ("k M G T P E Z Y Ki Mi Gi Ti Pi Ei Zi Yi", "b B"),
    ("kilo mega giga tera peta exa zetta yotta kibi mebi gibi tebi pebi exi zebi yobi", "bits bytes bit byte"),
];
const LONG: &str = "deca hecto kilo mega giga tera peta exa zetta yotta ronna quetta deci centi milli micro nano pico femto \
                    atto zepto yocto ronto quecto";
const SHORT: &str = "da h k M G T P E Z Y R Q d c m u n p f a z y r q";

/// Whether math.js knows a unit of this name.
pub(super) fn is_unit(name: &str) -> bool {
    UNITS.iter().any(|(prefixes, units)| {
        units.split_ascii_whitespace().any(|unit| {
            let prefix = name.strip_suffix(unit);
            prefix.is_some_and(|prefix| {
                prefix.is_empty() || prefixes.split_ascii_whitespace().any(|known| known == prefix)
            })
        })
    })
}
