//! Names from school, calculators, spreadsheets (English and Portuguese), MATLAB and NumPy. Each has an equivalent in
//! this language, or a note that there is none.

use unicode_normalization::UnicodeNormalization;

/// The equivalent of such a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// The name of the same function here.
    Named(&'static str),
    /// A formula for a call: `{0}` is the first argument, `{1}` the second.
    Written(&'static str),
    /// There is no equivalent: the reason, and what to write instead, in English and in Portuguese.
    Absent(&'static str, &'static str),
}

use Elsewhere::{Absent, Named, Written};

/// The names are in lower case without accents.
const NAMES: &[(&str, Elsewhere)] = &[
    // Trigonometry.
    ("sen", Named("sin")),
    ("seno", Named("sin")),
    ("sine", Named("sin")),
    ("cosseno", Named("cos")),
    ("coseno", Named("cos")),
    ("cosine", Named("cos")),
    ("tg", Named("tan")),
    ("tang", Named("tan")),
    ("tangente", Named("tan")),
    ("tangent", Named("tan")),
    ("cotg", Named("cot")),
    ("ctg", Named("cot")),
    ("cotan", Named("cot")),
    ("cotangent", Named("cot")),
    ("cotangente", Named("cot")),
    ("secant", Named("sec")),
    ("secante", Named("sec")),
    ("cosec", Named("csc")),
    ("cossec", Named("csc")),
    ("cosecant", Named("csc")),
    ("cossecante", Named("csc")),
    ("sec", Written("1/cos({0})")),
    ("csc", Written("1/sin({0})")),
    ("cot", Written("1/tan({0})")),
    ("asec", Written("acos(1/({0}))")),
    ("acsc", Written("asin(1/({0}))")),
    ("acot", Written("atan(1/({0}))")),
    ("arcsin", Named("asin")),
    ("arcsen", Named("asin")),
    ("arcseno", Named("asin")),
    ("arcsine", Named("asin")),
    ("asen", Named("asin")),
    ("aseno", Named("asin")),
    ("arccos", Named("acos")),
    ("arccosine", Named("acos")),
    ("arcocosseno", Named("acos")),
    ("acosseno", Named("acos")),
    ("arctan", Named("atan")),
    ("arctangent", Named("atan")),
    ("arctg", Named("atan")),
    ("atg", Named("atan")),
    ("arctan2", Named("atan2")),
    ("arcsec", Named("asec")),
    ("arccsc", Named("acsc")),
    ("arccosec", Named("acsc")),
    ("arccot", Named("acot")),
    ("arccotg", Named("acot")),
    ("arcctg", Named("acot")),
    ("actg", Named("acot")),
    ("senh", Named("sinh")),
    ("sh", Named("sinh")),
    ("ch", Named("cosh")),
    ("th", Named("tanh")),
    ("tgh", Named("tanh")),
    ("sech", Written("1/cosh({0})")),
    ("csch", Written("1/sinh({0})")),
    ("coth", Written("1/tanh({0})")),
    ("cotgh", Written("1/tanh({0})")),
    ("arcsinh", Named("asinh")),
    ("arsinh", Named("asinh")),
    ("arcsenh", Named("asinh")),
    ("asenh", Named("asinh")),
    ("arccosh", Named("acosh")),
    ("arcosh", Named("acosh")),
    ("arctanh", Named("atanh")),
    ("artanh", Named("atanh")),
    ("atgh", Named("atanh")),
    ("sind", Written("sin({0}°)")),
    ("cosd", Written("cos({0}°)")),
    ("tand", Written("tan({0}°)")),
    ("deg2rad", Named("radians")),
    ("rad2deg", Named("degrees")),
    ("torad", Named("radians")),
    ("todeg", Named("degrees")),
    ("graus", Named("degrees")),
    ("radianos", Named("radians")),
    (
        "grad",
        Absent(
            "there are no gradians and no gradients here; for an angle of x gradians write x*pi/200",
            "não há grados nem gradientes aqui; para um ângulo de x grados escreva x*pi/200",
        ),
    ),
    // Powers, roots, logarithms.
    ("sqr", Named("sqrt")),
    ("sgrt", Named("sqrt")),
    ("sqtr", Named("sqrt")),
    ("sqt", Named("sqrt")),
    ("srqt", Named("sqrt")),
    ("squrt", Named("sqrt")),
    ("sqroot", Named("sqrt")),
    ("squareroot", Named("sqrt")),
    ("raiz", Named("sqrt")),
    ("raizq", Named("sqrt")),
    ("raizquadrada", Named("sqrt")),
    ("raiz_quadrada", Named("sqrt")),
    ("cubroot", Named("cbrt")),
    ("cuberoot", Named("cbrt")),
    ("cubert", Named("cbrt")),
    ("gama", Named("gamma")),
    ("hipotenusa", Named("hypot")),
    ("hypotenuse", Named("hypot")),
    ("raizcubica", Named("cbrt")),
    ("raiz_cubica", Named("cbrt")),
    ("square", Written("({0})**2")),
    ("quadrado", Written("({0})**2")),
    ("cube", Written("({0})**3")),
    ("cubo", Written("({0})**3")),
    ("power", Named("pow")),
    ("potencia", Named("pow")),
    ("pot", Named("pow")),
    ("exponencial", Named("exp")),
    ("logn", Named("ln")),
    ("loge", Named("ln")),
    ("nlog", Named("ln")),
    ("lognat", Named("ln")),
    ("lg", Named("log10")),
    ("logten", Named("log10")),
    ("log_10", Named("log10")),
    ("lb", Named("log2")),
    ("ld", Named("log2")),
    ("log_2", Named("log2")),
    ("ln1p", Named("log1p")),
    ("logaritmo", Named("log")),
    ("inverse", Written("1/({0})")),
    ("reciprocal", Written("1/({0})")),
    ("inverso", Written("1/({0})")),
    // Whole numbers and rounding.
    ("absolute", Named("abs")),
    ("absoluto", Named("abs")),
    ("magnitude", Named("abs")),
    ("ceiling", Named("ceil")),
    ("roundup", Named("ceil")),
    ("round_up", Named("ceil")),
    ("arredondar_para_cima", Named("ceil")),
    ("teto", Named("ceil")),
    ("rounddown", Named("floor")),
    ("round_down", Named("floor")),
    ("piso", Named("floor")),
    ("chao", Named("floor")),
    ("fix", Named("trunc")),
    ("truncate", Named("trunc")),
    ("truncar", Named("trunc")),
    ("inteiro", Named("int")),
    ("integer", Named("int")),
    ("arred", Named("round")),
    ("arredondar", Named("round")),
    ("arredonda", Named("round")),
    ("rnd_half_up", Named("round_half_up")),
    ("roundhalfup", Named("round_half_up")),
    ("frac", Written("({0}) % 1")),
    ("fract", Written("({0}) % 1")),
    ("sign", Named("sgn")),
    ("signum", Named("sgn")),
    ("sinal", Named("sgn")),
    ("rem", Named("fmod")),
    ("resto", Written("({0}) % ({1})")),
    ("mod", Written("({0}) % ({1})")),
    ("modulo", Written("({0}) % ({1})")),
    ("add", Written("({0}) + ({1})")),
    ("subtract", Written("({0}) - ({1})")),
    ("sub", Written("({0}) - ({1})")),
    ("multiply", Written("({0})*({1})")),
    ("mul", Written("({0})*({1})")),
    ("divide", Written("({0})/({1})")),
    ("floordiv", Written("({0}) // ({1})")),
    ("floor_divide", Written("({0}) // ({1})")),
    ("rational", Written("({0})/({1})")),
    ("fraction", Written("({0})/({1})")),
    ("negative", Written("(-({0}))")),
    ("xor", Written("({0}) ^ ({1})")),
    ("parseint", Named("int")),
    ("bigint", Named("int")),
    ("parsefloat", Named("float")),
    ("number", Named("float")),
    ("if", Written("({0} ? {1} : {2})")),
    ("se", Written("({0} ? {1} : {2})")),
    ("iif", Written("({0} ? {1} : {2})")),
    ("and", Written("({0} and {1})")),
    ("or", Written("({0} or {1})")),
    ("ou", Written("({0} or {1})")),
    ("not", Written("(not {0})")),
    ("nao", Written("(not {0})")),
    ("quotient", Written("({0}) // ({1})")),
    ("quociente", Written("({0}) // ({1})")),
    ("div", Written("({0}) // ({1})")),
    ("mdc", Named("gcd")),
    ("gcf", Named("gcd")),
    ("hcf", Named("gcd")),
    ("mcd", Named("gcd")),
    ("mmc", Named("lcm")),
    ("mcm", Named("lcm")),
    ("fact", Named("factorial")),
    ("fat", Named("factorial")),
    ("fatorial", Named("factorial")),
    ("binom", Named("comb")),
    ("binomial", Named("comb")),
    ("choose", Named("comb")),
    ("combin", Named("comb")),
    ("combination", Named("comb")),
    ("combinations", Named("comb")),
    ("combinacao", Named("comb")),
    ("ncr", Named("comb")),
    ("nchoosek", Named("comb")),
    ("npr", Named("perm")),
    ("permut", Named("perm")),
    ("permutation", Named("perm")),
    ("permutations", Named("perm")),
    ("arranjo", Named("perm")),
    ("fatorar", Named("factor")),
    ("factorint", Named("factor")),
    ("factorize", Named("factor")),
    ("primefactors", Named("factor")),
    ("fibonacci", Named("fib")),
    ("is_prime", Named("isprime")),
    ("primeq", Named("isprime")),
    ("primo", Named("isprime")),
    ("eprimo", Named("isprime")),
    // Statistics.
    ("average", Named("mean")),
    ("avg", Named("mean")),
    ("media", Named("mean")),
    ("mediana", Named("median")),
    ("med", Named("median")),
    ("moda", Named("mode")),
    ("modo", Named("mode")),
    ("std", Named("stdev")),
    ("stddev", Named("stdev")),
    ("stdv", Named("stdev")),
    ("stdevp", Named("pstdev")),
    ("stdp", Named("pstdev")),
    ("desvpad", Named("stdev")),
    ("desvpadp", Named("pstdev")),
    ("desviopadrao", Named("stdev")),
    ("desvio_padrao", Named("stdev")),
    ("var", Named("variance")),
    ("varp", Named("pvariance")),
    ("variancia", Named("variance")),
    ("covar", Named("covariance")),
    ("cov", Named("covariance")),
    ("correl", Named("correlation")),
    ("corr", Named("correlation")),
    ("corrcoef", Named("correlation")),
    ("percentil", Named("percentile")),
    ("prctile", Named("percentile")),
    ("quantil", Named("quantile")),
    ("geomean", Named("geometric_mean")),
    ("gmean", Named("geometric_mean")),
    ("harmean", Named("harmonic_mean")),
    ("hmean", Named("harmonic_mean")),
    ("maximo", Named("max")),
    ("maximum", Named("max")),
    ("maior", Named("max")),
    ("minimo", Named("min")),
    ("minimum", Named("min")),
    ("menor", Named("min")),
    ("soma", Named("sum")),
    ("somar", Named("sum")),
    ("total", Named("sum")),
    ("summation", Named("sum")),
    ("array", Written("{0}")),
    ("arange", Named("range")),
    ("somatorio", Named("sum")),
    ("product", Named("prod")),
    ("produto", Named("prod")),
    ("produtorio", Named("prod")),
    ("mult", Named("prod")),
    ("sumproduct", Named("sumprod")),
    ("somarproduto", Named("sumprod")),
    ("length", Named("len")),
    ("lenght", Named("len")),
    ("count", Named("len")),
    ("tamanho", Named("len")),
    ("contar", Named("len")),
    ("sort", Named("sorted")),
    ("ordenar", Named("sorted")),
    ("rand", Named("rnd")),
    ("random", Named("rnd")),
    ("aleatorio", Named("rnd")),
    ("randbetween", Named("randint")),
    ("aleatorioentre", Named("randint")),
    (
        "norm",
        Absent(
            "there are no vectors here; the length of (x, y) is hypot(x, y)",
            "não há vetores aqui; o comprimento de (x, y) é hypot(x, y)",
        ),
    ),
    (
        "rank",
        Absent(
            "there are no matrices here, and no ranks; sorted([…]) puts numbers in order",
            "não há matrizes nem postos aqui; sorted([…]) põe números em ordem",
        ),
    ),
    (
        "quartile",
        Absent(
            "write percentile([…], 25) for the first quartile, 50 and 75 for the others",
            "escreva percentile([…], 25) para o primeiro quartil, 50 e 75 para os outros",
        ),
    ),
    (
        "quartil",
        Absent(
            "write percentile([…], 25) for the first quartile, 50 and 75 for the others",
            "escreva percentile([…], 25) para o primeiro quartil, 50 e 75 para os outros",
        ),
    ),
    // Calculus and equations.
    ("integrate", Named("integral")),
    ("int_def", Named("integral")),
    ("quad", Named("integral")),
    ("derivada", Named("derivative")),
    ("deriv", Named("derivative")),
    ("diff", Named("derivative")),
    ("ddx", Named("derivative")),
    ("raizes", Named("roots")),
    ("polyroots", Named("roots")),
    ("fzero", Named("root")),
    ("nthroot", Named("root")),
    ("nroot", Named("root")),
    ("surd", Named("root")),
    (
        "solve",
        Absent(
            "equations are not solved in symbols here; a zero between two numbers is root(x**2-2, x, 0, 2), those of a \
         polynomial are roots([1, 0, -2])",
            "equações não são resolvidas em símbolos aqui; um zero entre dois números é root(x**2-2, x, 0, 2), os de um \
         polinômio são roots([1, 0, -2])",
        ),
    ),
    (
        "resolver",
        Absent(
            "equations are not solved in symbols here; a zero between two numbers is root(x**2-2, x, 0, 2)",
            "equações não são resolvidas em símbolos aqui; um zero entre dois números é root(x**2-2, x, 0, 2)",
        ),
    ),
    (
        "fsolve",
        Absent(
            "a zero between two numbers is root(x**2-2, x, 0, 2) here",
            "um zero entre dois números é root(x**2-2, x, 0, 2) aqui",
        ),
    ),
    (
        "lim",
        Absent(
            "there are no limits here; try values that come near, as in x=1e-8; sin(x)/x",
            "não há limites aqui; tente valores próximos, como em x=1e-8; sin(x)/x",
        ),
    ),
    (
        "limit",
        Absent(
            "there are no limits here; try values that come near, as in x=1e-8; sin(x)/x",
            "não há limites aqui; tente valores próximos, como em x=1e-8; sin(x)/x",
        ),
    ),
    (
        "limite",
        Absent(
            "there are no limits here; try values that come near, as in x=1e-8; sin(x)/x",
            "não há limites aqui; tente valores próximos, como em x=1e-8; sin(x)/x",
        ),
    ),
    ("laplace", Absent("there are no transforms here", "não há transformadas aqui")),
    ("fourier", Absent("there are no transforms here", "não há transformadas aqui")),
    ("fft", Absent("there are no transforms here", "não há transformadas aqui")),
    ("taylor", Absent("there are no series in symbols here", "não há séries em símbolos aqui")),
    ("series", Absent("there are no series in symbols here", "não há séries em símbolos aqui")),
    (
        "expand",
        Absent("expressions are calculated here, not rewritten", "expressões são calculadas aqui, não reescritas"),
    ),
    (
        "simplify",
        Absent("expressions are calculated here, not rewritten", "expressões são calculadas aqui, não reescritas"),
    ),
    (
        "simplificar",
        Absent("expressions are calculated here, not rewritten", "expressões são calculadas aqui, não reescritas"),
    ),
    (
        "sinc",
        Absent(
            "there is no sinc here, since it has two definitions; write sin(x)/x or sin(pi*x)/(pi*x)",
            "não há sinc aqui, pois tem duas definições; escreva sin(x)/x ou sin(pi*x)/(pi*x)",
        ),
    ),
    (
        "plot",
        Absent(
            "an expression has one value; curves are drawn by the plot",
            "uma expressão tem um valor; curvas são desenhadas pelo gráfico",
        ),
    ),
    // Matrices and vectors.
    (
        "det",
        Absent(
            "there are no matrices here; for two rows write a*d - b*c",
            "não há matrizes aqui; para duas linhas escreva a*d - b*c",
        ),
    ),
    ("matrix", Absent("there are no matrices here", "não há matrizes aqui")),
    ("matriz", Absent("there are no matrices here", "não há matrizes aqui")),
    (
        "inv",
        Absent(
            "there are no matrices here; the inverse of a number is 1/x",
            "não há matrizes aqui; o inverso de um número é 1/x",
        ),
    ),
    ("transpose", Absent("there are no matrices here", "não há matrizes aqui")),
    ("eig", Absent("there are no matrices here", "não há matrizes aqui")),
    ("trace", Absent("there are no matrices here", "não há matrizes aqui")),
    (
        "linspace",
        Absent(
            "there are no vectors here; a list of integers is list(range(a, b))",
            "não há vetores aqui; uma lista de inteiros é list(range(a, b))",
        ),
    ),
    (
        "zeros",
        Absent(
            "there are no vectors here; a list of n zeros is [0]*n",
            "não há vetores aqui; uma lista de n zeros é [0]*n",
        ),
    ),
    (
        "ones",
        Absent(
            "there are no vectors here; a list of n ones is [1]*n",
            "não há vetores aqui; uma lista de n uns é [1]*n",
        ),
    ),
    (
        "dot",
        Absent(
            "there are no vectors here; the sum of products is sumprod([…], […])",
            "não há vetores aqui; a soma dos produtos é sumprod([…], […])",
        ),
    ),
    ("cross", Absent("there are no vectors here", "não há vetores aqui")),
    // The rest.
    (
        "ans",
        Absent(
            "no earlier answer is kept here: give it a name, as in a = 2+3; a*2",
            "nenhuma resposta anterior é guardada aqui: dê um nome a ela, como em a = 2+3; a*2",
        ),
    ),
    (
        "last",
        Absent(
            "no earlier answer is kept here: give it a name, as in a = 2+3; a*2",
            "nenhuma resposta anterior é guardada aqui: dê um nome a ela, como em a = 2+3; a*2",
        ),
    ),
    (
        "dec",
        Absent(
            "numbers are written in decimal already; int('ff', 16) reads another base",
            "números já são escritos em decimal; int('ff', 16) lê outra base",
        ),
    ),
    ("today", Absent("there are no dates and no clock here", "não há datas nem relógio aqui")),
    ("now", Absent("there are no dates and no clock here", "não há datas nem relógio aqui")),
    ("hoje", Absent("there are no dates and no clock here", "não há datas nem relógio aqui")),
    ("agora", Absent("there are no dates and no clock here", "não há datas nem relógio aqui")),
    ("date", Absent("there are no dates and no clock here", "não há datas nem relógio aqui")),
    ("data", Absent("there are no dates and no clock here", "não há datas nem relógio aqui")),
    ("print", Absent("what an expression comes to is printed by itself", "o valor de uma expressão aparece sozinho")),
    ("let", Absent("a name gets a value with =, as in x = 3", "um nome recebe um valor com =, como em x = 3")),
    ("infinito", Named("inf")),
    ("infinity", Named("inf")),
    ("true", Named("True")),
    ("verdadeiro", Named("True")),
    ("false", Named("False")),
    ("falso", Named("False")),
    ("none", Named("None")),
    ("null", Named("None")),
    ("nil", Named("None")),
    ("nulo", Named("None")),
];

/// Names in capitals, which are those of spreadsheets, where they differ from Python's functions of the same name.
const CAPITALS: &[(&str, Elsewhere)] = &[
    // Ties away from 0, and towards -∞.
    ("ROUND", Named("round_half_up")),
    ("INT", Named("floor")),
    ("QUOTIENT", Written("trunc(({0})/({1}))")),
    (
        "ATAN2",
        Absent(
            "spreadsheets write ATAN2(x, y); here it is atan2(y, x)",
            "planilhas escrevem ATAN2(x; y); aqui é atan2(y, x)",
        ),
    ),
];

/// The equivalent of a function, constant or form that has this name elsewhere.
pub(crate) fn find(name: &str) -> Option<Elsewhere> {
    if let Some((_, meaning)) = CAPITALS.iter().find(|(capitals, _)| *capitals == name) {
        return Some(*meaning);
    }
    let plain = plain(name);
    NAMES.iter().find(|(elsewhere, _)| *elsewhere == plain).map(|(_, meaning)| *meaning)
}

/// The first equivalent whose name fulfils the predicate.
pub(crate) fn find_by(is_wanted: impl Fn(&str) -> bool) -> Option<Elsewhere> {
    NAMES.iter().find(|(elsewhere, _)| is_wanted(elsewhere)).map(|(_, meaning)| *meaning)
}

/// A word in lower case without accents.
pub(crate) fn plain(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let is_mark = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    word.to_lowercase().nfd().filter(|c| !is_mark(c)).collect()
}

/// A note on a name that has no equivalent, or that takes more arguments here, in English and in Portuguese.
pub(crate) fn note(name: &str) -> Option<(&'static str, &'static str)> {
    match (find(name), name) {
        (Some(Absent(english, portuguese)), _) => Some((english, portuguese)),
        (_, "root") => Some((
            "root takes four arguments: root(x**2-2, x, 0, 2) is the zero between 0 and 2; the cube root of 8 is ³√8",
            "root recebe quatro argumentos: root(x**2-2, x, 0, 2) é o zero entre 0 e 2; a raiz cúbica de 8 é ³√8",
        )),
        (_, "integral") => Some((
            "integral takes four arguments: integral(x**2, x, 0, 1)",
            "integral recebe quatro argumentos: integral(x**2, x, 0, 1)",
        )),
        (_, "derivative") => Some((
            "derivative takes three arguments: derivative(x**2, x, 3)",
            "derivative recebe três argumentos: derivative(x**2, x, 3)",
        )),
        _ => None,
    }
}
