import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT, ExitError } from './exit.js';
import { systemText } from './format/system-error.js';

/** A report that appears whole or not at all, mode 0600. Its place is tried before the operation begins. */
export class ReportFile {
  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly fd: number,
  ) {}

  /** @throws ExitError where no file can be made there */
  static create(path: string): ReportFile {
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
    try {
      const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
      return new ReportFile(path, temporary, fd);
    } catch (e) {
      throw new ExitError(
        EXIT.failure,
        `xl: can't write a report to ${path}: ${e instanceof Error ? systemText(e) : String(e)}\n`,
      );
    }
  }

  write(report: unknown): void {
    writeSync(this.fd, `${JSON.stringify(report, undefined, 2)}\n`);
    fsyncSync(this.fd);
    renameSync(this.temporary, this.path);
  }

  /** To be called at the end, however it came. */
  close(): void {
    closeSync(this.fd);
    rmSync(this.temporary, { force: true });
  }
}
