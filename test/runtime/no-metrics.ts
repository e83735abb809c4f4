// Metrics that count nothing.
import type { ControllerMetrics, ObjectMetrics, RequestMetrics } from '#runtime/metrics';

export const noMetrics: ControllerMetrics & ObjectMetrics & RequestMetrics = {
  observeQueue: () => undefined,
  queueTimes: () => ({ waited: () => undefined, worked: () => undefined }),
  reconciled: () => undefined,
  observed: () => undefined,
  forget: () => undefined,
  requested: () => undefined,
};
