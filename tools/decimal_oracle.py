"""Write random operations on decimals with the results that Python gives, one a line.

    python3 tools/decimal_oracle.py [COUNT] [SEED]

A line is `operation a b scale mode expected`, "-" for what an operation does not take. Decimals are plain text, doubles
the 16 hexadecimal digits of their bits, integers (of the 128-bit functions) plain; `mode` indexes MODES. Results that
the C++ side must refuse are named by the error: Overflow, DivisionByZero, InexactConversion.
Read by rustybt/core/decimal_oracle_test.cpp. The last line is `end COUNT`.
"""

import decimal
import random
import struct
import sys
from decimal import Decimal

MODES = [  # the order of rustybt::Rounding
    decimal.ROUND_CEILING,
    decimal.ROUND_DOWN,
    decimal.ROUND_FLOOR,
    decimal.ROUND_HALF_DOWN,
    decimal.ROUND_HALF_EVEN,
    decimal.ROUND_HALF_UP,
    decimal.ROUND_UP,
    decimal.ROUND_05UP,
]
MAX_DIGITS = 38
MAX_SCALE = 38
LIMIT = 10**MAX_DIGITS
INT128_MIN, INT128_MAX = -(2**127), 2**127 - 1
INT64_MAX = 2**63 - 1

# Sums and products below are exact at this precision (a product of two coefficients has 76 digits, a double 767).
EXACT = decimal.Context(prec=1200, Emax=999999, Emin=-999999)
# Quotients: ROUND_05UP keeps what is needed to round a second time correctly (Python's documentation of the mode).
STICKY = decimal.Context(prec=200, rounding=decimal.ROUND_05UP, Emax=999999, Emin=-999999)

EDGES = sorted(
    {0, 1, 2, 5, LIMIT - 1, 2**53 - 1, 2**53, 2**53 + 1, 2**62, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1, 2**64, 2**64 + 1}
    | {10**k + d for k in range(MAX_DIGITS) for d in (-1, 0, 1)}
    | {5 * 10**k for k in range(MAX_DIGITS)}
    | {5 * 10**k + d for k in (1, 8, 18, 19, 27, 36) for d in (-1, 1)}
)
EDGES_128 = EDGES + [LIMIT, 2**126, INT128_MAX - 1, INT128_MAX, LIMIT + 1, 15 * 10**37]
SCALES = list(range(MAX_SCALE + 1))
COMMON_SCALES = [0, 0, 1, 2, 2, 3, 4, 6, 8, 9, 12, 18, 21]

rng = random.Random()


def plain(value):
    """Text of a Decimal as C++ prints it: no exponent, no sign on zero."""
    text = format(value, "f")
    return text[1:] if text[0] == "-" and not value else text


def scaled(coefficient, scale):
    return Decimal(coefficient).scaleb(-scale, EXACT)


def fitted(value):
    """An exact result: zeros after the point are dropped when it has more than 38 digits; else it overflows."""
    scale = -value.as_tuple().exponent
    if scale < 0:
        value, scale = value.quantize(Decimal(1), context=EXACT), 0
    coefficient = int(value.scaleb(scale, EXACT))
    while scale > MAX_SCALE or not -LIMIT < coefficient < LIMIT:
        if scale == 0 or coefficient % 10:
            return "Overflow"
        coefficient //= 10
        scale -= 1
    return plain(scaled(coefficient, scale))


def rounded(value, scale, mode):
    """`value` at `scale`, rounded once, as text, or Overflow."""
    result = value.quantize(scaled(1, scale), rounding=MODES[mode], context=EXACT)
    return plain(result) if -LIMIT < int(result.scaleb(scale, EXACT)) < LIMIT else "Overflow"


def random_integer(edges, largest_bits):
    kind = rng.random()
    if kind < 0.35:
        value = rng.choice(edges)
    elif kind < 0.55:  # many zeros or a five before them: ties, and zeros to drop
        value = rng.getrandbits(rng.randrange(1, 60)) * 10 ** rng.randrange(0, 18)
        value = value * 10 + rng.choice((0, 5))
    else:
        value = rng.getrandbits(rng.randrange(1, largest_bits + 1))
    return -value if rng.random() < 0.5 else value


