// Sizes as events tell them: decimal units, four significant digits, as Docker's go-units writes them.

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}
