// Which version of a chart a reference means: an exact one first, else the greatest a constraint allows.
import { compareVersions, parseConstraint, SemverError, tryParseVersion } from '#lib/masterminds-semver';
import { RepositoryError } from './errors.ts';
import type { TableRow } from './index-table.ts';

// Written without nested repetition: names come from users, and this engine backtracks.
const validName = /^[-a-z0-9]+(?:(?:\/\.?|\.)[-a-z0-9]+)*(?:\/\.?|\.)?$/;

export function checkChartName(name: string): void {
  if (name === '') throw reference('no name set for remote chart reference');
  if (validName.test(name)) return;
  const rule =
    'a valid name must be lower case letters and numbers and MAY be separated with dashes (-), slashes (/) or periods (.)';
  throw reference(`invalid chart name '${name}': ${rule}`);
}

/** The row that `wanted` means. Throws HELM_CHART_REFERENCE when there is none. */
export function chooseVersion(rows: readonly TableRow[] | undefined, name: string, wanted: string): TableRow {
  if (rows === undefined) throw notFound('no chart name found');
  if (rows.length === 0) throw notFound('no chart version found');
  const exact = wanted === '' ? undefined : rows.find(([version]) => version === wanted);
  const best = exact ?? bestMatch(rows, wanted === '' ? '*' : wanted);
  if (best === undefined) throw notFound(`no '${name}' chart with version matching '${wanted}' found`);
  return best;
}

function bestMatch(rows: readonly TableRow[], wanted: string): TableRow | undefined {
  const constraint = constraintOf(wanted);
  let best: { readonly row: TableRow; readonly version: NonNullable<ReturnType<typeof tryParseVersion>> } | undefined;
  for (const row of rows) {
    const version = tryParseVersion(row[0]);
    if (version === undefined || !constraint.check(version)) continue;
    const order = best === undefined ? 1 : compareVersions(version, best.version) || createdOrder(row, best.row);
    if (order > 0) best = { row, version };
  }
  return best?.row;
}

/** Of versions that differ in their metadata alone, the one made last counts. */
function createdOrder([, , a]: TableRow, [, , b]: TableRow): number {
  const [left, right] = [Date.parse(a), Date.parse(b)];
  return (Number.isNaN(left) ? 0 : left) - (Number.isNaN(right) ? 0 : right);
}

function constraintOf(wanted: string): ReturnType<typeof parseConstraint> {
  try {
    return parseConstraint(wanted);
  } catch (error) {
    if (error instanceof SemverError) throw notFound(error.message);
    throw error;
  }
}

function notFound(why: string): RepositoryError {
  return reference(`failed to get chart version for remote reference: ${why}`);
}

function reference(message: string): RepositoryError {
  return new RepositoryError('HELM_CHART_REFERENCE', message);
}