def random_coefficient():
    value = random_integer(EDGES, 126)
    return value if -LIMIT < value < LIMIT else value % LIMIT


def random_scale():
    return rng.choice(COMMON_SCALES) if rng.random() < 0.6 else rng.choice(SCALES)


def random_decimal():
    return scaled(random_coefficient(), random_scale())


def random_int128():
    value = random_integer(EDGES_128, 127)
    return INT128_MIN if value == -INT128_MAX and rng.random() < 0.5 else value


EDGE_DOUBLES = [0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 1e23, 0.1, 0.5, 1.5, 2.5,
                2.0**52, 2.0**53, 2.0**53 - 1, 2.0**63, 2.0**63 - 1024, 2.0**62, 1e15, 1e16, 1e17, 9007199254740993.0,
                0.29, 0.285, 1.005, 2.675, 1e-5, 1e-7, 4.35, 1e-38, 9.5e-39]  # fmt: skip


def random_double():
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(EDGE_DOUBLES)
    if kind < 0.2:  # any finite double
        while True:
            bits = rng.getrandbits(64)
            value = struct.unpack("<d", struct.pack("<Q", bits))[0]
            if value - value == 0:
                return value
    sign = -1 if rng.random() < 0.5 else 1
    if kind < 0.5:  # a price
        return sign * round(rng.random() * 10 ** rng.randrange(0, 6), rng.randrange(0, 7))
    if kind < 0.7:  # exact ties in binary
        return sign * rng.getrandbits(rng.randrange(1, 54)) / 2 ** rng.randrange(0, 40)
    if kind < 0.8:  # decimal ties that binary misses by a hair
        return sign * (rng.getrandbits(20) + 0.5) / 10 ** rng.randrange(0, 12)
    return sign * rng.random() * 10.0 ** rng.randrange(-20, 25)


def bits_of(value):
    return format(struct.unpack("<Q", struct.pack("<d", value))[0], "016x")


def add():
    a, b = random_decimal(), random_decimal()
    return f"add {plain(a)} {plain(b)} - - {fitted(EXACT.add(a, b))}"


def subtract():
    a, b = random_decimal(), random_decimal()
    return f"sub {plain(a)} {plain(b)} - - {fitted(EXACT.subtract(a, b))}"


def multiply():
    a, b = random_decimal(), random_decimal()
    return f"mul {plain(a)} {plain(b)} - - {fitted(EXACT.multiply(a, b))}"


def divide():
    a, b, scale, mode = random_decimal(), random_decimal(), random_scale(), rng.randrange(8)
    if rng.random() < 0.2 and b:  # a quotient that ends: exact, and ties
        a = EXACT.multiply(b, scaled(rng.getrandbits(20) * 10 + rng.choice((0, 5)), rng.randrange(0, 5)))
        if fitted(a) == "Overflow":
            a = b
        a = Decimal(fitted(a))
    expected = rounded(STICKY.divide(a, b), scale, mode) if b else "DivisionByZero"
    return f"div {plain(a)} {plain(b)} {scale} {mode} {expected}"


def quantize():
    a, scale, mode = random_decimal(), random_scale(), rng.randrange(8)
    return f"quantize {plain(a)} - {scale} {mode} {rounded(a, scale, mode)}"


def mantissa_at():
    a, scale = random_decimal(), random_scale()
    cut = rounded(a, scale, 1)
    if cut == "Overflow":
        expected = cut
    else:
        expected = int(scaled(1, -scale) * Decimal(cut)) if Decimal(cut) == a else "InexactConversion"
    return f"mantissa {plain(a)} - {scale} - {expected}"


def compare():
    a = random_decimal()
    b = random_decimal()
    kind = rng.random()
    if kind < 0.5:  # equal, or one unit apart, at another scale
        wider = fitted(EXACT.multiply(a, scaled(10**6, 6)))
        b = a if wider == "Overflow" else Decimal(wider)
        if kind < 0.25 and abs(int(b.scaleb(-b.as_tuple().exponent, EXACT))) < LIMIT - 1:
            b = EXACT.add(b, scaled(rng.choice((-1, 1)), -b.as_tuple().exponent))
    return f"compare {plain(a)} {plain(b)} - - {int(a.compare(b))}"


