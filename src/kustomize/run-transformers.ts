// The transformers of a kustomization, in kustomize's order, and its validators.
import { marshalJSON, type GoObject } from '#goyaml/index';
import type { Accumulator } from './accumulator.ts';
import type { TransformerConfig } from './config/transformer-config.ts';
import { KustomizeError, withPrefix } from './errors.ts';
import { mergeSpecs, type FieldSpec } from './fields/field-spec.ts';
import type { Label, Patch } from './kustomization/types.ts';
import { addTransformation, originOfPlugin, type Origin } from './origin.ts';
import { json6902Plugin, loadTransformer, patchContext, replacementsPlugin, strategicPlugin } from './plugins.ts';
import { idText } from './resid.ts';
import type { ResMap } from './resmap.ts';
import { valueWithState } from './resource-state.ts';
import { configText, pluginConfigs, pluginContext } from './run-generators.ts';
import type { Target } from './target.ts';
import { affixStep } from './transform/affix.ts';
import { imagesStep } from './transform/images.ts';
import { entriesStep } from './transform/metadata.ts';
import { namespaceStep } from './transform/namespace.ts';
import { patchStep } from './transform/patches.ts';
import { replicasStep } from './transform/replicas.ts';
import type { Step } from './transform/step.ts';

interface Configured {
  readonly step: Step;
  readonly origin: Origin | undefined;
}

/** All are configured before the first one runs, so a mistake in any of them comes out first. */
export function runTransformers(target: Target, into: Accumulator): void {
  const config = into.config ?? target.context.defaultConfig;
  const steps = [...builtinSteps(target, config), ...configuredSteps(target, target.kustomization.transformers ?? [])];
  for (const { step, origin } of steps) run(into.resources, step, origin);
}

function run(resources: ResMap, step: Step, origin: Origin | undefined): void {
  step(resources);
  if (origin !== undefined) {
    for (const resource of resources.resources) if (!resource.isEmpty) addTransformation(resource, origin);
  }
  resources.dropEmpty();
}

function builtinSteps(target: Target, config: TransformerConfig): Configured[] {
  const { kustomization } = target;
  const steps: Configured[] = [];
  const add = (kind: string, ...made: readonly Step[]): void => {
    for (const step of made) steps.push({ step, origin: target.originOfField(kind) });
  };
  add('PatchStrategicMergeTransformer', ...strategicSteps(target));
  add('PatchTransformer', ...patchSteps(target, kustomization.patches ?? []));
  const { namespace = '', namePrefix = '', nameSuffix = '' } = kustomization;
  if (namespace !== '') {
    add('NamespaceTransformer', namespaceStep({ namespace, fieldSpecs: config.namespace }));
  }
  if (namePrefix !== '') add('PrefixTransformer', affixStep('prefix', namePrefix, config.namePrefix));
  if (nameSuffix !== '') add('SuffixTransformer', affixStep('suffix', nameSuffix, config.nameSuffix));
  add('LabelTransformer', ...labelSteps(target, config));
  const annotations = kustomization.commonAnnotations ?? {};
  if (Object.keys(annotations).length > 0) {
    add('AnnotationsTransformer', entriesStep(annotations, config.commonAnnotations));
  }
  add('PatchJson6902Transformer', ...json6902Steps(target, kustomization.patchesJson6902 ?? []));
  add(
    'ReplicaCountTransformer',
    ...(kustomization.replicas ?? []).map((replica) => replicasStep(replica, config.replicas)),
  );
  const { images = [] } = kustomization;
  // One step for all of them looks for the fields once; where each must be noted, each is a step.
  if (target.origin !== undefined)
    add('ImageTagTransformer', ...images.map((image) => imagesStep([image], config.images)));
  else if (images.length > 0) add('ImageTagTransformer', imagesStep(images, config.images));
  add('ReplacementTransformer', ...replacementSteps(target));
  return steps;
}

function strategicSteps(target: Target): Step[] {
  const { patchesStrategicMerge: paths = [] } = target.kustomization;
  if (paths.length === 0) return [];
  target.context.countPatches(paths.length);
  return [
    withPrefix(
      () => configText('PatchStrategicMergeTransformer', { paths: [...paths] }),
      () => strategicPlugin({ paths }, pluginContext(target)),
    ),
  ];
}

