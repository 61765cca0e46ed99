import type { AnyLayout, Field, Tail } from './layout.js';

/** The layout as a section of Markdown: its fields with offsets, sizes and allowed values. */
export function describeLayout(layout: Pick<AnyLayout, 'title' | 'spec' | 'fields' | 'tail'>, number?: number): string {
  const fields: readonly Field[] = layout.fields;
  const title = number === undefined ? layout.title : `${layout.title} (0x${number.toString(16).padStart(2, '0')})`;
  const head = `### ${title}\n\n${layout.spec}\n`;
  if (fields.length === 0 && layout.tail === undefined) return `${head}\nNo body.\n`;
  let at = 0;
  const rows = fields.map((field) => {
    const row = `| ${at} | ${field.size} | ${fieldName(field)} | ${kindOf(field)} | ${meaning(field)} |`;
    at += field.size;
    return row;
  });
  if (layout.tail !== undefined)
    rows.push(`| ${at} | rest | ${layout.tail.name} | ${tailKind(layout.tail)} | ${layout.tail.about} |`);
  return `${head}\n| offset | bytes | field | kind | meaning |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

function fieldName(field: Field): string {
  return field.reserved ? '(reserved)' : field.name;
}

function kindOf(field: Field): string {
  if (field.kind === 'bytes') return 'bytes';
  return field.order === 'big' ? `${field.kind}, big-endian` : field.kind;
}

function meaning(field: Field): string {
  const constant = field.constant === undefined ? '' : ` Always 0x${field.constant.toString(16)}.`;
  const values = Object.entries(field.values ?? {}).map(([value, about]) => `${value}: ${about}`);
  return `${field.about}${constant}${values.length > 0 ? ` ${values.join('; ')}.` : ''}`;
}

function tailKind(tail: Tail): string {
  return typeof tail.of === 'string' ? (tail.of === 'bytes' ? 'bytes' : `${tail.of} each`) : `${tail.of.title} each`;
}
