import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { ByteReader, LibxcReader, LibxlReader, readXlHeader, type XlHeader } from '@xen-migration/stream-format';
import { streamSource } from '@xen-migration/stream-format/node';

/** Where `xl migrate -s "" NAME COMMAND` meets a test that plays the receiver. */
export class Relay {
  private constructor(
    private readonly server: Server,
    /** For a shell: joins its standard input and output to us. */
    readonly command: string,
    private readonly connected: Promise<Socket>,
  ) {}

  static async open(directory: string): Promise<Relay> {
    const path = join(directory, `relay-${Math.random().toString(36).slice(2)}.sock`);
    const server = createServer({ allowHalfOpen: true });
    const connected = once(server, 'connection').then(([socket]) => socket as Socket);
    server.listen(path);
    await once(server, 'listening');
    const script =
      'const s=require("net").connect({path:process.argv[1],allowHalfOpen:true});' +
      'process.stdin.pipe(s);s.pipe(process.stdout);s.on("error",()=>process.exit(1));s.on("end",()=>process.exit(0));s.on("close",()=>process.exit(0))';
    return new Relay(server, `exec '${process.execPath}' -e '${script}' '${path}'`, connected);
  }

  /** The sender, once it has started the command. */
  async sender(): Promise<ScriptedReceiver> {
    return new ScriptedReceiver(await this.connected);
  }

  close(): void {
    this.server.close();
    void this.connected.then((socket) => socket.destroy());
  }
}

/** Plays the receiver's part step by step. */
export class ScriptedReceiver {
  readonly reader: ByteReader;

  constructor(readonly socket: Socket) {
    socket.on('error', () => {});
    this.reader = new ByteReader(streamSource(socket));
  }

  say(message: Uint8Array | string): void {
    this.socket.write(message);
  }

  hangUp(): void {
    this.socket.destroy();
  }

  readHeader(): Promise<XlHeader> {
    return readXlHeader(this.reader);
  }

  /** The whole libxl stream, nothing beyond it. @returns pages sent */
  async readDomain(): Promise<number> {
    const libxl = new LibxlReader(this.reader);
    await libxl.headers();
    let pages = 0;
    for (let record = await libxl.next(); record !== undefined; record = await libxl.next()) {
      if (record.type !== 'LIBXC_CONTEXT') continue;
      const libxc = new LibxcReader(this.reader);
      await libxc.headers();
      for (let inner = await libxc.next(); inner !== undefined; inner = await libxc.next()) {
        if (inner.type === 'PAGE_DATA') pages += inner.pageCount;
      }
    }
    return pages;
  }
}
