// Fields that nothing declares, told as the API server tells them to strict clients, with the field probably meant.
import type { StructuralSchema } from '../schema.ts';
import { nearestWord } from './nearest-word.ts';

export interface UnknownField {
  /** Such as `unknown field "spec.intervall"`. */
  readonly message: string;
  readonly hint: string;
}

/** The path's steps without list positions: `spec.include[0].from` is spec, include, from. */
function steps(path: string): readonly string[] {
  return path.replaceAll(/\[\d+\]/gu, '').split('.');
}

/** Names that may stand where the path ends. A key of a map that holds a dot leads nowhere, and then nothing is said. */
function namesAt(schema: StructuralSchema, path: readonly string[]): readonly string[] {
  let at: StructuralSchema | undefined = schema;
  for (const step of path) {
    const properties: Readonly<Record<string, StructuralSchema>> = at?.properties ?? {};
    const next: StructuralSchema | undefined = Object.hasOwn(properties, step)
      ? properties[step]
      : at?.additionalProperties;
    at = next?.items ?? next;
  }
  return Object.keys(at?.properties ?? {});
}

/** What to tell about the fields that pruning dropped. */
export function unknownFieldTexts(schema: StructuralSchema, paths: readonly string[]): readonly UnknownField[] {
  return paths.map((path) => {
    const all = steps(path);
    const meant = nearestWord(all.at(-1) ?? '', namesAt(schema, all.slice(0, -1)));
    const hint = meant === undefined ? 'remove it, or put it where it belongs' : `write ${meant}`;
    return { message: `unknown field "${path}"`, hint };
  });
}
