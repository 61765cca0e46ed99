export { chainFile } from './chain-file.js';
export { fdSink } from './fd-sink.js';
export { fdSource } from './fd-source.js';
export { fileSink } from './file-sink.js';
export { fileSource } from './file-source.js';
export { imageFile } from './image-file.js';
export { openInput } from './open-input.js';
export { createOutput, type OutputFile, type OutputOptions, openedOutput, removeUnfinished } from './output-file.js';
export { streamSink, streamSource } from './streams.js';
