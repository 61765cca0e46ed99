import {
  enumFromName,
  type LibxlDeviceUsbctrl,
  type LibxlDeviceUsbdev,
  USBCTRL_TYPE,
  USBDEV_TYPE,
} from '../../config/index.js';
import { atoi, parseUlong } from '../c-numbers.js';
import { commaOptions, splitAtEquals } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { EXIT_FAILURE, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';

export function translateUsb(t: Translation, { rest }: Draft): void {
  const controllers = t.lookup.list('usbctrl');
  if (controllers !== undefined) {
    rest.usbctrls = leadingStrings(controllers).map((spec, devid) => parseController(t, spec, devid));
  }
  const devices = t.lookup.list('usbdev');
  if (devices !== undefined) rest.usbdevs = leadingStrings(devices).map((spec) => parseDevice(t, spec));
}

function parseController(t: Translation, spec: string, devid: number): LibxlDeviceUsbctrl {
  const controller: Writable<LibxlDeviceUsbctrl> = { devid };
  for (const option of commaOptions(spec)) {
    const [name, value] = splitAtEquals(option) ?? [undefined, ''];
    if (name === 'type') {
      const type = enumFromName(USBCTRL_TYPE, value);
      if (type === undefined) throw t.refuse(EXIT_FAILURE, `Invalid usb controller type '${value}'`);
      controller.type = type;
    } else if (name === 'version') {
      controller.version = atoi(value);
    } else if (name === 'ports') {
      controller.ports = atoi(value);
    } else {
      throw t.refuse(EXIT_FAILURE, `Unknown string \`${option}' in usbctrl spec`);
    }
  }
  return controller;
}

const byte = (text: string): number => Number(BigInt.asUintN(8, parseUlong(text, 0).value));

// Without type=hostdev stock reads the host's bus and address and does not show them.
function parseDevice(t: Translation, spec: string): LibxlDeviceUsbdev {
  const device: Writable<LibxlDeviceUsbdev> = {};
  const hostdev: Writable<NonNullable<LibxlDeviceUsbdev['type.hostdev']>> = {};
  for (const option of commaOptions(spec)) {
    const [name, value] = splitAtEquals(option) ?? [undefined, ''];
    if (name === 'type') {
      // Stock prints another variable than the one with the name.
      if (enumFromName(USBDEV_TYPE, value) === undefined) {
        throw t.refuse(EXIT_FAILURE, 'Invalid usb device type: (null)');
      }
      device['type.hostdev'] = hostdev;
    } else if (name === 'hostbus') {
      hostdev.hostbus = byte(value);
    } else if (name === 'hostaddr') {
      hostdev.hostaddr = byte(value);
    } else if (name === 'controller') {
      device.ctrl = atoi(value);
    } else if (name === 'port') {
      device.port = atoi(value);
    } else {
      throw t.refuse(EXIT_FAILURE, `Unknown string \`${option}' in usbdev spec`);
    }
  }
  return device;
}
