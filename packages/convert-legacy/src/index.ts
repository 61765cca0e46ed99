export { convertLegacyStream } from './convert/convert.js';
export { type Detected, detectLegacy, type Kind } from './convert/detect.js';
export type { ConversionOptions, ConversionReport, GuestType } from './convert/options.js';
export { type ConvertedSource, convertedSource, legacyToV2 } from './converted-source.js';
export type { ToolstackWidth } from './read/legacy-reader.js';
