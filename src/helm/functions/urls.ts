// urlParse and urlJoin: a URL as a dict of its parts, and back.
import { DICT, GoError, STRING, dictGet, dictSet, kindOf, newDict } from '#gotemplate/index';
import type { Dict } from '#gotemplate/index';
import { UrlError, buildUrl, formatUrl, hostnameOf, parseUrl } from '#lib/go-url';
import type { GoUrl } from '#lib/go-url';
import type { FunctionTable } from './conversion.ts';
import { nilDereference } from './elements.ts';

function parseOrPanic(text: string, prefix: string): GoUrl {
  try {
    return parseUrl(text);
  } catch (error) {
    if (error instanceof UrlError) throw new GoError(`${prefix}${error.message}`, { cause: error });
    throw error;
  }
}

function urlParse(text: string): Dict {
  const url = parseOrPanic(text, 'unable to parse url: ');
  const dict = newDict();
  const parts = {
    scheme: url.scheme,
    host: url.host,
    hostname: hostnameOf(url.host),
    path: url.path,
    query: url.query,
    opaque: url.opaque,
    fragment: url.fragment,
    userinfo: url.userinfo ?? '',
  };
  for (const [key, value] of Object.entries(parts)) dictSet(dict, key, value);
  return dict;
}

function urlJoin(dict: Dict | null): string {
  const part = (key: string): string => {
    const value = dict === null ? undefined : dictGet(dict, key);
    if (value === undefined) return '';
    if (value === null) throw nilDereference();
    if (typeof value === 'string') return value;
    throw new GoError(`unable to parse ${key} key, must be of type string, but ${kindOf(value)} found`);
  };
  const parts = {
    scheme: part('scheme'),
    host: part('host'),
    path: part('path'),
    query: part('query'),
    opaque: part('opaque'),
    fragment: part('fragment'),
  };
  const text = part('userinfo');
  const userinfo =
    text === '' ? undefined : parseOrPanic(`proto://${text}@host`, 'unable to parse userinfo in dict: ').userinfo;
  return formatUrl(buildUrl({ ...parts, userinfo }));
}

export const urlFunctions: FunctionTable = {
  urlParse: { params: [STRING], result: DICT, fn: urlParse },
  urlJoin: { params: [DICT], result: STRING, fn: urlJoin },
};
