const MAX_LENGTH = 120;

/** Any value as one line of at most 120 characters, for the `got` of an error message. */
export function printable(value: unknown): string {
  const text = asText(value);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}

function asText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : `${value}`;
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value; // a cycle or a toJSON that throws: the type is all that can be said
  }
}
