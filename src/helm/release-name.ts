// The names Helm accepts for a release.
import { CodedError } from '#lib/errors';
import { quote as goQuote } from '#lib/go-quote';

const pattern = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const validName = new RegExp(pattern);
const maxLength = 53;

export class ReleaseNameError extends CodedError {
  constructor(message: string) {
    super('HELM_RELEASE_NAME', message);
  }
}

/** Throws when Helm would not take the name. */
export function checkReleaseName(name: string): void {
  if (name === '') throw new ReleaseNameError('release name "": no name provided');
  if (name.length <= maxLength && validName.test(name)) return;
  throw new ReleaseNameError(
    `release name ${goQuote(name)}: invalid release name, must match regex ${pattern} and the length must not be longer than ${maxLength}`,
  );
}
