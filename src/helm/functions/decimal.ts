// Arbitrary-precision decimals by the rules of the shopspring/decimal library, for Sprig's addf, subf, mulf and divf.
import { GoError } from '#gotemplate/index';

/** Places after the point that a division keeps. */
const DIVISION_PRECISION = 16;

/** value × 10^exponent */
export class Decimal {
  readonly #value: bigint;
  readonly #exponent: number;

  private constructor(value: bigint, exponent: number) {
    this.#value = value;
    this.#exponent = exponent;
  }

  /** The shortest decimal that reads back as this number. */
  static fromNumber(number: number): Decimal {
    if (!Number.isFinite(number)) throw new GoError(`Cannot create a Decimal from ${infinityText(number)}`);
    const [mantissa = '0', exponent = '0'] = number.toExponential().split('e');
    const places = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0;
    return new Decimal(BigInt(mantissa.replace('.', '')), Number(exponent) - places);
  }

  add(other: Decimal): Decimal {
    const exponent = Math.min(this.#exponent, other.#exponent);
    return new Decimal(this.#scaledTo(exponent) + other.#scaledTo(exponent), exponent);
  }

  subtract(other: Decimal): Decimal {
    return this.add(new Decimal(-other.#value, other.#exponent));
  }

  multiply(other: Decimal): Decimal {
    return new Decimal(this.#value * other.#value, this.#exponent + other.#exponent);
  }

  /** Rounded half away from zero to 16 places. */
  divide(other: Decimal): Decimal {
    if (other.#value === 0n) throw new GoError('decimal division by 0');
    const shift = this.#exponent - other.#exponent + DIVISION_PRECISION;
    const dividend = shift < 0 ? this.#value : this.#value * 10n ** BigInt(shift);
    const divisor = shift < 0 ? other.#value * 10n ** BigInt(-shift) : other.#value;
    const quotient = dividend / divisor;
    const rest = magnitude(dividend % divisor);
    if (rest * 2n < magnitude(divisor)) return new Decimal(quotient, -DIVISION_PRECISION);
    const away = dividend < 0n === divisor < 0n ? 1n : -1n;
    return new Decimal(quotient + away, -DIVISION_PRECISION);
  }

  /** The nearest float64. */
  toNumber(): number {
    // A zero has no sign here.
    return this.#value === 0n ? 0 : Number(`${this.#value}e${this.#exponent}`);
  }

  #scaledTo(exponent: number): bigint {
    return this.#value * 10n ** BigInt(this.#exponent - exponent);
  }
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function infinityText(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  return number > 0 ? '+Inf' : '-Inf';
}
