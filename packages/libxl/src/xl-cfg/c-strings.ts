// Strings as C's library and xl's helpers take them apart.

const C_SPACE = ' \t\n\v\f\r';

/** strtok: what stands between runs of the delimiters. */
export function strtok(text: string, delimiters: string): string[] {
  const tokens: string[] = [];
  let token = '';
  for (const character of text) {
    if (!delimiters.includes(character)) {
      token += character;
    } else if (token !== '') {
      tokens.push(token);
      token = '';
    }
  }
  if (token !== '') tokens.push(token);
  return tokens;
}

/** The options of a device specification: between commas, without the spaces before each. */
export function commaOptions(spec: string): string[] {
  return strtok(spec, ',').map((option) => option.replace(/^ +/, ''));
}

/** Without white space at both ends, as isspace sees it in the C locale. */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && C_SPACE.includes(text[start] ?? '')) start++;
  while (end > start && C_SPACE.includes(text[end - 1] ?? '')) end--;
  return text.slice(start, end);
}

/** The two first parts between runs of a delimiter; undefined where there are not two. */
export function splitPair(text: string, delimiter: string): readonly [string, string] | undefined {
  const [first, second] = strtok(text, delimiter);
  return first === undefined || second === undefined ? undefined : [first, second];
}

/** What follows the first `=`; undefined where there is none. */
export function splitAtEquals(option: string): readonly [name: string, value: string] | undefined {
  const at = option.indexOf('=');
  return at < 0 ? undefined : [option.slice(0, at), option.slice(at + 1)];
}

/** What follows `name=`; undefined where the option is another one. */
export function optionValue(option: string, name: string): string | undefined {
  return option.startsWith(`${name}=`) ? option.slice(name.length + 1) : undefined;
}
