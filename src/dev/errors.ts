// What can go wrong with the local control plane, as codes.
import { CodedError } from '#lib/errors';

export type DevErrorCode =
  | 'DEV_TOOLCHAIN_MISSING'
  | 'DEV_BUILD_FAILED'
  | 'DEV_BINARIES_MISSING'
  | 'DEV_ALREADY_RUNNING'
  | 'DEV_COMPONENT_EXITED'
  | 'DEV_START_TIMEOUT'
  | 'DEV_LOCKED'
  | 'DEV_INTERRUPTED';

export class DevError extends CodedError {
  declare readonly code: DevErrorCode;

  // oxlint-disable-next-line no-useless-constructor -- narrows the code to this room's
  constructor(code: DevErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
