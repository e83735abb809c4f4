// The reporter of every run: a line per group and one per failure, then failures and skipped groups in full, last the line
// `N passed, N failed`.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import Mocha from 'mocha';
import { skipFileVariable } from './skip.ts';

const events = Mocha.Runner.constants;
const slowMs = 5000;

interface Failure {
  readonly title: string;
  readonly error: Error;
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  ms: number;
}

class SummaryReporter {
  readonly #failures: Failure[] = [];
  readonly #total: Tally = { passed: 0, failed: 0, skipped: 0, ms: 0 };
  readonly #groups = new Map<string, Tally>();
  readonly #slow: { title: string; ms: number }[] = [];

  constructor(runner: Mocha.Runner) {
    runner.on(events.EVENT_TEST_PASS, (test) => {
      this.#count(test, 'passed');
      if ((test.duration ?? 0) > slowMs) this.#slow.push({ title: fullTitle(test), ms: test.duration ?? 0 });
    });
    // A hook that fails arrives here too; the tests it kept from running do not, so it counts as one failure.
    runner.on(events.EVENT_TEST_FAIL, (test, error: Error) => {
      this.#count(test, 'failed');
      this.#failures.push({ title: fullTitle(test), error });
      // At once too: of a long run's output the end may be lost.
      line(`failed  ${fullTitle(test)}: ${(error.message ?? '').slice(0, 500)}`);
    });
    runner.on(events.EVENT_TEST_PENDING, (test) => this.#count(test, 'skipped'));
    runner.on(events.EVENT_SUITE_END, (suite) => {
      if (suite.title !== '' && suite.fullTitle() === suite.title) this.#printGroup(suite.title);
    });
    runner.once(events.EVENT_RUN_END, () => this.#printEnd());
  }

  #count(test: Mocha.Test, outcome: 'passed' | 'failed' | 'skipped'): void {
    const group = test.titlePath()[0] ?? '';
    const tally = this.#groups.get(group) ?? { passed: 0, failed: 0, skipped: 0, ms: 0 };
    this.#groups.set(group, tally);
    for (const each of [tally, this.#total]) {
      each[outcome] += 1;
      each.ms += test.duration ?? 0;
    }
  }

  #printGroup(title: string): void {
    const tally = this.#groups.get(title);
    this.#groups.delete(title);
    if (tally === undefined) return;
    const mark = tally.failed > 0 ? 'FAILED' : tally.passed > 0 ? 'ok' : 'skipped';
    line(`${mark.padEnd(7)} ${title}: ${counts(tally)} (${Math.round(tally.ms)} ms)`);
  }

  #printEnd(): void {
    for (const { title, ms } of this.#slow.toSorted((a, b) => b.ms - a.ms).slice(0, 10)) {
      line(`slow    ${(ms / 1000).toFixed(1)} s  ${title}`);
    }
    const reasons = skipReasons();
    if (reasons.length > 0) line(`\nskipped:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
    this.#failures.forEach(({ title, error }, index) => {
      line(`\n${index + 1}) ${title}\n${indent(describeError(error))}`);
    });
    line(`\n${counts(this.#total)}`);
  }
}

// Mocha loads reporters by require(), which takes this name as the whole module.
export { SummaryReporter as 'module.exports' };

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}

function counts({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function fullTitle(test: Mocha.Test): string {
  return test.titlePath().join(' › ');
}

function describeError(error: Error & { actual?: unknown; expected?: unknown; showDiff?: boolean }): string {
  // node:assert puts the difference into its message; the stack repeats the message.
  const stack = error.stack ?? '';
  return stack.includes(error.message) ? stack : `${error.message}\n${stack}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '   ');
}

function skipReasons(): string[] {
  const file = process.env[skipFileVariable];
  let text = '';
  try {
    text = file === undefined ? '' : readFileSync(file, 'utf8');
  } catch {
    // Nothing was skipped with a reason.
  }
  const lines = text.split('\n').filter((each) => each !== '');
  const parsed = lines.map((each) => JSON.parse(each) as { group: string; reason: string });
  return [...new Set(parsed.map(({ group, reason }) => `${group}: ${reason}`))];
}
