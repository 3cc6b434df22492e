// Makes mathjs_sisters.jsonl: what math.js answers to expressions of the same kinds as those of mathjs.jsonl.
//
//     cd "$(mktemp -d)" && npm init -y && npm install mathjs@15.2.0
//     node .../corpus/mathjs_sisters.mjs > .../corpus/mathjs_sisters.jsonl
//
// It reads math.js from the folder where it is called.

import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'node_modules/'))
const { create, all } = require('mathjs')
const math = create(all)
if (math.version !== '15.2.0') throw new Error(`mathjs is ${math.version}`)

// Random numbers with a fixed seed (mulberry32).
let seed = 20261129
function random () {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const pick = items => items[Math.floor(random() * items.length)]
const integer = (from, to) => from + Math.floor(random() * (to - from + 1))
const decimal = () => (integer(1, 99999) / pick([1, 10, 100, 1000])).toString()
const number = () => pick([() => String(integer(0, 20)), () => String(integer(1, 1000)), decimal])()

function arithmetic (depth) {
  if (depth === 0) return number()
  const [a, b] = [arithmetic(depth - 1), arithmetic(pick([0, depth - 1]))]
  return pick([`${a} + ${b}`, `${a} - ${b}`, `${a} * ${b}`, `${a} / ${b}`, `(${a})`, `-${a}`, `(${a} - ${b})`])
}

function grammar (depth) {
  if (depth === 0) return pick(['2', '3', '0.5', '10', 'pi', 'e', 'x', 'i', '4', '1', 'true'])
  const [a, b] = [grammar(depth - 1), grammar(pick([0, depth - 1]))]
  const binary = pick(['+', '-', '*', '/', ' mod ', '%', '^', '==', '<', '>=', '!=', ' and ', ' or ', ' xor ', '&', '|',
    '^|', '<<', '>>', ' '])
  return pick([
    `${a}${binary}${b}`, `${a}${binary}${b}`, `${a}${binary}${b}`, `(${a})`, `-${a}`, `not ${a}`, `${a}!`, `${a}%`,
    `${a} ? ${b} : 2`, `2 ${a}`, `(${a})(${b})`, `1/2 ${a}`, `sqrt(${a})`, `abs(${a})`, `~${a}`, `+${a}`, `${a} + ${b}%`
  ])
}

const unary = `abs acos acosh acot acoth acsc acsch arg asec asech asin asinh atan atanh cbrt ceil conj cos cosh cot coth
  csc csch cube erf exp expm1 factorial fix floor gamma im isInteger isNaN isNegative isPositive isPrime isZero log log10
  log1p log2 not nthRoot number re round sec sech sign sin sinh sqrt square string tan tanh unaryMinus unaryPlus`
  .split(/\s+/)
const ofTwo = `add and atan2 compare combinations complex divide equal gcd hypot larger largerEq lcm log max mean median min
  mod mode multiply nthRoot or permutations pow prod round smaller smallerEq std subtract sum unequal variance xor bitAnd
  bitOr bitXor leftShift rightArithShift rightLogShift floor ceil fix`.split(/\s+/)
const values = ['0', '1', '-1', '2', '0.5', '-2.7', '10', '7', '100', '1e-9', '170', '-0.3', '3.0000000000001', 'true',
  '"3"', 'null', '12.345', '2 + 3i', '-i', '0.25', '33', 'Infinity', 'NaN']

const expressions = { }
const put = (category, ...more) => { (expressions[category] ??= []).push(...more) }

for (let n = 0; n < 150; n++) put('arithmetic', arithmetic(integer(1, 4)))
for (let n = 0; n < 40; n++) put('power', `${pick(['2', '3', '1.5', '10', '0.5', '-2'])}^${pick(['2', '10', '0.5', '-3', '53', '1/3', '-0.5'])}`)
for (let n = 0; n < 700; n++) put('grammar', grammar(integer(1, 4)))
for (const name of unary) for (let n = 0; n < 8; n++) put('functions', `${name}(${pick(values)})`)
for (const name of ofTwo) for (let n = 0; n < 6; n++) put('functions', `${name}(${pick(values)}, ${pick(values)})`)
for (let n = 0; n < 60; n++) {
  const list = Array.from({ length: integer(1, 7) }, () => pick([integer(-9, 9), integer(0, 100) / 4])).join(', ')
  put('lists', `${pick(['max', 'min', 'sum', 'prod', 'mean', 'median', 'mode', 'std', 'variance', 'sort', 'size', 'cumsum',
    'hypot', 'abs', 'round'])}([${list}])`)
}
for (let n = 0; n < 20; n++) {
  put('lists', `quantileSeq([${Array.from({ length: integer(2, 6) }, () => integer(0, 30)).join(', ')}], ${random().toFixed(2)})`)
}
put('implicit', '2 pi', '2(3 + 4)', '(1 + 1)(2 + 2)', '1/2 pi', '1/2(3)', '2/3 4', '-1/2 pi', '6/2(1+2)', 'x = 2; 1/x 3', 'x = 3; 2x^2',
  'x = 3; 2 x y', '3 sqrt(4) 2', '5! 2', '2 e^2', '2^3 pi', '4 (5) (6)', 'x = 2; x(3)', 'x = 2; (x)(3)', '1/2/3 pi', '+1/2 pi',
  '2 i', '3i^2', '2 (3) ^ 2', '8/2 4', '(8)/2 pi', 'x = 4; 1/2 x', '2.5(2)', '2 true', '1 2', '(2) 3', 'pi pi', 'pi 2', '2pi3')
put('percent', '10%', '100 + 10%', '100 - 10%', '100 * 10%', '100 / 10%', '10% + 5', '10% - 5', '10% * 3', '50% 3', '50%(3)', '-10%',
  '(10)%', '100 + 10% + 5%', '100 + (10%)', '200 - 5% * 2', '5!%', '10%%3', '10% mod 3', '5 % 3 % 2', '-7 % 3', '7 % -3', '5.5 % 2', '5 % 0',
  '10 mod 4 * 2', '2 * 10 mod 4', 'x = 8; x%', 'x = 8; x % 3', '10%^2', '2^2%', '100 + 50% 2', '5%!', '(1 + 9%)^2', '1e3 + 5%')
put('logic', '0.1 + 0.2 == 0.3', '1 == 1 + 1e-13', '1 < 1 + 1e-13', '1 <= 1 - 1e-13', '1 < 2 < 3', '3 > 2 > 2', '1 < 3 < 2', '1 == 1 == 1',
  'true and 1', '0 or 2', '1 xor 1', 'not 0', 'not 5', '1 ? 2 : 3', '0 ? 2 : 3', 'true ? false ? 1 : 2 : 3', '1 > 2 ? 1 : 2 > 1 ? 5 : 6',
  'null ?? 4', '3 ?? 4', 'null == null', 'null == 0', 'undefined == null', 'NaN == NaN', 'Infinity == Infinity', '1e-16 == 0', 'i == i',
  'i < 2', '"1" == 1', '"a" == "a"', 'true == 1', 'true > false', '5 & 3', '5 | 3', '5 ^| 3', '~5', '~-1', '1 << 31', '1 << 32', '-8 >> 1',
  '-8 >>> 28', '2^33 | 1', '1.5 | 1', '5 & true', '"6" & 3', '1 or nothing', '0 and nothing', '0 or nothing', '-1 & 255', '1 < 2 == true')
put('precision', ...['1/3', '2/3', '12345.678', '0.00012345', '99999', '99999.5', '0.0009999', '1e21', '123456789', '2 + 3i', '1/3 + 2/3i',
  '1e-20 + i', '[1/3, 2/3]', '"1/3"', '9.995', '0.5', '1.5', '25', '-1234.5', 'pi * 1e5', 'a = 1/3; a'])
put('printing', '100000', '99999.9', '-100000', '0.001', '0.00099', '1e20', '1e21', '123456789012', '1/7', '-0', '0 * -1', '1/-0', '1e-7', '2^0.5',
  '5e-324', '1.7976931348623157e308', '1e309', '-1e309', '0/0', 'i', '-i', '1 + i', '1 - i', '2i', '-2.5i', '1e6 + 1e-6i', 'sqrt(-4)', '[]', '[1]', '[1, "a", true, null, 2i]',
  "'a\"b'", '"tab\\t"', '"\\u00e9"', '"\\\\"', 'null', 'undefined', 'true', 'sin', 'f(x, y) = x', '1\n2', '1;2', '1e6;1e6\n1/3', '"a"\n"b"', '2i\n1e21\n1e-7', '[1e6]\n3')
put('literals', '0x1f', '0b101', '0o17', '0x1F.8', '0b1.1', '0xffi8', '0x7fi8', '1.', '.5', '1.e2', '1e+2', '1E2', '1e', '1e+', '0b2', '0xg', '1_000', '1.2.3', '00012', '1e400', '0x', '1e1.5',
  '0.1e-3', '12e-2', '0xFFFFFFFFFFFFFFFFF', '5n', '1.5e3i', '2e', '2 e', '0x10 + 0b11')
put('statements', 'a = 2; a^2', 'a = 2\na^2', 'a = b = 3', 'a = 1; a = a + 1; a', 'f(x) = x^2; f(3)', 'f(x, y) = x + y\nf(1, 2)', 'f(n) = n <= 1 ? 1 : n * f(n - 1); f(6)',
  'x = 3;', ';', '', '  ', '# c', '1 # c', '1;;2', '\n\n1\n\n', 'a = [1, 2, 3]; a[2]', 'a = [1, 2, 3]; a[2] = 9; a', 'a = [1]; a[3] = 5; a', 'g(x) = f(x) + 1; f(x) = 2x; g(4)',
  'e = 5; e', 'pi = 3; 2 pi', 'sin = 3; sin', 'f(x) = x + y; y = 10; f(1)', 'f(x) = y = x; f(4); y', 'x = 5; x(2)', 'f(1)', 'f(x) = x; f(1, 2)', 'f(x) = x; f()', 'a', 'a = ', '= 3', '1 = 2',
  'true = 2', 'a + 1 = 2', 'f(1) = 2', 'f(x) = x\nf(2)', 'f() = 3; f()', 'm = 5; 2 m', 'in = 3', 'h(x) = x > 0 ? x : -x\nh(-3)', 'k(g, x) = g(x); k(sqrt, 16)', '(a = 3) + a', 'a = 1 ? 2 : 3; a')
put('strings', '"a"', "'a'", 'concat("a", "b", "c")', '"abc"[2]', '"abc"[2:3]', '"abc"[end]', '"abc"[0]', '"abc"[4]', 'size("abcd")', 'string(1/3)', 'string(1e6)', 'string(true)', 'string(2 + 3i)', 'string([1, 2])',
  'number("12")', 'number("abc")', 'number("0x1f")', 'number(" 7 ")', 'number("")', 'number(true)', 'number(null)', 'number()', '"2" + 3', '"2" * "3"', '"a" + 1', 'format(1/3, 2)', 'format(2 + 3i, 1)', 'format([1/3], 3)', 'format("a")', 'format(123456)',
  'bin(10)', 'bin(-3)', 'bin(2.5)', 'hex(255)', 'hex(-255)', 'oct(64)', 'bin(-5, 8)', 'hex(255, 8)', 'hex(0.1)', 'bin(1e20)', 'complex("1 - 2i")', 'complex("x")', 'complex(1, 2)', '"unclosed', '"bad \\x"', '""', 'concat("a", 1)')
put('lists', '1:5', '1:2:9', '5:-1:1', '5:1', '0:0.1:0.5', '1:0', '0:0:1', '1:3 + 1', '[1, 2, 3][2]', '[1, 2, 3][2:3]', '[1, 2, 3][end]', '[1, 2, 3][0]', '[1, 2, 3][4]', '[1, 2, 3][1.5]', '[1, 2, 3][[1, 3]]', 'a = 1:5; a[2:end - 1]', 'a = 1:5; a[:3]',
  'a = 1:5; a[4:]', 'sort([3, 1, 2], "desc")', 'sort([3, 1, 2], "asc")', 'sort([3, 1, 2], "x")', 'concat([1, 2], [3])', 'size([])', 'sum([])', 'max([])', 'mean([])', 'prod([])', 'median([])', 'mode([1, 1, 2, 2])', 'std([1, 2, 4], "uncorrected")', 'variance([1, 2, 4], "biased")',
  'quantileSeq([1, 3, 2], [0.25, 0.5])', 'quantileSeq([1, 2, 3, 4], 3)', 'cumsum(1, 2, 3)', 'sum(1, 2, 3)', 'sum("3", 4)', 'max(1, "5")', 'max(1, NaN, 3)', 'mean(1, 2i)', 'sum(1:100)', 'prod(1:10)', 'mean(1:1000)', 'gcd([12, 18])', '[1, 2,]', '[,]', '[1 2]', 'std(5)', 'median(4, 1, 3, 2)', 'sqrt([4])', 'floor([1.5, 2.5])', 'isPrime([2, 3, 4])')
put('complex', '(1 + 2i) * (3 - i)', '(1 + 2i) / (3 - i)', '(1 + i)^3', '(1 + i)^0.5', 'i^i', 'i^2', 'e^(i pi)', '2^i', '(-8)^(1/3)', '(-1)^0.5', 'sqrt(-2)', 'sqrt(3 + 4i)', 'log(-1)', 'log(i)', 'log(-2, 2)', 'log10(-10)', 'log2(-8)', 'exp(i)', 'abs(3 + 4i)',
  'arg(1 + i)', 'conj(1 + 2i)', 're(1 + 2i)', 'im(1 + 2i)', 'sin(i)', 'cos(1 + i)', 'tan(i)', 'asin(2)', 'acos(2)', 'acosh(0.5)', 'atanh(2)', 'asin(1 + i)', 'acos(1 + i)', 'atan(1 + i)', 'sinh(i)', 'cosh(1 + i)', 'tanh(1 + i)', 'asinh(1 + i)', 'acosh(1 + i)', 'atanh(1 + i)',
  'round(2.567 + 3.123i, 1)', 'floor(2.5 + 3.5i)', 'sign(3 + 4i)', '0 * i', 'i / 0', 'i * Infinity', '1 / i', 'i - i', '(2 + 0i) == 2', 'cbrt(8i)', 'not i', 'i!', 'i % 2', 'cot(i)', 'sec(i)', 'square(1 + i)', 'cube(1 + i)', '-(1 + i)', '(1 + i) + (2 - i)')
put('errors', '2 +', '* 2', '(1', '1)', '[1', '2 ** 3', '1 // 2', '1 === 1', '1 <> 2', 'foo', 'foo(1)', 'sqrt()', 'sqrt(1, 2)', 'max()', 'sin("a")', '1 @ 2', '2 @', '"a', 'f(', '1 ? 2', '1 ?', ': 2', '1,2', '(1,2)', 'and', '2 and', 'not', '!', '5 !=', 'factorial(-1)', 'gcd(1.5, 1)', 'lcm(0.5, 2)',
  'combinations(3, 5)', 'combinations(2.5, 1)', 'permutations(3, 5)', 'nthRoot(-4, 2)', 'nthRoot(4, 0)', 'round(1, 20)', 'round(1, -1)', 'round(1, 1.5)', '1..2', 'null + 1', 'undefined * 2', 'sin + 1', '2(', '√4', '2×3', 'π', '½', 'add(1)', 'subtract(1, 2, 3)', 'atan2(1)', '5 + "x"', 'not "x"', 'sort(3)', 'quantileSeq(1, 2)', 'quantileSeq([1], -1)', 'mode()', 'x[1]', '5[1]', 'end', '\u00a01', '1\r\n2', '}', ']')
put('units', '5 cm', '3 inch to cm', '2 kg', '10 km/h', 'sin(30 deg)', '5 in', 'cm', '20 celsius to fahrenheit', '1 byte', '2 GB to MB', 'speedOfLight', '3 m + 2 cm', 'unit("5 cm")', '5 mW', '1 l', '90 degrees', '2 hours to minutes')
put('matrices', '[1, 2; 3, 4]', '[[1, 2], [3, 4]]', 'det([1, 2; 3, 4])', 'inv([1, 2; 3, 4])', '[1, 2] * 2', '[1, 2] + [3, 4]', 'transpose([1, 2])', '[1, 2].^2', 'ones(2)', 'zeros(2, 2)', 'identity(2)', 'dot([1, 2], [3, 4])', 'cross([1, 2, 3], [4, 5, 6])', '-[1, 2]', '[1, 2] == [1, 3]', 'range(1, 4)', 'map([1], sqrt)', '[1:3]', '2 * [1, 2]', '-[1, 2]', 'not [1, 0]', '[1, 2] > 1')
put('symbolic', 'simplify("x + x")', 'derivative("x^2", "x")', 'parse("x")', 'bignumber("0.1")', 'fraction(1, 3)', 'bigint(5)', 'evaluate("1+1")', '{a: 1}', '{a: 1}.a', 'random()', 'rationalize("x")', 'typeOf(1)', 'a.b', 'a?.b')

const outside = new Set(['units', 'matrices', 'symbolic'])
const exact = new Set(['arithmetic', 'percent', 'precision', 'printing', 'literals', 'strings', 'lists', 'errors', 'logic'])

function evaluate (expr, precision) {
  const options = precision === undefined ? undefined : { precision }
  const format = value => options ? math.format(value, options) : math.format(value)
  try {
    const scope = {}
    const result = Array.isArray(expr) ? expr.map(e => format(math.evaluate(e, scope))) : format(math.evaluate(expr, scope))
    return { result, error: null }
  } catch (error) {
    return { result: null, error: error.toString() }
  }
}

const seen = new Set()
let count = 0
function tell (category, expr, precision) {
  // It would not end: the original tries all divisors.
  if (expr === 'isPrime(Infinity)') return
  const key = JSON.stringify([expr, precision])
  if (seen.has(key)) return
  seen.add(key)
  const answer = evaluate(expr, precision)
  // JavaScript's source text is no answer.
  if (JSON.stringify(answer).includes('theTypedFn')) return
  const record = { id: `ms${String(++count).padStart(4, '0')}`, category, expr }
  if (precision !== undefined) record.precision = precision
  Object.assign(record, answer)
  if (outside.has(category)) record.outside = category
  else record.tol = exact.has(category) ? 'exact' : 'libm'
  console.log(JSON.stringify(record))
}

for (const [category, texts] of Object.entries(expressions)) {
  for (const text of texts) {
    if (category !== 'precision') tell(category, text)
    else for (const precision of [1, 2, 3, 4, 6, 14, 16, 20]) tell(category, text, precision)
  }
}
for (const [exprs, precision] of [
  [['a = 3', 'a^2', 'a + b'], undefined], [['a = 3', 'a^2'], 3], [['1/3', '2/3'], 4], [['f(x) = 2x', 'f(4)', 'f(f(4))'], undefined],
  [['x = 2', 'x = x^2', 'x = x^2', 'x'], undefined], [[], undefined], [['1', ''], undefined], [['a = [1, 2, 3]', 'sum(a)', 'a[2]'], undefined],
  [['a = 1;', 'a\na'], 5], [['1 +', '2'], undefined], [['2', '1 +'], undefined], [['sqrt(-4)', 'ans'], undefined], [['i = 3', '2i'], undefined]
]) tell('sessions', exprs, precision)
// Where one side of an operator decides, or has an odd type; what is shown of JavaScript's own arrays.
for (const text of ['0 & "a"', '"a" & 0', '0 & 1.5', '1.5 & 0', '0 & null', 'null & 0', '0 & i', 'i & 0', '-1 | "a"', '-1 | 1.5', '1.5 | -1', '-1 | i', 'NaN & 0',
  '0 & NaN', 'NaN & 1', '1 & NaN', 'NaN | 0', '1 | NaN', 'NaN ^| 1', '0 & foo', '-1 | foo', 'bitAnd(0, 1.5)', 'bitOr(-1, 1.5)', 'bitAnd(NaN, 1.5)', 'bitAnd(1.5, NaN)',
  'bitOr(true, 1.5)', 'bitAnd(i, 1)', 'false & foo', 'true | foo', 'true & 3', 'complex(5, 0) & 1', '"0" & foo', '"-1" | 1.5', '"" & 3', '"x" | 3', 'undefined & 1', '-0 & foo',
  '5 & 3 & 0 & foo', '0 & foo | 1', '-1 | foo | 1', '1 & undefined', '0 & undefined', '-1 | Infinity', 'Infinity | -1', 'x = 0; f(y) = x & y; f(1.5)', 'Infinity i & 1', '0 & 3 | 4',
  '0 and "a"', '1 or "a"', '0 and i', '1 and i', '0 or i', '1 and (0 * i)', 'false or i', 'true and i', '"1" and i', 'i and 1', 'i or i', 'and(1, i)', 'or(0, i)', 'or(true, i)',
  'null or 1', '1 and null', 'NaN and foo', '1 and NaN', '1 or foo', 'log(NaN)', 'log(NaN, 2)', 'log(2, NaN)', 'log10(NaN)', 'log1p(NaN)', 'log1p(1, NaN)', 'log1p(NaN, 2)', 'log(-0)',
  'log(-Infinity)', '1; size(1)', 'size(1)', '1\nsize(1)', '1; size("ab")', '1; mode([1, 1, 2, 2])', '1; quantileSeq([1, 2, 3], [0.5, 0.2])', '1; cumsum(1, 2)', '1; cumsum([1, 2])',
  '1; sort(mode([2, 1]))', '1; concat(mode([1, 2]), [3])', '1; concat(mode([1, 2]), mode([1, 2]))', '1; mode([1, 2])[[1, 2]]', 'a = mode([1, 2]); a[1] = 5; a', '1; mode(["a", null])',
  '1; abs(mode([1, -2]))', 'size(1) ? 1 : 2', '[1] ? 1 : 2', '1; mode([2i, 1e21])', '1; quantileSeq([1, 2, 3], 2)']) tell('logic', text)
