// What Helm writes to its log while it loads and renders: not errors, yet users read them.

/** One line of Helm's log: `coalesce.go:237: warning: …`. */
export interface HelmWarning {
  /** File and line in Helm 3.19 that logs this; the command line prints it as helm does. */
  readonly site: string;
  readonly message: string;
}

/** Receives warnings as they come. */
export type WarningSink = (warning: HelmWarning) => void;

export const ignoreWarnings: WarningSink = () => {};

/** The line helm prints on stderr. */
export function warningLine({ site, message }: HelmWarning): string {
  return `${site}: ${message}`;
}
