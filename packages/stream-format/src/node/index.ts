export { fdSink } from './fd-sink.js';
export { fdSource } from './fd-source.js';
export { fileSource } from './file-source.js';
export { openInput } from './open-input.js';
export { streamSink, streamSource } from './streams.js';
