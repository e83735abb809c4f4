// Packaged charts made in memory.
import { gzipSync } from 'node:zlib';

export interface TarFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** A tar archive of these files. */
export function tarOf(files: readonly TarFile[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, data } of files) {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100, 'utf8');
    header.write('0000644\0', 100, 'latin1');
    header.write('0000000\0', 108, 'latin1');
    header.write('0000000\0', 116, 'latin1');
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('00000000000\0', 136, 'latin1');
    header.write('        ', 148, 'latin1');
    header.write('0', 156, 'latin1');
    header.write('ustar\x0000', 257, 'latin1');
    let sum = 0;
    for (const byte of header) sum += byte;
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    blocks.push(header, Buffer.from(data), Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A packaged chart `c` of these files; Chart.yaml is added when there is none. */
export function chartArchive(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const all = { 'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n', ...files };
  const entries = Object.entries(all).map(([name, content]) => ({
    name: `c/${name}`,
    data: Buffer.from(content),
  }));
  return gzipSync(tarOf(entries));
}
