import type { InspectionPage } from '../analyse/inspection-page.js';
import type { InspectionTable } from '../analyse/inspection-tables.js';
import { element } from './element.js';
import { passesChart } from './passes-chart.js';
import { pictureView } from './picture-view.js';

/** Everything that a page about one stream shows. */
export function pageView({ file, headline, tables, passes, picture }: InspectionPage): HTMLElement {
  document.title = `${file} - xen-stream inspector`;
  const shown = tables.flatMap((table) => {
    const view = tableView(table);
    return table.title === 'passes' && passes.length > 1 ? [view, passesChart(passes)] : [view];
  });
  return element('article', {}, [
    element('h1', {}, [file]),
    element('p', { class: 'headline' }, [headline]),
    pictureView(picture, passes.length),
    element('div', { class: 'tables' }, shown),
  ]);
}

function tableView({ title, headings, rows, notes }: InspectionTable): HTMLElement {
  const body = headings.length > 0 ? columns(headings, rows) : pairs(rows);
  return element('section', {}, [
    element('h2', {}, [title]),
    ...(rows.length > 0 ? [body] : []),
    ...notes.map((note) => element('p', {}, [note])),
  ]);
}

function columns(headings: readonly string[], rows: InspectionTable['rows']): HTMLElement {
  const kind = (column: number) => (headings[column]?.startsWith('>') ? 'number' : 'text');
  const head = headings.map((text, i) => element('th', { scope: 'col', class: kind(i) }, [text.replace(/^>/, '')]));
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      row.map((text, i) => element('td', { class: kind(i) }, [text])),
    ),
  );
  return element('table', {}, [element('thead', {}, [element('tr', {}, head)]), element('tbody', {}, body)]);
}

function pairs(rows: InspectionTable['rows']): HTMLElement {
  const lines = rows.map(([term = '', value = '']) =>
    element('tr', {}, [element('th', { scope: 'row' }, [term]), element('td', {}, [value])]),
  );
  return element('table', { class: 'pairs' }, [element('tbody', {}, lines)]);
}
