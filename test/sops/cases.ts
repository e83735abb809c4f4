// Documents that SOPS encrypts: in every format, of every type, under every rule.
import type { Format } from '#sops/index';

export interface DocumentCase {
  readonly name: string;
  readonly format: Format;
  /** What is written; the formats agree where it is the same. @default format */
  readonly to?: Format;
  readonly plain: string;
  /** Which values are encrypted. */
  readonly rule?: Readonly<Record<string, string>>;
  /** Whose key it is encrypted for, where the rule names none. */
  readonly key?: 'age' | 'rsa' | 'curve' | 'groups';
}

const secret = `# a Secret
apiVersion: v1
kind: Secret
metadata:
  name: login # of the database
  labels:
    app: shop
type: Opaque
stringData:
  # who
  user: admin
  password: "p@ss: #1"
  empty: ""
  multi: |
    one
    two
`;

const types = `text: plain
integer: 42
big: 9007199254740993
negative: -7
hex: 0x1f
float: 1.50
exponent: 1e+30
yes: true
no: false
nothing: null
tilde: ~
old: "yes"
day: 2020-02-03
moment: 2020-02-03T04:05:06.789Z
quoted: '2020-02-03'
emoji: "😀 ünï"
list:
  - a
  - 1
  - nested:
      deep: true
    other: []
  - - x
    - y
empty-map: {}
empty-list: []
flow: {a: 1, b: [2, 3]}
folded: >-
  some words
  on two lines
10: ten
`.replace('10: ten\n', '"10": ten\n"2": two\n');

const commented = `# head

# above a
a: 1 # beside a
# below a

b:
  # first in b
  c: x
  # between
  d: y
  # last in b
list:
  # first in list
  - one
  # second
  - two # beside two
  # end of list
# end
`;

const anchors = `base: &base
  host: db
  port: 5432
copy: *base
merged:
  <<: *base
  port: 1
name: &name text
same: *name
`;

const json = `{
  "10": "ten",
  "2": 2,
  "float": 1.5,
  "big": 12345678901234567890,
  "small": 1e-7,
  "html": "<a href=\\"x\\">&amp;</a>",
  "unicode": "\\u00e9\\ud83d\\ude00\\u2028",
  "list": [1, "two", null, true, {"three": 3}, []],
  "empty": "",
  "object": {}
}
`;

const dotenv = `# comment
USER=admin
PASSWORD=a=b#c "d"
EMPTY=
LINES=one\\ntwo

#another
SPACES=  around  
`;

const ini = `; top comment
global = 1

; about db
; on two lines
[db]
# the host
host     = localhost
port: 5432 ; inline
password = "  spaced  "
path = \`a;b\`
long = """first
second"""
next = one \\
  two

[empty]

[sops-like]
a = b
`;

const cases: readonly DocumentCase[] = [
  { name: 'a Secret', format: 'yaml', plain: secret, rule: { encrypted_regex: '^(data|stringData)$' } },
  { name: 'all of a Secret', format: 'yaml', plain: secret },
  { name: 'every type', format: 'yaml', plain: types },
  { name: 'every type, to JSON', format: 'yaml', to: 'json', plain: types },
  { name: 'comments', format: 'yaml', plain: commented },
  { name: 'comments that are left', format: 'yaml', plain: commented, rule: { encrypted_regex: '^b$' } },
  { name: 'anchors', format: 'yaml', plain: anchors },
  { name: 'documents', format: 'yaml', plain: `${secret}---\nsecond: 2\n---\n# only words\n` },
  { name: 'documents, to JSON', format: 'yaml', to: 'json', plain: `${secret}---\nsecond: 2\n` },
  {
    name: 'an unencrypted suffix',
    format: 'yaml',
    plain: 'a: 1\nb_unencrypted: 2\nc_unencrypted:\n  d: 3\n',
  },
  {
    name: 'an encrypted suffix',
    format: 'yaml',
    plain: 'a: 1\nb_secret: 2\nc:\n  d_secret: 3\n',
    rule: { encrypted_suffix: '_secret' },
  },
  {
    name: 'an unencrypted regex',
    format: 'yaml',
    plain: secret,
    rule: { unencrypted_regex: '^(apiVersion|kind|metadata|type)$' },
  },
  {
    name: 'an encrypted comment regex',
    format: 'yaml',
    plain: 'a: 1\n# sops:enc\nb: 2\nc: 3\nd: # sops:enc\n  e: 4\n  f: 5\ng:\n  # sops:enc\n  # more\n  - 1\n  - 2\n',
    rule: { encrypted_comment_regex: 'sops:enc' },
  },
  {
    name: 'an unencrypted comment regex',
    format: 'yaml',
    plain: 'a: 1\n# sops:dec\nb: 2\nc: 3\nd:\n  # sops:dec\n  e: 4\n  f: 5\n',
    rule: { unencrypted_comment_regex: 'sops:dec' },
  },
  { name: 'JSON', format: 'json', plain: json },
  { name: 'JSON, to YAML', format: 'json', to: 'yaml', plain: json },
  { name: 'nested JSON', format: 'json', plain: '{"a":{"b":{"c":[[["d"]]]}}}', rule: { encrypted_regex: '^c$' } },
  { name: 'dotenv', format: 'dotenv', plain: dotenv },
  { name: 'dotenv, to JSON', format: 'dotenv', to: 'json', plain: dotenv },
  { name: 'dotenv, in part', format: 'dotenv', plain: dotenv, rule: { encrypted_regex: 'PASS' } },
  { name: 'INI', format: 'ini', plain: ini },
  { name: 'INI, to YAML', format: 'ini', to: 'yaml', plain: ini },
  { name: 'text', format: 'binary', plain: 'just\ntext\n' },
  { name: 'bytes', format: 'binary', plain: '\u0000\udc80\udcff\udcfe bytes\n' },
  { name: 'YAML for an RSA key', format: 'yaml', plain: 'a: 1\n', key: 'rsa' },
  { name: 'YAML for a key on a curve', format: 'yaml', plain: 'a: 1\n', key: 'curve' },
  { name: 'YAML for two of three groups', format: 'yaml', plain: 'a: 1\n', key: 'groups' },
  { name: 'dotenv for two of three groups', format: 'dotenv', plain: 'A=1\n', key: 'groups' },
  { name: 'INI for two of three groups', format: 'ini', plain: '[a]\nb = 1\n', key: 'groups' },
];

export const documents: readonly DocumentCase[] = cases.map((document) => ({ key: 'age', ...document }));
