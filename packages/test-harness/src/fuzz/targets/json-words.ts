/** What stands in any JSON text, and what its parsers stumble over: marks, escapes, numbers, a key that is no key. */
export const JSON_WORDS: readonly string[] = [
  ...['{', '}', '[', ']', '"', ':', ',', '\\', '\\u0000', '\\ud800', '\0', '\ufeff', '[[[[', '{"a":'],
  ...['null', 'true', 'false', '0', '-1', '-0', '1.5', '1e9', '1e999', '99999999999999999999', '"__proto__": {}'],
];
