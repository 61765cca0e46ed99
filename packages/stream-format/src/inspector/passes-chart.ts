import type { Pass } from '../analyse/memory-history.js';
import { element } from './element.js';
import { passColour } from './palette.js';

/** A bar for each pass: pages that came for the first time, and pages that had come before, as parts of the longest. */
export function passesChart(passes: readonly Pass[]): HTMLElement {
  const longest = Math.max(1, ...passes.map(({ pages }) => pages));
  const bars = passes.map(({ number, pages, again }) => {
    const part = (kind: string, n: number) => {
      const bar = element('span', { class: `bar ${kind}` });
      bar.style.width = n === 0 ? '0' : `max(2px, ${(n / longest) * 100}%)`;
      if (kind === 'again') bar.style.background = passColour(number, passes.length);
      return bar;
    };
    const label = again > 0 ? `${pages} pages, ${again} again` : `${pages} pages`;
    return element('li', {}, [
      element('span', { class: 'pass' }, [`pass ${number}`]),
      element('span', { class: 'track' }, [part('new', pages - again), part('again', again)]),
      element('span', { class: 'amount' }, [label]),
    ]);
  });
  return element('section', {}, [element('h2', {}, ['pages sent by pass']), element('ol', { class: 'passes' }, bars)]);
}
