/** The first position at or after `from` where `key` stands in `ids`; -1 when there is none. */
export function findSpan(ids: readonly number[], key: readonly number[], from = 0): number {
  for (let start = from; start + key.length <= ids.length; start += 1) {
    if (key.every((id, offset) => ids[start + offset] === id)) return start;
  }
  return -1;
}