function patchSteps(target: Target, patches: readonly Patch[]): Step[] {
  target.context.countPatches(patches.length);
  const context = patchContext(pluginContext(target));
  return patches.map((patch) => {
    const shown = (): string => configText('PatchTransformer', shownPatch(patch, 'patch'));
    return withPrefix(shown, () => patchStep(patch, context, () => bareConfig(shown())));
  });
}

/** The YAML within a `configText`. */
function bareConfig(text: string): string {
  return text.slice(text.indexOf('\n') + 1, -1);
}

/** A patch as it is shown: what is empty is left out. */
function shownPatch(patch: Patch, textName: string): GoObject {
  const { path = '', patch: text = '', target, options } = patch;
  return {
    ...(path === '' ? {} : { path }),
    ...(text === '' ? {} : { [textName]: text }),
    ...(target === undefined ? {} : { target: target as GoObject }),
    ...(options === undefined || Object.keys(options).length === 0 ? {} : { options }),
  };
}

function json6902Steps(target: Target, patches: readonly Patch[]): Step[] {
  target.context.countPatches(patches.length);
  const context = pluginContext(target);
  return patches.map(({ target: selector, path = '', patch = '' }) =>
    withPrefix(
      () =>
        configText(
          'PatchJson6902Transformer',
          shownPatch({ path, patch, ...(selector && { target: selector }) }, 'jsonOp'),
        ),
      () => json6902Plugin({ ...(selector && { target: selector }), path, jsonOp: patch }, context),
    ),
  );
}

function labelSteps(target: Target, config: TransformerConfig): Step[] {
  const { labels = [], commonLabels = {} } = target.kustomization;
  if (labels.length === 0 && Object.keys(commonLabels).length === 0) return [];
  return [
    ...labels.map((label) => entriesStep(label.pairs ?? {}, labelSpecs(label, config))),
    entriesStep(commonLabels, config.commonLabels),
  ];
}

function labelSpecs(label: Label, config: TransformerConfig): readonly FieldSpec[] {
  return withPrefix('failed to merge labels', () => {
    const own = mergeSpecs(label.fields ?? [], config.labels);
    if (label.includeSelectors === true) return mergeSpecs(own, config.commonLabels);
    const template =
      label.includeTemplates === true
        ? withPrefix('failed to merge template fieldSpec', () => mergeSpecs(own, config.templateLabels))
        : own;
    return mergeSpecs(template, [{ path: 'metadata/labels', create: true }]);
  });
}

function replacementSteps(target: Target): Step[] {
  const { replacements = [] } = target.kustomization;
  if (replacements.length === 0) return [];
  return [
    withPrefix(
      () => configText('ReplacementTransformer', { Replacements: replacements as unknown as GoObject[] }),
      () => replacementsPlugin(replacements, pluginContext(target)),
    ),
  ];
}

function configuredSteps(target: Target, entries: readonly string[]): Configured[] {
  if (entries.length === 0) return [];
  const context = pluginContext(target);
  return pluginConfigs(target, entries).map((config) => ({
    step: loadTransformer(config, context),
    origin: originOfPlugin(config),
  }));
}

const VALIDATED_BY = 'validated-by';

/** A validator is a transformer that must change nothing but one label. */
export function runValidators(target: Target, into: Accumulator): void {
  for (const { step } of configuredSteps(target, target.kustomization.validators ?? [])) {
    const before = snapshot(into.resources);
    step(into.resources);
    const after = snapshot(into.resources);
    if (before.size !== after.size) {
      throw new KustomizeError("validator shouldn't modify the resource map: lists have different number of entries");
    }
    for (const [id, text] of before) {
      const now = after.get(id);
      if (now === undefined) {
        throw new KustomizeError(
          `validator shouldn't modify the resource map: id in self missing from other; id: ${id}`,
        );
      }
      if (now !== text) {
        throw new KustomizeError(`validator shouldn't modify the resource map: nodes unequal; id: ${id}`);
      }
    }
  }
}

function snapshot(resources: ResMap): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const resource of resources.resources) {
    const copy = resource.copy();
    const { labels } = copy;
    if (labels.delete(VALIDATED_BY)) copy.setLabels(labels);
    texts.set(idText(resource.id), marshalJSON(valueWithState(copy)));
  }
  return texts;
}