def parse():
    digits = str(abs(random_coefficient()))
    if rng.random() < 0.2:
        digits = "0" * rng.randrange(1, 40) + digits
    if rng.random() < 0.2:
        digits += "0" * rng.randrange(1, 40)
    point = rng.randrange(0, len(digits))
    text = digits if point == 0 else digits[:point] + "." + digits[point:]
    text = rng.choice(("", "-", "+")) + text
    if rng.random() < 0.5:
        text += rng.choice("eE") + rng.choice(("", "+", "-")) + str(rng.randrange(0, 45))
    value = Decimal(text)
    if value:
        expected = fitted(value)
    else:  # a zero keeps as many digits as there may be
        expected = plain(scaled(0, min(max(-value.as_tuple().exponent, 0), MAX_SCALE)))
    return f"parse {text} - - - {expected}"


def to_double():
    a = random_decimal()
    value = float(a)
    return f"to_double {plain(a)} - - - {bits_of(value if value else 0.0)}"


def mantissa_to_double():
    mantissa, scale = random_int128(), random_scale()
    value = float(scaled(mantissa, scale))
    return f"mantissa_to_double {mantissa} - {scale} - {bits_of(value if value else 0.0)}"


def divide_rounded():
    a, b, mode = random_int128(), random_int128(), rng.randrange(8)
    if not b:
        return f"divide_rounded {a} {b} - {mode} DivisionByZero"
    result = int(STICKY.divide(Decimal(a), Decimal(b)).quantize(Decimal(1), rounding=MODES[mode], context=EXACT))
    return f"divide_rounded {a} {b} - {mode} {result if INT128_MIN <= result <= INT128_MAX else 'Overflow'}"


def multiply_divide():
    a, b, c, mode = random_int128(), random_int128(), random_int128(), rng.randrange(8)
    if rng.random() < 0.5:  # keep half of the results in range
        c = c or 1
        b = (abs(c) >> rng.randrange(0, 8)) * rng.choice((-1, 1))
    if not c:
        return f"multiply_divide {a}*{b} {c} - {mode} DivisionByZero"
    quotient = STICKY.divide(EXACT.multiply(Decimal(a), Decimal(b)), Decimal(c))
    result = int(quotient.quantize(Decimal(1), rounding=MODES[mode], context=EXACT))
    return f"multiply_divide {a}*{b} {c} - {mode} {result if INT128_MIN <= result <= INT128_MAX else 'Overflow'}"


def double_to_mantissa():
    value, scale = random_double(), random_scale()
    if rng.random() < 0.3:  # half a unit of this scale, exact in binary or missed by a hair
        value = (rng.getrandbits(rng.randrange(1, 20)) + 0.5) / 10.0**scale * rng.choice((-1, 1))
    # from_float is exact; one rounding to the scale
    exact = Decimal.from_float(value).quantize(scaled(1, scale), rounding=decimal.ROUND_HALF_EVEN, context=EXACT)
    result = int(exact.scaleb(scale, EXACT))
    return f"double_to_mantissa {bits_of(value)} - {scale} - {result if abs(result) <= INT64_MAX else 'Overflow'}"


def python_round():
    value = random_double()
    digits = rng.choice((0, 1, 2, 2, 3, 3, 4, 6, 8)) if rng.random() < 0.7 else rng.randrange(-40, 41)
    if rng.random() < 0.02:
        digits = rng.randrange(-312, 330)
    try:
        expected = bits_of(round(value, digits))
    except OverflowError:
        expected = "Overflow"
    return f"python_round {bits_of(value)} - {digits} - {expected}"


def shortest():
    value = random_double()
    expected = fitted(Decimal(repr(value)).normalize(EXACT) + Decimal(0)) if value else "0"
    return f"shortest {bits_of(value)} - - - {expected}"


OPERATIONS = [add, subtract, multiply, divide, divide, quantize, mantissa_at, compare, parse, to_double,
              mantissa_to_double, divide_rounded, multiply_divide, double_to_mantissa, python_round, shortest]  # fmt: skip


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 20_240_607)
    decimal.setcontext(EXACT)
    write = sys.stdout.write
    for start in range(0, count, 4096):
        write("".join(rng.choice(OPERATIONS)() + "\n" for _ in range(min(4096, count - start))))
    write(f"end {count}\n")


if __name__ == "__main__":
    main()
