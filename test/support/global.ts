// Loaded by mocha: prepares what all test files of a run share, and removes it at the end.
/* oxlint-disable oxc/no-this-in-exported-function -- mocha hands its fixtures their context as `this` */
import path from 'node:path';
import process from 'node:process';
import { Coordinator, socketVariable } from './coordinator.ts';
import { skipFileVariable } from './skip.ts';
import { createRunFolder, runFolderVariable } from './temp-dir.ts';

interface GlobalContext {
  coordinator?: Coordinator;
}

export async function mochaGlobalSetup(this: GlobalContext): Promise<void> {
  const folder = await createRunFolder();
  this.coordinator = await Coordinator.start(folder);
  // Mocha's workers are started after this and inherit the environment.
  process.env[runFolderVariable] = folder;
  process.env[socketVariable] = this.coordinator.socket;
  process.env[skipFileVariable] ??= path.join(folder, 'skipped.jsonl');
}

export async function mochaGlobalTeardown(this: GlobalContext): Promise<void> {
  await this.coordinator?.stop();
}
