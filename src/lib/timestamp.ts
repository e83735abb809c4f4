// Times as Kubernetes writes them.

/** RFC 3339 in UTC with second precision, as metav1.Time prints it. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
