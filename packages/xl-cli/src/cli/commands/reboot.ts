import { defineShutdown } from '../shutdown/define-shutdown.js';

export const reboot = defineShutdown({
  name: 'reboot',
  asks: 'reboot',
  summary: 'Issue a reboot signal to a domain',
  doing: 'Rebooting',
  fallback: 'Press the ACPI reset button of HVM guests that have no PV drivers.',
  wait: 'Wait until the guests have gone down for their reboot.',
});
