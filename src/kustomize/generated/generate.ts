// Writes openapi.ts: merge keys and scopes of the Kubernetes kinds that kustomize has built in (Kubernetes 1.21).
//   node --conditions=sluice-source src/kustomize/generated/generate.ts > src/kustomize/generated/openapi.ts
// The definitions come out of kustomize's own Go module, so Go must be installed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { GoObject } from '#goyaml/index';
import { LEAF, compileSchema, type SchemaTable, type Shape } from '../schema/compile.ts';

const KYAML = 'v0.20.1';

const PROGRAM = `package main

import (
	"encoding/json"
	"os"

	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func main() {
	scopes := map[string]bool{}
	schema := openapi.Schema()
	for _, d := range schema.Definitions {
		list, _ := d.Extensions["x-kubernetes-group-version-kind"].([]interface{})
		for _, e := range list {
			m := e.(map[string]interface{})
			t := yaml.TypeMeta{Kind: m["kind"].(string), APIVersion: m["version"].(string)}
			if g, _ := m["group"].(string); g != "" {
				t.APIVersion = g + "/" + t.APIVersion
			}
			if namespaced, found := openapi.IsNamespaceScoped(t); found {
				scopes[t.APIVersion+"/"+t.Kind] = namespaced
			}
		}
	}
	for _, kind := range []string{"NodeProxyOptions", "PodAttachOptions", "PodExecOptions", "PodPortForwardOptions",
		"PodProxyOptions", "ServiceProxyOptions"} {
		if namespaced, found := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: "v1", Kind: kind}); found {
			scopes["v1/"+kind] = namespaced
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"definitions": schema.Definitions, "scopes": scopes}); err != nil {
		panic(err)
	}
}
`;

function readDefinitions(): { definitions: GoObject; scopes: Record<string, boolean> } {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-kyaml-'));
  try {
    writeFileSync(path.join(dir, 'main.go'), PROGRAM);
    writeFileSync(path.join(dir, 'go.mod'), `module dump\n\ngo 1.24\n\nrequire sigs.k8s.io/kustomize/kyaml ${KYAML}\n`);
    execFileSync('go', ['mod', 'tidy', '-e'], { cwd: dir, stdio: 'ignore' });
    const output = execFileSync('go', ['run', '.'], { cwd: dir, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' });
    return JSON.parse(output) as {
      definitions: GoObject;
      scopes: Record<string, boolean>;
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Types below which nothing merges become LEAF; the others are numbered anew. */
function prune(table: SchemaTable): Pick<SchemaTable, 'types' | 'kinds' | 'names'> {
  const merging = typesThatMerge(table);
  const kept: Record<string, Shape>[] = [];
  const numbers = new Map<number, number>();
  const shapeOf = (shape: Shape): Shape => {
    if (typeof shape === 'number') {
      if (shape === LEAF || !merging.has(shape)) return LEAF;
      const known = numbers.get(shape);
      if (known !== undefined) return known;
      const number = kept.length;
      numbers.set(shape, number);
      const fields: Record<string, Shape> = {};
      kept.push(fields);
      for (const [name, field] of Object.entries(table.types[shape] ?? {})) fields[name] = shapeOf(field);
      return number;
    }
    if ('each' in shape) return { each: shapeOf(shape.each) };
    return { keys: shape.keys, items: shape.items === undefined ? undefined : shapeOf(shape.items) };
  };
  const kinds: Record<string, Shape> = {};
  for (const key of Object.keys(table.kinds).toSorted()) kinds[key] = shapeOf(table.kinds[key] ?? LEAF);
  const names: Record<string, Shape> = {};
  for (const [name, shape] of Object.entries(table.names).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const number = typeof shape === 'number' ? numbers.get(shape) : undefined;
    if (number !== undefined) names[name] = number;
  }
  return { types: kept, kinds, names };
}

function typesThatMerge(table: SchemaTable): Set<number> {
  const merging = new Set<number>();
  const merges = (shape: Shape): boolean => {
    if (typeof shape === 'number') return merging.has(shape);
    return 'keys' in shape || merges(shape.each);
  };
  for (let grown = true; grown;) {
    grown = false;
    for (const [index, fields] of table.types.entries()) {
      if (!merging.has(index) && Object.values(fields).some(merges)) {
        merging.add(index);
        grown = true;
      }
    }
  }
  return merging;
}

function lines(list: readonly unknown[]): string {
  return list.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
}

function write(): string {
  const { definitions, scopes } = readDefinitions();
  const { types, kinds, names } = prune(compileSchema({ definitions }));
  const scopesSorted = Object.fromEntries(Object.entries(scopes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `// Merge keys and scopes of Kubernetes 1.21's kinds, from kustomize's schema. Written by generate.ts; do not edit.

/** A SchemaTable as JSON. */
export const BUILTIN_SCHEMA = String.raw\`{
  "types": [
${lines(types)}
  ],
  "kinds": ${JSON.stringify(kinds)},
  "names": ${JSON.stringify(names)},
  "namespaced": ${JSON.stringify(scopesSorted)}
}\`;
`;
}

if (import.meta.main) process.stdout.write(write());
