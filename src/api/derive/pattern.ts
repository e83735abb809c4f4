// Patterns of the declarations, which are written for RE2, as JavaScript's `u` expressions.

/** RE2's dot leaves out the newline alone; JavaScript's leaves out more. */
export function toJavaScriptPattern(source: string): string {
  let inClass = false;
  return source.replaceAll(/\\.|[[\].]/gsu, (token) => {
    if (token === '[' || token === ']') {
      inClass = token === '[';
      return token;
    }
    return token === '.' && !inClass ? '[^\\n]' : token;
  });
}
