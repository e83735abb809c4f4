// Image names, tags and digests.
import type { Node } from '#goyaml/index';
import { GoRegexp } from '#lib/go-regexp';
import { SpecList, type FieldSpec } from '../fields/field-spec.ts';
import { expectKind, field, isNull, setScalar } from '../fields/node.ts';
import type { Image } from '../kustomization/types.ts';
import type { Resource } from '../resource.ts';
import type { Step } from './step.ts';

/**
 * Applies several image rules one after the other. The fields are looked for once: no rule changes where they are.
 * Each rule goes over the lists of containers anywhere in the object first and over the specs' fields then, so a
 * field that is both is visited twice; a tag suffix shows it.
 */
export function imagesStep(images: readonly Image[], fieldSpecs: readonly FieldSpec[]): Step {
  const rules = images.map(compileRule);
  const specs = new SpecList(fieldSpecs);
  return (resources) => {
    for (const resource of resources.resources) {
      if (resource.isEmpty || resource.kind === 'CustomResourceDefinition') continue;
      const nodes = imageNodes(resource, specs);
      if (nodes.length === 0) continue;
      for (const rule of rules) for (const node of nodes) rule(node);
    }
  };
}

function imageNodes(resource: Resource, specs: SpecList): Node[] {
  const found: Node[] = [];
  findInContainers(resource.root, found);
  specs.visit(resource.root, resource.gvk, undefined, (node) => {
    expectKind(node, 'scalar');
    found.push(node);
  });
  return found;
}

function findInContainers(node: Node, found: Node[]): void {
  if (node.kind === 'mapping') {
    const { content } = node;
    for (let i = 0; i < content.length; i += 2) {
      const value = content[i + 1] as Node;
      if (value.kind !== 'scalar') findInContainers(value, found);
      const name = content[i]?.value;
      if ((name === 'containers' || name === 'initContainers') && value.kind === 'sequence') {
        for (const container of value.content) {
          const image = field(container, 'image');
          if (image === undefined) continue;
          expectKind(image, 'scalar');
          found.push(image);
        }
      }
    }
  } else if (node.kind === 'sequence') {
    for (const item of node.content) if (item.kind !== 'scalar') findInContainers(item, found);
  }
}

const AFTER_NAME = '(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$';
const AFTER_NAME_TEST = /^(?::[a-zA-Z0-9_.{}-]*)?(?:@sha256:[a-zA-Z0-9_.{}-]*)?$/;

/** The name is a pattern, though most are plain. */
function compileRule(image: Image): (node: Node) => void {
  const name = image.name ?? '';
  const matches = imageMatcher(name);
  return (node) => {
    if (!matches(node.value) || isNull(node)) return;
    setScalar(node, renamed(node.value, image), '');
  };
}

function imageMatcher(name: string): (text: string) => boolean {
  // A dot in a pattern stands for any character, itself included.
  if (/^[\w/:.-]*$/.test(name)) {
    if (!name.includes('.')) return (text) => text.startsWith(name) && AFTER_NAME_TEST.test(text.slice(name.length));
    return (text) =>
      text.length >= name.length && sameButDots(name, text) && AFTER_NAME_TEST.test(text.slice(name.length));
  }
  const regexp = new GoRegexp(`^${name}${AFTER_NAME}`);
  return (text) => regexp.match(text);
}

function sameButDots(name: string, text: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const char = name[i];
    if (char === '.' ? text[i] === '\n' : char !== text[i]) return false;
  }
  return true;
}

function renamed(text: string, image: Image): string {
  const { newName = '', newTag = '', digest: newDigest = '', tagSuffix = '' } = image;
  const old = splitImage(text);
  const name = newName === '' ? old.name : newName;
  let { tag, digest } = old;
  if (newTag !== '' && newDigest !== '') [tag, digest] = [newTag, newDigest];
  else if (newTag !== '') [tag, digest] = [newTag, ''];
  else if (newDigest !== '') [tag, digest] = ['', newDigest];
  else if (tagSuffix !== '') [tag, digest] = [tag + tagSuffix, ''];
  return name + (tag === '' ? '' : `:${tag}`) + (digest === '' ? '' : `@${digest}`);
}

/** The host may hold a colon of its own: only what follows the first slash is looked at. */
function splitImage(image: string): { name: string; tag: string; digest: string } {
  const from = Math.max(0, image.indexOf('/'));
  const at = image.indexOf('@', from);
  const colon = image.indexOf(':', from);
  if (colon < 0 && at < 0) return { name: image, tag: '', digest: '' };
  if (at >= 0 && (at < colon || colon < 0)) return { name: image.slice(0, at), tag: '', digest: image.slice(at + 1) };
  if (at >= 0) return { name: image.slice(0, colon), tag: image.slice(colon + 1, at), digest: image.slice(at + 1) };
  return { name: image.slice(0, colon), tag: image.slice(colon + 1), digest: '' };
}
