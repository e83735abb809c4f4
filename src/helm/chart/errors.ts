// Errors of loading a chart: the text is Helm's own.
import { CodedError } from '#lib/errors';

/** The chart cannot be read, or is no chart. */
export class ChartError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('HELM_CHART_INVALID', message, options);
  }
}
