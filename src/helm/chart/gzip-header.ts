// Where the compressed text of a gzip file begins.

const hasChecksum = 1 << 1;
const hasExtra = 1 << 2;
const hasName = 1 << 3;
const hasComment = 1 << 4;

/** The length of the header (RFC 1952); past the end of what is cut off within it. */
export function gzipHeaderLength(file: Buffer): number {
  const flags = file[3] ?? 0;
  let at = 10;
  if ((flags & hasExtra) !== 0) at += 2 + (file[at] ?? 0) + ((file[at + 1] ?? 0) << 8);
  if ((flags & hasName) !== 0) at = afterText(file, at);
  if ((flags & hasComment) !== 0) at = afterText(file, at);
  return (flags & hasChecksum) === 0 ? at : at + 2;
}

function afterText(file: Buffer, from: number): number {
  const end = file.indexOf(0, from);
  return end < 0 ? file.length : end + 1;
}
