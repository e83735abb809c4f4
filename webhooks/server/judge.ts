// What admission says of an object: its schema first, then every rule that is about its kind.
import { isDeepStrictEqual } from 'node:util';
import { errorPerField, formatWithHint, type FieldError } from '#api/derive/field-error';
import { ObjectValidator } from '#api/derive/validate';
import type { JsonObject } from '#api/derive/json-object';
import { versionOf } from '#api/scheme';
import type { Finding, ReviewedObject, Rule, RuleContext, Snapshot } from '../rule.ts';
import type { AdmissionRequest, Cause, Verdict } from './review.ts';

type KnownVersion = NonNullable<ReturnType<typeof versionOf>>;

const allowed: Verdict = { warnings: [], causes: [] };

export interface JudgeOptions {
  readonly rules: readonly Rule[];
  readonly snapshot: Snapshot;
  /** Told when a rule itself fails: such a rule says nothing, and refuses nobody. */
  readonly onRuleFailure: (rule: string, error: unknown) => void;
}

export class Judge {
  readonly #options: JudgeOptions;
  readonly #validators = new Map<string, ObjectValidator>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** The object against its declared schema: what the API server would say, and what to do about it. */
  schema(request: AdmissionRequest): Verdict {
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return allowed;
    const object = request.object as ReviewedObject | null;
    const known = object === null ? undefined : versionOf(object);
    if (object === null || known === undefined || isUntouched(request)) return allowed;
    const validator = this.#validator(known);
    const errors = errorPerField(validator.judge(object as unknown as JsonObject).errors);
    const old = request.oldObject as JsonObject | null;
    if (errors.length === 0 || old === null) return { warnings: [], causes: errors.map(causeOf) };
    // What was stored like this must stay changeable elsewhere, or a stricter schema would freeze it.
    const before = new Set(validator.judge(old).errors.map(formatWithHint));
    return ratchet(errors, before);
  }

  /** The object against the rules. */
  rules(request: AdmissionRequest): Verdict {
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return allowed;
    const object = request.object as ReviewedObject | null;
    if (object === null || isUntouched(request)) return allowed;
    const old = (request.oldObject as ReviewedObject | null) ?? undefined;
    const { username = '', groups = [] } = request.userInfo;
    const context: RuleContext = { object, old, user: { username, groups }, snapshot: this.#options.snapshot };
    const findings = this.#findings(context);
    const errors = errorPerField(findings.flatMap((finding) => (finding.level === 'error' ? [finding.error] : [])));
    const warnings = findings.flatMap((finding) => (finding.level === 'warning' ? [finding.message] : []));
    if (errors.length === 0) return { warnings, causes: [] };
    // A refusal stands alone: remarks beside it would hide what has to be done.
    if (old === undefined) return { warnings: [], causes: errors.map(causeOf) };
    const former = this.#findings({ ...context, object: old, old: undefined });
    const before = new Set(
      former.flatMap((finding) => (finding.level === 'error' ? [formatWithHint(finding.error)] : [])),
    );
    const { warnings: remarks, causes } = ratchet(errors, before);
    return causes.length > 0 ? { warnings: [], causes } : { warnings: [...warnings, ...remarks], causes };
  }

  #validator({ definition, version }: KnownVersion): ObjectValidator {
    const id = `${definition.group}/${version.name}/${definition.kind}`;
    const known = this.#validators.get(id) ?? new ObjectValidator(definition, version);
    this.#validators.set(id, known);
    return known;
  }

  #findings(context: RuleContext): Finding[] {
    return this.#options.rules
      .filter(({ kinds }) => kinds.includes(context.object.kind))
      .flatMap((rule) => {
        try {
          return rule.check(context);
        } catch (error) {
          this.#options.onRuleFailure(rule.id, error);
          return [];
        }
      });
  }
}

/** Errors the stored object had already become warnings. */
function ratchet(errors: readonly FieldError[], before: ReadonlySet<string>): Verdict {
  const isOld = (error: FieldError): boolean => before.has(formatWithHint(error));
  return {
    warnings: errors.filter(isOld).map(formatWithHint),
    causes: errors.filter((error) => !isOld(error)).map(causeOf),
  };
}

/** Only metadata changed, or the object is on its way out: finalizers and annotations must always be writable. */
function isUntouched({ object, oldObject }: AdmissionRequest): boolean {
  const next = object as ReviewedObject;
  if (next.metadata?.deletionTimestamp !== undefined) return true;
  const old = oldObject as ReviewedObject | null;
  return old !== null && old !== undefined && isDeepStrictEqual(old.spec, next.spec);
}

function causeOf(error: FieldError): Cause {
  const { field, body, hint, type } = error;
  return { field, reason: type, message: hint === undefined ? body : `${body} — ${hint}` };
}
