// How many bytes a job's result holds: strings and buffers, counted until a limit is passed.

/** Bytes of all strings (two a character, as the heap holds them at worst) and buffers in `value`; stops above `limit`. */
export function outputBytes(value: unknown, limit: number): number {
  let total = 0;
  const seen = new Set<object>();
  const stack: unknown[] = [value];
  while (stack.length > 0 && total <= limit) {
    const next = stack.pop();
    if (typeof next === 'string') total += next.length * 2;
    else if (ArrayBuffer.isView(next)) total += next.byteLength;
    else if (next !== null && typeof next === 'object') {
      if (seen.has(next)) continue;
      seen.add(next);
      total += 8;
      if (next instanceof Map) stack.push(...next.keys(), ...next.values());
      else if (next instanceof Set) stack.push(...next);
      else for (const key of Object.keys(next)) stack.push((next as Record<string, unknown>)[key]);
    }
  }
  return total;
}
