// What `kubectl get` would print, without kubectl: the API server's own table.
import type { KubeClient } from '#kube/client';

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows?: readonly { readonly cells: readonly (string | number | boolean | null)[] }[];
}

/** The objects at a collection's path, a line each under their columns. */
export async function printedTable(client: KubeClient, path: string): Promise<string> {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const response = await client.raw({ method: 'GET', path, accept, resource: 'table' });
  const { columnDefinitions, rows = [] } = JSON.parse(response.body) as Table;
  // Columns of a higher priority are those of `-o wide`.
  const shown = columnDefinitions.flatMap(({ name, priority = 0 }, index) => (priority === 0 ? [{ name, index }] : []));
  const lines = [
    shown.map(({ name }) => name.toUpperCase()),
    ...rows.map(({ cells }) => shown.map(({ index }) => String(cells[index] ?? ''))),
  ];
  const widths = shown.map((_column, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd((widths[at] ?? 0) + 3))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
