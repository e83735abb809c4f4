// The error of this room: its message is go-yaml's or encoding/json's own, since users grep for it.
import { CodedError } from '#lib/errors';

/** Broken, refused or unrepresentable YAML or JSON. */
export class YamlError extends CodedError {
  constructor(message: string) {
    super('YAML_INVALID', message);
  }
}

/** go-yaml prefixes all of its messages. */
export function yamlError(message: string): YamlError {
  return new YamlError(`yaml: ${message}`);
}
