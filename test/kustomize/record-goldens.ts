// Records what the real kustomize answers to the cases:
//   node --conditions=sluice-source test/kustomize/record-goldens.ts
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { requireTool } from '#test/support/tools';
import { withTempDir } from '#test/support/temp-dir';
import { cases, type Files } from './cases.ts';
import { stable, writeGoldens, type Answer } from './golden-file.ts';
import { writeFiles } from './write-files.ts';

const kubectl = await requireTool('kubectl');
const answers: Record<string, Answer> = {};
for (const [name, files] of Object.entries(cases)) answers[name] = await record(files);
writeGoldens({ oracle: 'kubectl 1.35.2 kustomize (kustomize v5.7.1)', answers });

function record(files: Files): Promise<Answer> {
  return withTempDir((root) => {
    const target = writeFiles(root, files);
    const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', path.join(root, target)], { encoding: 'utf8' });
    const answer = status === 0 ? { yaml: stdout } : { error: stable(stderr, root) };
    return Promise.resolve(answer);
  });
}
