// Functions whose results differ every time: their form, their range, and that they can be undone.
import assert from 'node:assert/strict';
import { compareSync } from 'bcryptjs';
import { render } from './render.ts';

describe('random template functions', () => {
  it('draws from the right alphabet, and from all of it', () => {
    const alphabets: [name: string, pattern: RegExp, size: number][] = [
      ['randAlphaNum', /^[A-Za-z0-9]*$/, 62],
      ['randAlpha', /^[A-Za-z]*$/, 52],
      ['randNumeric', /^[0-9]*$/, 10],
      ['randAscii', /^[ -~]*$/, 95],
    ];
    for (const [name, pattern, size] of alphabets) {
      const text = render(`{{ ${name} 5000 }}`);
      assert.equal(text.length, 5000);
      assert.match(text, pattern);
      assert.equal(new Set(text).size, size);
      assert.notEqual(text, render(`{{ ${name} 5000 }}`));
    }
  });

  it('draws integers from the lower bound up to, not including, the upper', () => {
    const drawn = render('{{ range until 400 }}{{ randInt 5 9 }} {{ end }}').trim().split(' ');
    assert.deepEqual([...new Set(drawn)].toSorted(), ['5', '6', '7', '8']);
  });

  it('shuffles characters, not bytes', () => {
    const text = 'añb😀c'.repeat(8);
    const shuffled = render('{{ shuffle .Values.text }}', { text });
    assert.notEqual(shuffled, text);
    assert.deepEqual(Array.from(shuffled).toSorted(), Array.from(text).toSorted());
  });

  it('makes bytes and version 4 identifiers', () => {
    assert.equal(Buffer.from(render('{{ randBytes 33 }}'), 'base64').length, 33);
    assert.match(render('{{ uuidv4 }}'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('hashes passwords so that they can be checked', () => {
    const line = render('{{ htpasswd "me" "sécret" }}');
    assert.match(line, /^me:\$2a\$10\$[./A-Za-z0-9]{53}$/);
    assert.ok(compareSync('sécret', line.slice(3)));
    assert.ok(!compareSync('secret', line.slice(3)));
    assert.ok(compareSync('', render('{{ bcrypt "" }}')));
  });

  it('encrypts with a new vector every time, and decrypts', () => {
    const template = '{{ encryptAES "k" "text of a length" }}';
    const first = render(template);
    assert.equal(Buffer.from(first, 'base64').length, 48);
    assert.notEqual(first, render(template));
    assert.equal(render('{{ decryptAES "k" .Values.it }}', { it: first }), 'text of a length');
  });
});
