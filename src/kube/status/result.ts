// What a health check says of one object, and the small constructors every rule uses.

export type Health = 'InProgress' | 'Failed' | 'Current' | 'Terminating' | 'NotFound' | 'Unknown';

export interface HealthResult {
  readonly status: Health;
  /** One sentence in kstatus' words. */
  readonly message: string;
  /** CamelCase reason where kstatus has one. */
  readonly reason?: string;
}

export const current = (message: string): HealthResult => ({ status: 'Current', message });
export const inProgress = (reason: string, message: string): HealthResult => ({
  status: 'InProgress',
  reason,
  message,
});
export const failed = (reason: string, message: string): HealthResult => ({ status: 'Failed', reason, message });
export const unknown = (message: string): HealthResult => ({ status: 'Unknown', message });
export const notFound: HealthResult = { status: 'NotFound', message: 'Resource not found' };
