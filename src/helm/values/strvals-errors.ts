// The error of the --set family: its text is what `helm` prints after "failed parsing --set data: ".
import { CodedError } from '#lib/errors';

export class StrvalsError extends CodedError {
  constructor(message: string) {
    super('HELM_SET_SYNTAX', message);
  }
}
