import { defineShutdown } from '../shutdown/define-shutdown.js';

export const shutdown = defineShutdown({
  name: 'shutdown',
  asks: 'poweroff',
  summary: 'Issue a shutdown signal to a domain',
  doing: 'Shutting down',
  fallback: 'Press the ACPI power button of HVM guests that have no PV drivers.',
  wait: 'Wait until the guests have shut down.',
});
