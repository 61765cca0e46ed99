import { encodePage, type InspectionPage } from '../analyse/inspection-page.js';
import { packageText } from './package-files.js';

const PLACE = '<script type="text/plain" id="report"></script>';

/** The inspector as one document, on which files can be dropped. */
export function inspectorDocument(): string {
  return packageText('dist/inspector.html');
}

/** The same with what it shall show in it. */
export async function reportDocument(page: InspectionPage): Promise<string> {
  const document = inspectorDocument();
  if (!document.includes(PLACE)) throw new Error('the inspector has no place for a report');
  return document.replace(PLACE, PLACE.replace('></', `>${await encodePage(page)}</`));
}
