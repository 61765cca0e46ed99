import {
  CPUID_LEAF,
  DOMAIN_HEADER,
  HVM_PARAM_ENTRY,
  IMAGE_HEADER,
  MSR_ENTRY,
  RECORD_HEADER,
} from '../libxc/layouts.js';
import { PAGE_TYPE } from '../libxc/page-types.js';
import { LIBXC_LAYOUT, LIBXC_RECORD, type LibxcRecordName } from '../libxc/record-types.js';
import { LIBXL_HEADER, LIBXL_RECORD_HEADER } from '../libxl/layouts.js';
import { LIBXL_LAYOUT, LIBXL_RECORD, type LibxlRecordName } from '../libxl/record-types.js';
import { XL_HEADER, XL_OPTIONAL_DATA } from '../xl/layouts.js';
import { describeLayout } from './describe.js';

/** The reference page of all layers, in Markdown: docs/format-reference.md. */
export function formatReference(): string {
  const libxl = (Object.keys(LIBXL_RECORD) as LibxlRecordName[]).map((name) =>
    describeLayout(LIBXL_LAYOUT[name], LIBXL_RECORD[name]),
  );
  const libxc = (Object.keys(LIBXC_RECORD) as LibxcRecordName[]).map((name) =>
    describeLayout(named(name), LIBXC_RECORD[name]),
  );
  const types = Object.entries(PAGE_TYPE).map(([name, type]) => `| ${type} | ${name} |`);
  return [
    '# Format reference\n',
    'Made from the layouts in `src` by `node scripts/reference.mjs`; a test checks that it is current. Numbers without a',
    "byte order of their own have the stream's.\n",
    '## xl save file\n',
    ...[XL_HEADER, XL_OPTIONAL_DATA].map((layout) => describeLayout(layout)),
    '## libxl stream\n',
    ...[LIBXL_HEADER, LIBXL_RECORD_HEADER].map((layout) => describeLayout(layout)),
    ...libxl,
    '## libxc stream\n',
    ...[IMAGE_HEADER, DOMAIN_HEADER, RECORD_HEADER].map((layout) => describeLayout(layout)),
    ...libxc,
    '## Entries\n',
    ...[HVM_PARAM_ENTRY, CPUID_LEAF, MSR_ENTRY].map((layout) => describeLayout(layout)),
    '## Page types\n',
    `| type | name |\n|---|---|\n${types.join('\n')}\n`,
  ].join('\n');
}

/** Records that share a layout get a section each. */
function named(name: LibxcRecordName) {
  const { spec, fields, tail } = LIBXC_LAYOUT[name];
  return { title: name, spec, fields, tail };
}
