import { CELLS_PER_ROW, type MemoryPicture } from '../analyse/memory-picture.js';
import { hex, size } from '../analyse/numbers.js';
import { pageTypeMeaning } from '../analyse/page-type-meaning.js';
import { pageTypeName } from '../libxc/page-types.js';
import { element } from './element.js';
import { type Colour, css } from './palette.js';
import { type PictureMode, pictureModes } from './picture-modes.js';

const PAGE = 4096;
/** Blocks of memory with a hole between them that get a picture each; a guest in more pieces gets one of all. */
const MAX_BLOCKS = 24;
/** Height of a picture, where its rows allow. */
const WANTED_HEIGHT = 640;
const ROW_HEIGHT = { least: 2, most: 14 } as const;

/** Rows that follow each other without a hole: from, to (exclusive). */
type Block = readonly [from: number, to: number];

/** The guest's memory, in several modes. Pointing at a cell says what it is. */
export function pictureView(picture: MemoryPicture, passes: number): HTMLElement {
  if (picture.rows.length === 0) return element('section', {}, [element('p', {}, ['no memory'])]);
  const pointed = element('p', { class: 'pointed' }, ['Point at a page to see what it is.']);
  const blocks = blocksOf(picture).map((block) => blockView(picture, block, pointed));
  const legend = element('ul', { class: 'legend' });
  const modes = pictureModes(picture, passes);
  const show = (mode: PictureMode) => {
    for (const { paint } of blocks) paint(mode);
    legend.replaceChildren(...mode.legend.map(([colour, text]) => legendEntry(colour, text)));
  };
  const choices = modes.map((mode, i) => {
    const input = element('input', { type: 'radio', name: 'mode', value: mode.name });
    input.checked = i === 0;
    input.addEventListener('change', () => show(mode));
    return element('label', {}, [input, ` ${mode.name}`]);
  });
  if (modes[0] !== undefined) show(modes[0]);
  const { pagesPerCell } = picture;
  const scale = pagesPerCell === 1 ? 'one page of 4 KiB' : `${pagesPerCell} pages, the rarest of them shown`;
  return element('section', { class: 'picture' }, [
    element('h2', {}, ['memory']),
    element('div', { class: 'modes' }, choices),
    legend,
    pointed,
    ...blocks.map(({ figure }) => figure),
    element('p', { class: 'scale' }, [`A cell is ${scale}; a row is ${size(CELLS_PER_ROW * pagesPerCell * PAGE)}.`]),
  ]);
}

function blocksOf({ rows, pagesPerCell }: MemoryPicture): Block[] {
  const starts = rows.flatMap((pfn, row) =>
    row === 0 || pfn !== (rows[row - 1] ?? 0) + CELLS_PER_ROW * pagesPerCell ? [row] : [],
  );
  if (starts.length > MAX_BLOCKS) return [[0, rows.length]];
  return starts.map((from, i) => [from, starts[i + 1] ?? rows.length]);
}

function blockView(picture: MemoryPicture, [from, to]: Block, pointed: HTMLElement) {
  const { rows, pagesPerCell } = picture;
  const first = rows[from] ?? 0;
  const end = (rows[to - 1] ?? 0) + CELLS_PER_ROW * pagesPerCell;
  const canvas = element('canvas', { width: String(CELLS_PER_ROW), height: String(to - from), role: 'img' });
  const fitting = Math.floor(WANTED_HEIGHT / rows.length);
  const rowHeight = Math.min(ROW_HEIGHT.most, Math.max(ROW_HEIGHT.least, fitting));
  canvas.style.height = `${(to - from) * rowHeight}px`;
  const length = size((to - from) * CELLS_PER_ROW * pagesPerCell * PAGE);
  const caption = `pfn ${hex(first)} to ${hex(end - 1)}: ${length} from address ${hex(first * PAGE)} on`;
  canvas.setAttribute('aria-label', `memory, ${caption}`);
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * CELLS_PER_ROW);
    const row = from + Math.floor(((event.clientY - box.top) / box.height) * (to - from));
    pointed.replaceChildren(cellText(picture, row, Math.min(Math.max(column, 0), CELLS_PER_ROW - 1)));
  });
  return {
    figure: element('figure', {}, [element('figcaption', {}, [caption]), canvas]),
    paint: (mode: PictureMode) => paint(canvas, mode, from * CELLS_PER_ROW, picture.types),
  };
}

/** One pixel for each cell; the style sheet makes it larger. Cells without a page stay clear. */
function paint(canvas: HTMLCanvasElement, mode: PictureMode, firstCell: number, types: Uint8Array): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i++) {
    if (types[firstCell + i] === 0) continue;
    const [red, green, blue] = mode.colourOf(firstCell + i);
    image.data.set([red, green, blue, 255], i * 4);
  }
  context.putImageData(image, 0, 0);
}

function cellText({ rows, pagesPerCell, types, zero, sent, pass }: MemoryPicture, row: number, column: number): string {
  const cell = row * CELLS_PER_ROW + column;
  const pfn = (rows[row] ?? 0) + column * pagesPerCell;
  const place = pagesPerCell === 1 ? `pfn ${hex(pfn)}` : `pfn ${hex(pfn)} to ${hex(pfn + pagesPerCell - 1)}`;
  const known = types[cell] ?? 0;
  if (known === 0) return `${place}: no page`;
  const type = pageTypeName(known - 1);
  const meaning = pageTypeMeaning(type);
  const times = sent[cell] ?? 0;
  const sending =
    times > 1 ? `sent ${times} times, last in pass ${pass[cell]}` : times === 1 ? 'sent once' : 'not sent';
  return [`${place}: ${type}`, meaning, zero[cell] === 1 ? 'zeros' : 'contents', sending].filter(Boolean).join(', ');
}

function legendEntry(colour: Colour, text: string): HTMLElement {
  const swatch = element('span', { class: 'swatch' });
  swatch.style.background = css(colour);
  return element('li', {}, [swatch, text]);
}
