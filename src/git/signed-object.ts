// Commits and tags with a signature in them: what was signed, and the signature.
export interface SignedObject {
  readonly payload: Buffer;
  /** Undefined when nobody signed. */
  readonly signature?: string;
}

/** A commit carries its signature in a header; what was signed is the commit without that header. */
export function signedCommit(data: Buffer): SignedObject {
  const text = data.toString('latin1');
  const end = text.indexOf('\n\n');
  const header = end < 0 ? text : text.slice(0, end + 1);
  const match = /^gpgsig (.*\n(?: .*\n)*)/m.exec(header);
  if (match === null) return { payload: data };
  const payload = text.slice(0, match.index) + text.slice(match.index + match[0].length);
  return { payload: Buffer.from(payload, 'latin1'), signature: match[1]!.replaceAll('\n ', '\n') };
}

/** A tag carries its signature at the end of its message. */
export function signedTag(data: Buffer): SignedObject {
  const text = data.toString('latin1');
  const starts = ['-----BEGIN PGP SIGNATURE-----', '-----BEGIN SSH SIGNATURE-----'].map((line) =>
    text.lastIndexOf(`\n${line}`),
  );
  const at = Math.max(...starts);
  if (at < 0) return { payload: data };
  return { payload: data.subarray(0, at + 1), signature: text.slice(at + 1) };
}
