import { inspectStream } from '../analyse/inspect.js';
import { inspectionPage } from '../analyse/inspection-page.js';
import { size } from '../analyse/numbers.js';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { gunzipIfNeeded } from '../bytes/gunzip.js';
import { element } from './element.js';
import { pageView } from './page-view.js';

/** Where a save file is dropped or chosen, and what is in it is shown below. It is read here, and goes nowhere. */
export function fileChooser(): HTMLElement {
  const input = element('input', { type: 'file', id: 'file' });
  const status = element('p', { role: 'status' }, []);
  const result = element('div', { id: 'result' });
  const zone = element('section', { class: 'drop' }, [
    element('h1', {}, ['xen-stream inspector']),
    element('p', {}, [
      'Drop a save file of Xen here, a migration stream or a recorded migration, compressed with gzip or not.',
    ]),
    element('p', {}, ['It is read in this browser and sent nowhere: this page has no leave to open a connection.']),
    element('label', { for: 'file' }, ['or choose one: ']),
    input,
    status,
  ]);
  const show = async (file: File) => {
    result.replaceChildren();
    status.classList.remove('error');
    try {
      const view = pageView(await inspect(file, (text) => status.replaceChildren(text)));
      status.replaceChildren('');
      result.replaceChildren(view);
    } catch (error) {
      status.classList.add('error');
      status.replaceChildren(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file !== undefined) void show(file);
  });
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  document.addEventListener('dragleave', () => zone.classList.remove('over'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) void show(file);
  });
  return element('main', {}, [zone, result]);
}

async function inspect(file: File, progress: (text: string) => void) {
  let read = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      read += part.length;
      progress(`${size(read)} of ${size(file.size)} read`);
      controller.enqueue(part);
    },
  });
  const source = await gunzipIfNeeded(byteSource(file.stream().pipeThrough(counting)));
  return inspectionPage(file.name, await inspectStream(new ByteReader(source)));
}
