import type { GraphBuilder } from '../../ir/builder.ts';
import type { DataType, Value } from '../../ir/types.ts';
import { DATA_TYPE_CODES } from '../../ir/data-types.ts';

/** x + y, broadcast. */
export function add(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Add', [x, y]);
}

/** x - y, broadcast. */
export function sub(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Sub', [x, y]);
}

/** x y, broadcast. */
export function mul(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Mul', [x, y]);
}

/** x / y, broadcast. */
export function div(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Div', [x, y]);
}

/** x to the power of y, broadcast. */
export function pow(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Pow', [x, y]);
}

/** A scalar (shape []) of the element type of `like`, which must be float32 or float64. */
export function scalarLike(builder: GraphBuilder, like: Value, number: number): Value {
  return builder.scalar(number, like.type.dtype === 'float64' ? 'float64' : 'float32');
}

/** x + number. */
export function addScalar(builder: GraphBuilder, x: Value, number: number): Value {
  return add(builder, x, scalarLike(builder, x, number));
}

/** number x. */
export function scale(builder: GraphBuilder, x: Value, number: number): Value {
  return mul(builder, x, scalarLike(builder, x, number));
}

/** -x. */
export function neg(builder: GraphBuilder, x: Value): Value {
  return builder.op('Neg', [x]);
}

/** |x|. */
export function abs(builder: GraphBuilder, x: Value): Value {
  return builder.op('Abs', [x]);
}

/** -1, 0 or 1. */
export function sign(builder: GraphBuilder, x: Value): Value {
  return builder.op('Sign', [x]);
}

/** Square root. */
export function sqrt(builder: GraphBuilder, x: Value): Value {
  return builder.op('Sqrt', [x]);
}

/** 1 / x. */
export function reciprocal(builder: GraphBuilder, x: Value): Value {
  return builder.op('Reciprocal', [x]);
}

/** e to the power of x. */
export function exp(builder: GraphBuilder, x: Value): Value {
  return builder.op('Exp', [x]);
}

/** Natural logarithm. */
export function log(builder: GraphBuilder, x: Value): Value {
  return builder.op('Log', [x]);
}

/** Sine of x in radians. */
export function sin(builder: GraphBuilder, x: Value): Value {
  return builder.op('Sin', [x]);
}

/** Cosine of x in radians. */
export function cos(builder: GraphBuilder, x: Value): Value {
  return builder.op('Cos', [x]);
}

/** x limited to min..max; either bound may be left out. */
export function clip(builder: GraphBuilder, x: Value, min?: number, max?: number): Value {
  const bound = (limit: number | undefined): Value | undefined => (limit === undefined ? undefined : scalarLike(builder, x, limit));
  return builder.op('Clip', [x, bound(min), bound(max)]);
}

/** x == y as bool, broadcast. */
export function equal(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Equal', [x, y]);
}

/** x < y as bool, broadcast. */
export function less(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Less', [x, y]);
}

/** x > y as bool, broadcast. */
export function greater(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('Greater', [x, y]);
}

/** x where the condition holds, else y; all three broadcast. */
export function where(builder: GraphBuilder, condition: Value, x: Value, y: Value): Value {
  return builder.op('Where', [condition, x, y]);
}

/** x in another element type; x itself when it has that type. */
export function cast(builder: GraphBuilder, x: Value, dtype: DataType): Value {
  return x.type.dtype === dtype ? x : builder.op('Cast', [x], { to: DATA_TYPE_CODES[dtype] });
}

/** x under another name. */
export function identity(builder: GraphBuilder, x: Value): Value {
  return builder.op('Identity', [x]);
}
